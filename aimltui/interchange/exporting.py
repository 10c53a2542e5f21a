"""Takes threads out of a server of the API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, Protocol

from aimltui.client.client import AssistantsClient, every
from aimltui.client.errors import Unsupported
from aimltui.common.dataclass import dataclass
from aimltui.common.redaction import redact_in_use
from aimltui.formatting.web_passages import WEB_TOOLS, WebKey, WebPassage, linked, read
from aimltui.interchange import own
from aimltui.interchange.conversations import further_branches
from aimltui.interchange.fields import sniffed_type
from aimltui.interchange.formats import own_html, own_json, own_markdown
from aimltui.interchange.formats.assistants_api import CONTENT, thread_of
from aimltui.interchange.keys import without_keys
from aimltui.interchange.records import Attachment, Inline, JSONObject, JSONValue, Thread
from aimltui.interchange.writing import Write
from aimltui.wire.errors import NotFound
from aimltui.wire.files import File
from aimltui.wire.messages import ListMessages, file_ids
from aimltui.wire.run_steps import CodeInterpreterCall, ImageOutput, ListRunSteps, RunStep, ToolCallsDetails
from aimltui.wire.runs import ListRuns
from aimltui.wire.threads import FAMILY, TRASHED_AT, ListThreads

FormatName = Literal["markdown", "json", "html", "jsonl"]
FORMATS: Final[tuple[FormatName, ...]] = ("markdown", "json", "html", "jsonl")
SUFFIXES: Final = {
    "markdown": own_markdown.SUFFIX,
    "json": own_json.SUFFIX,
    "html": own_html.SUFFIX,
    "jsonl": ".jsonl",
}
ONE_EACH: Final = frozenset({"markdown", "html"})
"""Formats of which a file has one conversation."""


class _Writer(Protocol):
    async def __call__(self, threads: AsyncIterable[Thread], out: Write) -> None: ...


_WRITERS: Final[dict[str, _Writer]] = {
    "markdown": own_markdown.write,
    "json": own_json.write,
    "html": own_html.write,
}


@dataclass(frozen=True, slots=True)
class Saved:
    """A thread with all that belongs to it, as the API has it; lists are the oldest first."""

    thread: JSONObject
    messages: list[JSONObject]
    runs: list[JSONObject]
    steps: list[JSONObject]
    files: dict[str, tuple[JSONObject, bytes | None]]
    """By id: what is known of a file, and its bytes if the server still has them."""

    def as_thread(self) -> Thread | None:
        """The conversation; None if nothing was said in it."""
        by_run: dict[str, list[JSONObject]] = {}
        for step in self.steps:
            by_run.setdefault(step.get("run_id") or "", []).append(step)
        messages = [
            _with_links(message, by_run.get(message.get("run_id") or "-", ())) for message in self.messages
        ]
        found = thread_of(self.thread, messages, self.steps, self.runs, self._attachment)
        return replace(found, format=own.ID) if found is not None else None

    def lines(self) -> Iterable[JSONObject]:
        """The API's objects: the thread, its files with their bytes, runs, steps, messages."""
        import base64

        yield self.thread
        for file, data in self.files.values():
            yield file if data is None else {**file, CONTENT: base64.b64encode(data).decode("ascii")}
        yield from self.runs
        yield from self.steps
        yield from self.messages

    def _attachment(self, file_id: str) -> Attachment:
        file, data = self.files.get(file_id, ({}, None))
        content = Inline(data) if data is not None else None
        kind = sniffed_type(data) if data is not None else None
        return Attachment(file.get("filename") or None, content, kind, file_id)


class Exporter:
    """Exports from one server.

    Args:
        client: The server.
    """

    def __init__(self, client: AssistantsClient) -> None:
        self._client = client

    async def save(self, thread_id: str) -> Saved:
        """Read a thread with its runs, steps and files.

        Raises:
            APIError: The server refused; there is no such thread.
            TransportError: It does not answer.
        """
        thread = await self._client.threads.get(thread_id)
        query = ListMessages(thread_id=thread_id, limit=100, order="asc")
        messages = [message async for message in every(self._client.messages.list, query)]
        runs = [
            run
            async for run in every(
                self._client.runs.list, ListRuns(thread_id=thread_id, limit=100, order="asc")
            )
        ]
        steps: list[RunStep] = []
        for run in runs:
            listed = ListRunSteps(thread_id=thread_id, run_id=run.id, limit=100, order="asc")
            try:
                steps += [step async for step in every(self._client.runs.list_steps, listed)]
            except Unsupported:
                break
        ids = dict.fromkeys(
            [*(id_ for message in messages for id_ in file_ids(message)), *_files_of_steps(steps)]
        )
        return Saved(
            _cleared(thread.to_json()),
            [_cleared(message.to_json()) for message in messages],
            [_cleared(run.to_json()) for run in runs],
            [_cleared(step.to_json()) for step in steps],
            {file_id: await self._file(file_id) for file_id in ids},
        )

    async def write(
        self, thread_ids: AsyncIterable[str], form: FormatName, out: Write, *, with_branches: bool = False
    ) -> int:
        """Write threads in one of the formats; how many there were. An empty thread is left out.

        Args:
            thread_ids: The threads.
            form: The format.
            out: Writes a piece of the file.
            with_branches: Whether each comes with the other branches of its conversation.

        Raises:
            APIError: The server refused.
            TransportError: It does not answer.
        """
        count = 0

        async def conversations() -> AsyncIterator[Thread]:
            nonlocal count
            async for thread_id in thread_ids:
                saved = await self.save(thread_id)
                found = saved.as_thread()
                if found is not None:
                    if with_branches:
                        found = _with_branches(found, await self._branches(saved))
                    count += 1
                    yield found

        if form != "jsonl":
            await _WRITERS[form](conversations(), out)
            return count
        async for thread_id in thread_ids:
            saved = await self.save(thread_id)
            count += bool(saved.messages)
            for one in [saved, *(await self._branches(saved) if with_branches else ())]:
                for line in one.lines():
                    out(json.dumps(line) + "\n")
        return count

    async def _branches(self, saved: Saved) -> list[Saved]:
        """The other branches of a conversation, without those in the trash."""
        family = (saved.thread.get("metadata") or {}).get(FAMILY)
        if not family:
            return []
        listed = every(self._client.threads.list, ListThreads(limit=100, order="asc"))
        ids = [
            thread.id
            async for thread in listed
            if (thread.metadata or {}).get(FAMILY) == family
            and not (thread.metadata or {}).get(TRASHED_AT)
            and thread.id != saved.thread["id"]
        ]
        return [await self.save(thread_id) for thread_id in ids]

    async def every_id(self, query: str | None = None) -> AsyncIterator[str]:
        """The ids of all threads, or of those with these words, the oldest first."""
        params = (
            ListThreads(limit=100, order="asc", query=query) if query else ListThreads(limit=100, order="asc")
        )
        async for thread in every(self._client.threads.list, params):
            yield thread.id

    async def _file(self, file_id: str) -> tuple[JSONObject, bytes | None]:
        try:
            known: File = await self._client.files.get(file_id)
            content = await self._client.files.content(file_id)
        except (NotFound, Unsupported):
            return {"id": file_id, "object": "file"}, None
        return known.to_json(), content.content


def _with_links(message: JSONObject, steps: Sequence[JSONObject]) -> JSONObject:
    """A message with links in place of the marks that cite pages, which the steps of its run have found."""
    content = message.get("content")
    passages: dict[WebKey, WebPassage] = {}
    for step in steps:
        for call in step.get("step_details", {}).get("tool_calls") or ():
            function = call.get("function") or {}
            if function.get("name") in WEB_TOOLS:
                passages |= read(function.get("output") or "")
    if not passages or not isinstance(content, list):
        return message
    return {**message, "content": [_part_with_links(part, passages) for part in content]}


def _part_with_links(part: JSONObject, passages: Mapping[WebKey, WebPassage]) -> JSONObject:
    text = part.get("text")
    # the places of annotations count the characters of the text as it is
    if not isinstance(text, dict) or text.get("annotations"):
        return part
    return {**part, "text": {**text, "value": linked(text.get("value") or "", passages)}}


def _with_branches(thread: Thread, others: Iterable[Saved]) -> Thread:
    """A conversation with its other branches."""
    found = ((one.thread["id"], one.as_thread()) for one in others)
    told = ((branch_id, branch.messages) for branch_id, branch in found if branch is not None)
    return replace(thread, branches=further_branches(thread.messages, told))


def _cleared(value: JSONValue) -> JSONValue:
    """An object of the API without keys: a key in use, or pasted into a message, goes into no export."""
    if isinstance(value, str):
        return redact_in_use(without_keys(value))
    if isinstance(value, dict):
        return {key: _cleared(item) for key, item in value.items()}
    return [_cleared(item) for item in value] if isinstance(value, list) else value


async def each(thread_ids: Iterable[str]) -> AsyncIterator[str]:
    """Ids that are known already."""
    for thread_id in thread_ids:
        yield thread_id


def _files_of_steps(steps: Iterable[RunStep]) -> Iterable[str]:
    for step in steps:
        details = step.step_details
        for call in details.tool_calls if isinstance(details, ToolCallsDetails) else ():
            if isinstance(call, CodeInterpreterCall):
                for output in call.code_interpreter.outputs:
                    if isinstance(output, ImageOutput):
                        yield output.image.file_id
