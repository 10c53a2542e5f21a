"""PassageReader: reads a passage that an answer cites, and its surroundings in the file."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import TransportError, Unsupported
from aimltui.common.dataclass import dataclass
from aimltui.tui.state.entries import Source
from aimltui.tui.state.passages import PassageText, alone, located
from aimltui.wire.errors import APIError
from aimltui.wire.run_steps import INCLUDE_SEARCH_CONTENT, FileSearchCall, ToolCallsDetails
from aimltui.wire.tools import ToolResources

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as far as it could be read."""

    text: PassageText
    note: str = ""
    """What is missing, as a sentence."""


class PassageReader:
    """Reads passages from the steps that found them, and the texts of their files from the vector stores.

    Args:
        client: The server.
    """

    def __init__(self, client: AssistantsClient) -> None:
        self._client = client

    async def read(
        self, thread_id: str, assistant_id: str | None, source: Source, quotes: Sequence[str]
    ) -> Passage | None:
        """Read a passage.

        Args:
            thread_id: Its thread.
            assistant_id: The assistant that answers there.
            source: The passage.
            quotes: The words that are cited from it.

        Returns:
            The passage; None if neither it nor its file can be read.
        """
        found = await self._content(thread_id, source)
        whole = await self._whole_text(thread_id, assistant_id, source)
        if whole:
            text = await asyncio.to_thread(located, found, whole, quotes)
            if text is not None:
                return Passage(text)
        if not found and not quotes:
            return None
        note = (
            "The file has changed since it was searched. This is the passage as it was found."
            if whole
            else "The file is no longer in this thread's files. This is the passage as it was found."
        )
        return Passage(alone(found or "\n\n".join(quotes), quotes), note)

    async def _content(self, thread_id: str, source: Source) -> str:
        """Return the text of the passage from the step that found it; empty if there is none."""
        if not source.step_id:
            return ""
        try:
            step = await self._client.runs.get_step(
                thread_id, source.run_id, source.step_id, [INCLUDE_SEARCH_CONTENT]
            )
        except (APIError, TransportError, Unsupported) as error:
            log.info("the step %s could not be read: %s", source.step_id, error)
            return ""
        details = step.step_details
        for call in details.tool_calls if isinstance(details, ToolCallsDetails) else ():
            if not isinstance(call, FileSearchCall) or call.id != source.call_id:
                continue
            results = call.file_search.results or []
            if source.index < len(results):
                return "".join(part.text for part in results[source.index].content or ())
        return ""

    async def _whole_text(self, thread_id: str, assistant_id: str | None, source: Source) -> str:
        """Return the text of the passage's file; empty if no vector store in reach has it."""
        for store_id in await self._stores(thread_id, assistant_id):
            try:
                text = await self._client.vector_stores.files.content(store_id, source.file_id)
            except (APIError, TransportError, Unsupported):
                continue
            if whole := "\n".join(piece.text for piece in text.data):
                return whole
        return ""

    async def _stores(self, thread_id: str, assistant_id: str | None) -> list[str]:
        resources: list[ToolResources | None] = []
        try:
            resources.append((await self._client.threads.get(thread_id)).tool_resources)
            if assistant_id:
                resources.append((await self._client.assistants.get(assistant_id)).tool_resources)
        except (APIError, TransportError, Unsupported) as error:
            log.info("the vector stores could not be read: %s", error)
        searches = [one.file_search for one in resources if one is not None and one.file_search is not None]
        return list(dict.fromkeys(store for search in searches for store in search.vector_store_ids))
