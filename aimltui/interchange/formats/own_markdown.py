"""Markdown that is complete in itself: files stand in it, and marks that no reader shows say what is what."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterable, Iterator, Sequence
from typing import Final

from aimltui.interchange import own
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import data_url, mapping, text
from aimltui.interchange.identity import first_words
from aimltui.interchange.inputs import Bundle, Member, readable
from aimltui.interchange.json_values import MAX_VALUE
from aimltui.interchange.records import (
    Attachment,
    Branch,
    Item,
    JSONObject,
    Message,
    Part,
    Skipped,
    Text,
    Thought,
    Thread,
    ToolCall,
    UnreadableInput,
)
from aimltui.interchange.stored import Object
from aimltui.interchange.writing import Write, as_json, heading, label, media_type

ID: Final = "aimltui-markdown"
NAME: Final = "aimltui, Markdown"
SUFFIX: Final = ".md"

_MARK = re.compile(r"^<!-- aimltui:(/?\w+)(?: (\{.*\}))? -->$", re.MULTILINE)
_LIKE_A_MARK = re.compile(r"<!-- (\\*)aimltui")
_ESCAPED_MARK = re.compile(r"<!-- \\(\\*)aimltui")
_FENCE = re.compile(r"\A(`{3,})\w*\n(.*)\n\1\Z", re.DOTALL)
_DATA = re.compile(r"\((data:[^()\s]*)\)")


def claims(sample: Sample) -> bool:
    """True if the text has this program's marks."""
    return sample.shape == "text" and "<!-- aimltui:thread " in sample.head


async def write(threads: AsyncIterable[Thread], out: Write) -> None:
    """Write conversations, one below the other."""
    async for thread in threads:
        _Writer(out).thread(thread)


class _Writer:
    def __init__(self, out: Write) -> None:
        self._out = out

    def thread(self, thread: Thread) -> None:
        self._mark("thread", {"version": own.VERSION, **own.head_to_json(thread)})
        self._out(f"# {_one_line(thread.title or first_words(thread) or 'Untitled thread')}\n\n")
        if thread.instructions:
            self._out("".join(f"> {line}\n" for line in _escaped(thread.instructions).splitlines()) + "\n")
        for message in thread.messages:
            self._message(message)
        for number, branch in enumerate(thread.branches, 1):
            self._mark("branch", {"id": branch.source_id})
            self._out(f"# Another branch ({number})\n\n")
            for message in branch.messages:
                self._message(message)
            self._mark("/branch")
        self._mark("/thread")

    def _message(self, message: Message) -> None:
        self._mark("message", own.message_head_to_json(message))
        self._out(f"## {_one_line(heading(message))}\n\n")
        for part in message.parts:
            self._part(part)
        if message.sources:
            self._out(
                "".join(
                    f"- <{_one_line(page.url)}> {_one_line(page.title or '')}\n" for page in message.sources
                )
                + "\n"
            )

    def _part(self, part: Part) -> None:
        if isinstance(part, Text):
            told = own.part_to_json(part)
            self._block("text", {key: told[key] for key in ("annotations",) if key in told}, part.value)
        elif isinstance(part, Thought):
            self._details("Thought", "thought", {}, part.value)
        elif isinstance(part, Attachment):
            self._file(part)
        else:
            self._call(part)

    def _call(self, call: ToolCall) -> None:
        told = own.part_to_json(call)
        head: JSONObject = {key: value for key, value in told.items() if key in ("kind", "name", "id")}
        self._out(f"<details><summary>{_in_html(_title_of(call))}</summary>\n\n")
        self._mark("call", head)
        if call.input is not None:
            is_text = isinstance(call.input, str)
            self._block(
                "input",
                {"json": not is_text},
                _fenced(as_json(call.input), "python" if call.kind == "code" else ""),
            )
        if call.output is not None:
            self._block("output", {}, _fenced(call.output, "markdown" if call.kind == "canvas" else ""))
        for file in call.files:
            self._file(file)
        self._mark("/call")
        self._out("</details>\n\n")

    def _file(self, file: Attachment) -> None:
        address = ""

        def to_address(data: bytes, attachment: Attachment) -> JSONObject:
            nonlocal address
            address = f"data:{media_type(attachment)};base64,{base64.b64encode(data).decode('ascii')}"
            return {}

        told = own.file_to_json(file, to_address)
        shown = re.sub(r"([\[\]\\])", r"\\\1", _one_line(label(file)))
        picture = "!" if media_type(file).startswith("image/") else ""
        body = f"{picture}[{shown}]({address})" if address else f"*{shown} (not in this file)*"
        self._block("file", told, body)

    def _details(self, title: str, mark: str, told: JSONObject, body: str) -> None:
        self._out(f"<details><summary>{_in_html(title)}</summary>\n\n")
        self._block(mark, told, body)
        self._out("</details>\n\n")

    def _block(self, mark: str, told: JSONObject, body: str) -> None:
        self._mark(mark, told)
        self._out(f"{_escaped(body)}\n")
        self._mark(f"/{mark}")

    def _mark(self, mark: str, told: JSONObject | None = None) -> None:
        self._out(f"<!-- aimltui:{mark}{' ' + _in_comment(told) if told else ''} -->\n")
        if mark.startswith("/") or mark in ("thread", "message", "branch", "call"):
            self._out("\n")


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All conversations."""
    for member in members:
        try:
            with readable(member) as stream:
                if member.size > MAX_VALUE:
                    raise UnreadableInput(f"{member.name} has more than {MAX_VALUE // 1024**2} MB")
                raw = _with_plain_line_ends(stream.read().decode("utf-8-sig", "replace"))
        except UnreadableInput as error:
            yield Skipped(member.path, str(error))
            continue
        yield from _Reader(raw, member.stem).threads()


def _with_plain_line_ends(raw: str) -> str:
    """The text without the line ends that an editor on Windows makes; those within a message's words stay."""
    first = raw.find("\n")
    return raw.replace("\r\n", "\n") if raw[:first].endswith("\r") else raw


class _Reader:
    """Goes from mark to mark; what stands between a message's blocks is for the eye only."""

    def __init__(self, raw: str, fallback: str) -> None:
        self._raw = raw
        self._fallback = fallback
        self._head: Object = {}
        self._messages: list[Message] = []
        self._branches: list[Branch] = []
        self._branch: tuple[str, list[Message]] | None = None
        self._message: Object | None = None
        self._parts: list[Part] = []
        self._call: tuple[Object, JSONObject, list[Attachment]] | None = None

    def threads(self) -> Iterator[Item]:
        """The conversations."""
        number, position = 0, 0
        while (match := _MARK.search(self._raw, position)) is not None:
            mark, told = match[1], _told(match[2])
            position = match.end()
            end = self._raw.find(f"\n<!-- aimltui:/{mark} -->", position)
            if mark in ("text", "thought", "file", "input", "output") and end >= 0:
                self._block(mark, told, _unescaped(self._raw[position + 1 : end]))
                position = end + 1
                continue
            if mark == "thread":
                yield from self._finish(number)
                number += 1
                self._head = told
            else:
                self._take(mark, told)
        yield from self._finish(number)

    def _take(self, mark: str, told: Object) -> None:
        if mark in ("message", "branch", "/branch", "/thread"):
            self._end_message()
        if mark == "message":
            self._message = told
        elif mark == "branch":
            self._branch = (text(told.get("id")) or str(len(self._branches) + 1), [])
        elif mark == "/branch" and self._branch is not None:
            self._branches.append(Branch(self._branch[0], tuple(self._branch[1])))
            self._branch = None
        elif mark == "call":
            self._call = (told, {}, [])
        elif mark == "/call" and self._call is not None:
            head, inner, files = self._call
            part = own.part_from_json({"type": "tool_call", **head, **inner})
            if isinstance(part, ToolCall):
                self._parts.append(
                    ToolCall(part.kind, part.name, part.input, part.output, part.source_id, tuple(files))
                )
            self._call = None

    def _block(self, mark: str, told: Object, body: str) -> None:
        if mark in ("text", "thought"):
            part = own.part_from_json({**told, "type": mark, "text": body})
            if part is not None:
                self._parts.append(part)
        elif mark == "file":
            file = own.file_from_json(told, lambda row: _bytes_in(body))
            self._call[2].append(file) if self._call is not None else self._parts.append(file)
        elif self._call is not None:
            self._call[1][mark] = _value(_unfenced(body), is_json=told.get("json") is True)

    def _end_message(self) -> None:
        if self._message is not None:
            message = own.message_head_from_json(self._message, tuple(self._parts))
            (self._branch[1] if self._branch is not None else self._messages).append(message)
        self._message, self._parts, self._call = None, [], None

    def _finish(self, number: int) -> Iterator[Item]:
        self._end_message()
        if number:
            fallback = self._fallback if number == 1 else f"{self._fallback}-{number}"
            thread = own.head_from_json(self._head, fallback, tuple(self._messages), tuple(self._branches))
            yield thread if thread.messages else Skipped(thread.source_id, "no messages", thread.title)
        self._messages, self._branches, self._branch = [], [], None


def _told(raw: str | None) -> Object:
    try:
        return mapping(json.loads(raw)) if raw else {}
    except (ValueError, RecursionError):
        return {}


def _value(body: str, *, is_json: bool) -> object:
    try:
        return json.loads(body) if is_json else body
    except (ValueError, RecursionError):
        return body


def _bytes_in(body: str) -> bytes | None:
    address = _DATA.search(body)
    found = data_url(address[1]) if address is not None else None
    return found[1] if found is not None else None


def _escaped(body: str) -> str:
    """Text in which nothing looks like a mark."""
    return _LIKE_A_MARK.sub(r"<!-- \\\1aimltui", body)


def _unescaped(body: str) -> str:
    return _ESCAPED_MARK.sub(r"<!-- \1aimltui", body)


def _in_comment(told: JSONObject) -> str:
    """JSON that does not end a comment."""
    return json.dumps(told, ensure_ascii=False).replace("--", "-\\u002d").replace(">", "\\u003e")


def _in_html(line: str) -> str:
    return _one_line(line).replace("&", "&amp;").replace("<", "&lt;")


def _one_line(line: str) -> str:
    return " ".join(_escaped(line).split())


def _fenced(body: str, language: str) -> str:
    """A block of code with a fence that does not occur in it."""
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def _unfenced(body: str) -> str:
    fence = _FENCE.match(body)
    return fence[2] if fence is not None else body


def _title_of(call: ToolCall) -> str:
    return {"code": "Code", "canvas": f"Document: {call.name or ''}"}.get(
        call.kind, f"Tool: {call.name or ''}"
    )
