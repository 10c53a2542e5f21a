"""FileCache: names, sizes and pictures of files; the server is asked once for each file that comes into view."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import TransportError
from aimltui.common.sanitize import clean_line
from aimltui.tui.pictures.decoding import decode
from aimltui.tui.pictures.worker import MAX_BYTES, PictureError
from aimltui.tui.state.file_facts import FileFact
from aimltui.wire.errors import APIError, NotFound

log = logging.getLogger(__name__)

_AT_ONCE: Final = 4
_MOST_BYTES: Final = 32 << 20
"""Bytes of decoded pictures that are remembered."""


class FileCache:
    """Names, sizes and pictures of files.

    Args:
        client: The server.
    """

    def __init__(self, client: AssistantsClient) -> None:
        self._client = client
        self._facts: dict[str, FileFact] = {}
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._decoding = asyncio.Lock()

    async def learn(self, wanted: Iterable[tuple[str, bool]]) -> dict[str, FileFact]:
        """What is known of some files; the server is asked for what is missing.

        Args:
            wanted: Ids, each with whether its picture is drawn.

        Returns:
            A fact for each id, which says so if the file is not available.
        """
        asked = dict(wanted)
        facts = await asyncio.gather(*(self._learn(id_, picture) for id_, picture in asked.items()))
        return dict(zip(asked, facts, strict=True))

    async def content(self, file_id: str) -> bytes:
        """A file's bytes.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        return (await self._client.files.content(file_id)).content

    async def _learn(self, file_id: str, wants_picture: bool) -> FileFact:
        known = self._facts.get(file_id)
        if known is not None and (not wants_picture or known.picture is not None or known.problem):
            return known
        async with self._gate:
            try:
                if known is None:
                    found = await self._client.files.get(file_id)
                    known = FileFact(clean_line(found.filename) or file_id, found.bytes)
                if wants_picture:
                    known = await self._with_picture(file_id, known)
            except NotFound:
                known = FileFact(known.name if known else file_id, problem="deleted")
            except (APIError, TransportError) as error:
                log.info("the file %s could not be read: %s", file_id, error)
                # the server is asked again when the file is drawn the next time
                return FileFact(known.name if known else file_id, problem="unavailable")
        self._facts[file_id] = known
        self._drop_pictures()
        return known

    def _drop_pictures(self) -> None:
        """Forget the pictures that were decoded first where all together take too much memory."""
        drawn = [(file_id, fact) for file_id, fact in self._facts.items() if fact.picture is not None]
        total = sum(fact.weight for _, fact in drawn)
        for file_id, fact in drawn[:-1]:
            if total <= _MOST_BYTES:
                return
            total -= fact.weight
            self._facts[file_id] = replace(fact, picture=None)

    async def _with_picture(self, file_id: str, fact: FileFact) -> FileFact:
        if fact.size is not None and fact.size > MAX_BYTES:
            return FileFact(fact.name, fact.size, problem="too large to be shown")
        content = await self.content(file_id)
        try:
            # one at a time: each takes a core, and memory as its picture is large
            async with self._decoding:
                picture = await decode(content)
        except PictureError as error:
            return FileFact(fact.name, fact.size, problem=str(error))
        return FileFact(fact.name, fact.size, picture)
