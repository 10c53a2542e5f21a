"""Brings conversations into a server of the API: each in one piece, each once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from aimltui.client.client import AssistantsClient, every
from aimltui.client.errors import Unsupported
from aimltui.interchange.identity import count_in, digest_of, first_words, is_beginning, origin_of
from aimltui.interchange.known import BRANCH, Known
from aimltui.interchange.reading import Found, look, read
from aimltui.interchange.records import (
    Assistant,
    Branch,
    Item,
    LooseFile,
    Skipped,
    Thread,
    UnreadableInput,
)
from aimltui.interchange.report import CHANGED, Report
from aimltui.interchange.sent_files import ConversationFiles
from aimltui.interchange.survey import MAX_NAMED, Survey
from aimltui.wire.assistants import CreateAssistant, ListAssistants
from aimltui.wire.base import Metadata
from aimltui.wire.binary import Blob
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.files import CreateFile, ListFiles
from aimltui.wire.imports import (
    BRANCH_OF,
    CREATED,
    DIGEST,
    EXTENDED,
    IMPORTED_MODEL,
    ORIGIN,
    PRESENT,
    ImportThread,
)
from aimltui.wire.threads import PINNED, TITLE, ListThreads

log = logging.getLogger(__name__)

T = TypeVar("T")

_ONLY_THE_API = (
    "This server cannot take in conversations with their times, branches and steps: it has only the Assistants API. "
    "Start aimltui without --assistants-url to import them into the threads of this machine."
)

_TITLE_LIMIT = 512
_THREAD_CHANGED = "thread_changed"
_SETTINGS = ("name", "description", "instructions", "tools", "temperature", "top_p", "response_format")


class CannotImport(Exception):
    """The server has no way to take conversations in. The text is a sentence."""


async def items_of(found: Found) -> AsyncIterator[Item]:
    """All that an input holds; it is read in another thread, bit by bit."""
    items = read(found)
    while (item := await asyncio.to_thread(_next, items)) is not None:
        yield item


def _next(items: Iterator[T]) -> T | None:
    return next(items, None)


class Importer:
    """Imports into one server.

    Args:
        client: The server.
        with_branches: True if other branches of a conversation become threads, too.
    """

    def __init__(self, client: AssistantsClient, *, with_branches: bool = True) -> None:
        self._client = client
        self._with_branches = with_branches
        self._known: Known | None = None

    async def survey(self, paths: list[Path], told: Callable[[Survey], None] = lambda survey: None) -> Survey:
        """Read an input and write nothing.

        Args:
            paths: Files and folders.
            told: Called again and again while it grows.

        Raises:
            APIError: The server refused to list its threads.
            TransportError: It does not answer.
        """
        survey = Survey()
        known = await self._origins()
        with await asyncio.to_thread(look, paths) as found:
            async for item in items_of(found):
                survey.add(item, title_of(item))
                if isinstance(item, Thread):
                    origin, digest = origin_of(item), digest_of(item.messages)
                    survey.compare(
                        known.has(origin, digest) or known.has_exported(item), bool(known.of(origin))
                    )
                told(survey)
            others = [member.path for member in found.others if member.name not in survey.used]
            survey.others, survey.other_count = tuple(others[:MAX_NAMED]), len(others)
        return survey

    async def run(self, paths: list[Path], told: Callable[[Report], None] = lambda report: None) -> Report:
        """Import everything. It may be cancelled at any time: what was imported is complete, and doing it again brings the rest.

        Args:
            paths: Files and folders.
            told: Called after each conversation.

        Raises:
            CannotImport: The server cannot take conversations in.
            TransportError: It does not answer.
        """
        report = Report()
        with await asyncio.to_thread(look, paths) as found:
            async for item in items_of(found):
                await self.take(item, report)
                told(report)
        return report

    async def take(self, item: Item, report: Report) -> str | None:
        """Import one thing; what became of a conversation.

        Raises:
            CannotImport: The server cannot take conversations in.
            TransportError: It does not answer.
        """
        if isinstance(item, Skipped):
            report.skip(item)
            return None
        report.title = title_of(item)
        try:
            if isinstance(item, Thread):
                return await self._take_thread(item, report)
            if isinstance(item, Assistant):
                await self._take_assistant(item, report)
            else:
                await self._take_file(item, report)
        except Unsupported as error:
            raise CannotImport(_ONLY_THE_API) from error
        except (APIError, ValidationError, UnreadableInput) as error:
            if isinstance(error, APIError):
                _check_server(error)
            log.warning("%s did not come", item.source_id, exc_info=True)
            report.skip(Skipped(item.source_id, _why(error), title_of(item) or None))
        return None

    async def _take_thread(self, thread: Thread, report: Report) -> str:
        outcome = await self._write(thread, report, {})
        for number, branch in enumerate(thread.branches if self._with_branches else (), 1):
            await self._write(_as_thread(thread, branch, number), report, {BRANCH_OF: origin_of(thread)})
        return outcome

    async def _write(self, thread: Thread, report: Report, metadata: Metadata) -> str:
        """Write one thread, whole or not at all."""
        known, origin, digest = await self._origins(), origin_of(thread), digest_of(thread.messages)
        if known.has(origin, digest) or known.has_exported(thread):
            report.count(PRESENT)
            return PRESENT
        outcome, written = CHANGED if known.of(origin) else CREATED, None
        for thread_id, old in known.of(origin):
            if is_beginning(old, thread.messages):
                written = await self._send(thread, report, metadata, extends=thread_id, after=count_in(old))
                if written is not None:
                    outcome = EXTENDED
                    break
        if written is None:
            written = await self._send(thread, report, metadata)
            report.thread_ids.append(written or "")
        known.add(origin, written or "", digest)
        report.count(outcome)
        return outcome

    async def _send(
        self,
        thread: Thread,
        report: Report,
        metadata: Metadata,
        *,
        extends: str | None = None,
        after: int = 0,
    ) -> str | None:
        """Send files and messages; return the thread's id, or None if it can no longer be extended."""
        files = ConversationFiles(self._client)
        try:
            messages = await files.messages_of(replace(thread, messages=thread.messages[after:]))
            params = ImportThread(
                origin=origin_of(thread),
                digest=digest_of(thread.messages),
                messages=messages,
                created_at=_whole(thread.created),
                last_active_at=_whole(_last_active(thread)),
                metadata={**_metadata(thread), **metadata},
                instructions=thread.instructions,
                extends=extends,
            )
            told = await self._client.threads.write_down(params)
        except BaseException as error:
            await files.forget()
            if extends is not None and isinstance(error, APIError) and error.code == _THREAD_CHANGED:
                return None
            raise
        report.files += len(files.sent)
        report.missing_files += files.missing
        return told.id

    async def _origins(self) -> Known:
        if self._known is None:
            self._known = Known()
            with contextlib.suppress(Unsupported, NotFound):
                async for thread in every(self._client.threads.list, ListThreads(limit=100, order="asc")):
                    metadata = thread.metadata or {}
                    self._known.add_id(thread.id)
                    if ORIGIN in metadata:
                        self._known.add(metadata[ORIGIN], thread.id, metadata.get(DIGEST, ""))
        return self._known

    async def _take_assistant(self, assistant: Assistant, report: Report) -> None:
        origin = f"assistant:{assistant.source_id}"
        async for known in every(self._client.assistants.list, ListAssistants(limit=100)):
            if (known.metadata or {}).get(ORIGIN) == origin:
                report.count(PRESENT)
                return
        settings = assistant.settings
        given = {key: settings[key] for key in _SETTINGS if settings.get(key) is not None}
        metadata = settings.get("metadata")
        pairs = list(metadata.items())[:15] if isinstance(metadata, dict) else []
        params = CreateAssistant.model_validate(
            {"model": settings.get("model") or "", **given, "metadata": {**dict(pairs), ORIGIN: origin}}
        )
        await self._client.assistants.create(params)
        report.assistants += 1

    async def _take_file(self, file: LooseFile, report: Report) -> None:
        content, name = file.attachment.content, file.attachment.name or file.source_id
        if content is None:
            return
        async for known in every(self._client.files.list, ListFiles()):
            if known.filename == name and known.bytes == content.size:
                report.count(PRESENT)
                return
        blob = Blob(filename=name, content=await asyncio.to_thread(content.read))
        await self._client.files.create(CreateFile(file=blob, purpose="assistants"))
        report.loose_files += 1


def _check_server(error: APIError) -> None:
    """See whether an error is about one conversation, or would come again with each.

    Raises:
        CannotImport: It would.
    """
    if "'import'" in error.message:
        # a server without the operation takes the word for the id of a thread
        raise CannotImport(_ONLY_THE_API) from error
    if error.status >= 500:
        raise CannotImport(
            f"{error.message} The import was stopped. What was imported is complete; import again for the rest."
        ) from error


def title_of(item: Item) -> str:
    """What a thing is called, or what it begins with."""
    if isinstance(item, Thread):
        return item.title or first_words(item)
    if isinstance(item, Assistant):
        return item.name or item.source_id
    if isinstance(item, LooseFile):
        return item.attachment.label or item.source_id
    return item.title or item.source_id


def _as_thread(thread: Thread, branch: Branch, number: int) -> Thread:
    """Return a branch as a separate thread."""
    return replace(
        thread,
        source_id=f"{thread.source_id}{BRANCH}{branch.source_id}",
        messages=branch.messages,
        title=f"{title_of(thread)[: _TITLE_LIMIT - 20]} (branch {number})",
        updated=None,
        branches=(),
        is_pinned=False,
    )


def _metadata(thread: Thread) -> Metadata:
    metadata = {}
    if thread.title:
        shown = "".join(sign for sign in thread.title if sign.isprintable())
        metadata[TITLE] = shown[:_TITLE_LIMIT]
    if thread.is_pinned:
        metadata[PINNED] = "true"
    if thread.model:
        metadata[IMPORTED_MODEL] = thread.model[:_TITLE_LIMIT]
    return metadata


def _last_active(thread: Thread) -> float | None:
    times = [message.at for message in thread.messages if message.at is not None]
    return max(times) if times else thread.updated or thread.created


def _whole(seconds: float | None) -> int | None:
    return int(seconds) if seconds is not None else None


def _why(error: Exception) -> str:
    if isinstance(error, APIError):
        return error.message
    return str(error) if isinstance(error, UnreadableInput) else "its format is unknown"
