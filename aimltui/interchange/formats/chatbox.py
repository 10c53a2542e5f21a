"""Chatbox: everything that the program keeps, in one object; only the sessions are read, never the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aimltui.interchange.conversations import MAX_BRANCHES, MessageList, further_branches, last_model
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import identifier, items, mapping, mappings, name, picture, seconds, text
from aimltui.interchange.inputs import Bundle, Member, readable
from aimltui.interchange.json_values import values
from aimltui.interchange.records import (
    Attachment,
    Item,
    JSONValue,
    Message,
    Part,
    Skipped,
    Text,
    Thought,
    Thread,
    ToolCall,
    UnreadableInput,
)
from aimltui.interchange.stored import guarded

ID = "chatbox"
NAME = "Chatbox"

Object = Mapping[str, JSONValue]
_SESSION = "session:"
_OLD_SESSIONS = "chat-sessions"
_UNTITLED = "Untitled"


def claims(sample: Sample) -> bool:
    """True if the object has sessions of this kind."""
    if sample.shape != "object":
        return False
    keys = sample.rows[0].keys()
    return (
        _OLD_SESSIONS in keys or "chat-sessions-list" in keys or any(key.startswith(_SESSION) for key in keys)
    )


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All sessions and the threads within them."""
    for member in members:
        try:
            with readable(member) as stream:
                for value in values(stream, "object"):
                    key = value.key or ""
                    if not (key.startswith(_SESSION) or key == _OLD_SESSIONS):
                        continue
                    try:
                        row = value.parse()
                    except UnreadableInput as error:
                        yield Skipped(key, str(error))
                        continue
                    for session in items(row) if key == _OLD_SESSIONS else [row]:
                        yield from guarded(key, _session, session, key.removeprefix(_SESSION))
        except UnreadableInput as error:
            yield Skipped(member.path, str(error))


def _session(row: Object, fallback: str) -> Iterator[Item]:
    source_id = identifier(row.get("id")) or fallback
    title = name(row.get("threadName")) or name(row.get("name"))
    found = _thread(row, source_id, None if title == _UNTITLED else title)
    yield found
    instructions = found.instructions if isinstance(found, Thread) else None
    for number, thread in enumerate(mappings(row.get("threads")), 1):
        thread_id = identifier(thread.get("id")) or f"{source_id}/{number}"
        yield _thread(thread, thread_id, name(thread.get("name")), instructions)


def _thread(
    row: Object, source_id: str, title: str | None, instructions: str | None = None
) -> Thread | Skipped:
    said = list(mappings(row.get("messages")))
    messages = _messages(said)
    if not messages:
        return Skipped(source_id, "no messages", title)
    system = next((message for message in said if message.get("role") == "system"), {})
    own = "\n\n".join(part.value for part in _parts(system) if isinstance(part, Text))
    return Thread(
        ID,
        source_id,
        messages,
        title,
        seconds(row.get("createdAt")) or messages[0].at,
        model=last_model(messages),
        instructions=own or instructions,
        branches=further_branches(messages, _forks(row, said)),
        is_pinned=row.get("starred") is True,
    )


def _forks(row: Object, said: Sequence[Object]) -> Iterator[tuple[str, tuple[Message, ...]]]:
    """What was said instead, after the message that a fork belongs to."""
    places = {identifier(message.get("id")): place for place, message in enumerate(said)}
    count = 0
    for after, fork in mapping(row.get("messageForksHash")).items():
        before = said[: places[after] + 1] if after in places else []
        for number, way in enumerate(mappings(mapping(fork).get("lists"))):
            instead = list(mappings(way.get("messages")))
            if instead and count < MAX_BRANCHES:
                count += 1
                yield identifier(way.get("id")) or f"{after}/{number}", _messages([*before, *instead])


def _messages(said: Sequence[Object]) -> tuple[Message, ...]:
    messages = MessageList()
    for message in said:
        role = message.get("role")
        if role not in ("user", "assistant"):
            continue
        parts = [*_parts(message), *_files(message)]
        at, model = (
            seconds(message.get("timestamp")),
            name(message.get("model")) if role == "assistant" else None,
        )
        is_open = message.get("generating") is True
        source_id = identifier(message.get("id"))
        messages.add(
            "user" if role == "user" else "assistant",
            parts,
            at,
            model=model,
            is_unfinished=is_open,
            source_id=source_id,
        )
        if error := text(message.get("error")):
            messages.add("assistant", [Text(error)], at, is_error=True)
    return messages.finished()


def _parts(message: Object) -> Iterator[Part]:
    blocks = items(message.get("contentParts"))
    if not blocks:
        yield Text(text(message.get("content")))
    for block in mappings(blocks):
        kind = block.get("type")
        if kind in ("text", "info"):
            yield Text(text(block.get("text")))
        elif kind == "reasoning":
            yield Thought(text(block.get("text")))
        elif kind == "tool-call":
            yield ToolCall(
                "tool",
                name(block.get("toolName")),
                block.get("args"),
                _result(block.get("result")),
                identifier(block.get("toolCallId")),
            )


def _files(message: Object) -> Iterator[Attachment]:
    for file in mappings(message.get("files")):
        yield Attachment(
            name(file.get("name")),
            media_type=name(file.get("fileType")),
            source_id=identifier(file.get("id")),
        )
    for block in (*mappings(message.get("contentParts")), *mappings(message.get("pictures"))):
        # pictures are in the program's own store: the export only has their keys
        if block.get("type") == "image" or ("storageKey" in block and "type" not in block):
            url = text(block.get("url"))
            yield picture(url) if url else Attachment()


def _result(value: JSONValue) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return (
        "\n".join(f"{key}: {told}" for key, told in value.items()) if isinstance(value, dict) else str(value)
    )
