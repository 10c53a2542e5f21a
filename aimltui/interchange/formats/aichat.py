"""aichat: sessions as YAML files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from aimltui.interchange.conversations import MessageList
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import mapping, mappings, name, picture, text
from aimltui.interchange.inputs import Bundle, Member, readable
from aimltui.interchange.records import (
    Item,
    JSONValue,
    Message,
    Part,
    Skipped,
    Text,
    Thread,
    ToolCall,
    UnreadableInput,
)
from aimltui.interchange.yaml_values import MAX_BYTES, parse

ID = "aichat"
NAME = "aichat"

Object = Mapping[str, JSONValue]
_KEYS = re.compile(r"^(\w+):", re.MULTILINE)
_STAMP = re.compile(r"^\d{8}T\d{6}-")


def claims(sample: Sample) -> bool:
    """True if the text is YAML with a model and messages."""
    if sample.shape != "text":
        return False
    keys = set(_KEYS.findall(sample.head))
    return "model" in keys and bool({"messages", "compressed_messages"} & keys)


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All sessions."""
    for member in members:
        try:
            with readable(member) as stream:
                row = mapping(parse(stream.read(MAX_BYTES + 1)))
        except UnreadableInput as error:
            yield Skipped(member.path, str(error))
            continue
        yield _thread(row, member)


def _thread(row: Object, member: Member) -> Thread | Skipped:
    source_id, title = _names(member)
    compressed = list(mappings(row.get("compressed_messages")))
    # what was compressed is repeated, as a summary, by the first message after it
    later = [said for said in mappings(row.get("messages")) if not compressed or said.get("role") != "system"]
    rows = [*compressed, *later]
    messages = _messages(rows)
    if not messages:
        return Skipped(source_id, "no messages", title)
    systems = (_text(said.get("content")) for said in rows if said.get("role") == "system")
    return Thread(
        ID,
        source_id,
        messages,
        title,
        model=name(row.get("model")),
        instructions=next(systems, "") or text(row.get("agent_instructions")) or None,
    )


def _names(member: Member) -> tuple[str, str]:
    """The name of the session; one that the program named itself lies in the folder _ and begins with a time."""
    folder = member.folder.rpartition("/")[2]
    if folder in ("", ".") and member.local is not None:
        folder = member.local.absolute().parent.name
    if folder == "_":
        return f"_/{member.stem}", _STAMP.sub("", member.stem)
    return member.stem, member.stem


def _messages(rows: Sequence[Object]) -> tuple[Message, ...]:
    messages = MessageList()
    for number, said in enumerate(rows):
        role, content = said.get("role"), said.get("content")
        if role == "tool":
            messages.add("assistant", _calls(mapping(content)))
        elif role in ("user", "assistant"):
            messages.add("user" if role == "user" else "assistant", _parts(content), source_id=str(number))
    return messages.finished()


def _parts(content: JSONValue) -> Iterator[Part]:
    if isinstance(content, str):
        yield Text(text(content))
        return
    for block in mappings(content):
        if block.get("type") == "text":
            yield Text(text(block.get("text")))
        elif block.get("type") == "image_url":
            yield picture(text(mapping(block.get("image_url")).get("url")))
    if isinstance(content, dict):
        yield from _calls(content)


def _calls(content: Object) -> Iterator[Part]:
    for result in mappings(content.get("tool_results")):
        call = mapping(result.get("call"))
        yield ToolCall(
            "tool",
            name(call.get("name")),
            call.get("arguments"),
            _output(result.get("output")),
            name(call.get("id")),
        )
    yield Text(text(content.get("text")))


def _output(value: JSONValue) -> str | None:
    return text(value) if isinstance(value, str) or value is None else str(value)


def _text(content: JSONValue) -> str:
    return "\n\n".join(part.value for part in _parts(content) if isinstance(part, Text))
