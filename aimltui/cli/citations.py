"""Shows citations of files in plain text: `[1]` in the answer, and the list of its sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import TransportError
from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean
from aimltui.wire.errors import APIError
from aimltui.wire.messages import Annotation, FileCitationAnnotation
from aimltui.wire.run_steps import FileSearchCall, RunStep, ToolCallsDetails

_MARK = pattern(r"[【\[](\d{1,6}):(\d{1,6})†")


class Citations:
    """The sources of one answer."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        """By the file and the passage's place in it."""
        self._names: dict[str, str] = {}
        self._found: list[list[str]] = []
        """The places of the passages of each search."""

    def note(self, step: RunStep) -> None:
        """Take over what the searches of a finished step have found."""
        details = step.step_details
        for call in details.tool_calls if isinstance(details, ToolCallsDetails) else ():
            if isinstance(call, FileSearchCall):
                results = call.file_search.results or ()
                self._found.append([result.place or "" for result in results])
                self._names |= {result.file_id: result.file_name for result in results if result.file_name}

    def numbered(self, text: str, annotations: Sequence[Annotation]) -> str:
        """Return the text with numbers instead of the marks that cite files."""
        for mark in annotations:
            if isinstance(mark, FileCitationAnnotation):
                text = self._replaced(text, mark.text, mark.file_citation.file_id)
        return text

    def numbered_delta(self, text: str, annotations: Sequence[Mapping[str, object]]) -> str:
        """Return the text of a message's delta with numbers instead of the marks that cite files."""
        for mark in annotations:
            cited = mark.get("file_citation")
            if isinstance(cited, dict):
                text = self._replaced(text, str(mark.get("text") or ""), str(cited.get("file_id") or ""))
        return text

    def _replaced(self, text: str, mark: str, file_id: str) -> str:
        if not mark:
            return text
        number = self._numbers.setdefault((file_id, self._place(mark)), len(self._numbers) + 1)
        return text.replace(mark, f" [{number}]")

    async def listed(self, client: AssistantsClient) -> str:
        """Return the list of sources; empty if nothing was cited."""
        lines = []
        for (file_id, place), number in self._numbers.items():
            name = self._names.get(file_id) or await _name_of(client, file_id)
            lines.append(clean(" ".join(f"[{number}] {name}{', ' if place else ''}{place}".split())))
        return "\nSources >\n" + "\n".join(lines) + "\n" if lines else ""

    def _place(self, mark: str) -> str:
        key = _MARK.match(mark)
        if key is None:
            return ""
        search, passage = int(key[1]), int(key[2])
        known = self._found[search] if search < len(self._found) else []
        return known[passage] if passage < len(known) else ""


async def _name_of(client: AssistantsClient, file_id: str) -> str:
    try:
        return (await client.files.get(file_id)).filename
    except (APIError, TransportError):
        return file_id
