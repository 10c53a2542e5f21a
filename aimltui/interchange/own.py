"""Conversations as this program writes them for itself: JSON objects from which nothing is missing."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Final

from aimltui.interchange.fields import from_base64, identifier, mapping, mappings, name, seconds, text
from aimltui.interchange.records import (
    Annotation,
    Attachment,
    Branch,
    Inline,
    JSONObject,
    JSONValue,
    Message,
    Part,
    Source,
    Text,
    Thought,
    Thread,
    ToolCall,
    UnreadableInput,
)

ID: Final = "aimltui"
NAME: Final = "aimltui"
FORMAT: Final = "aimltui.thread"
"""The value of `format` in each object."""
VERSION: Final = 1

Object = Mapping[str, JSONValue]
WriteFile = Callable[[bytes, Attachment], JSONObject]
"""Puts the bytes of a file somewhere; the members that say where."""
ReadFile = Callable[[Object], bytes | None]
"""Finds the bytes of a file by those members."""


def inline(data: bytes, attachment: Attachment) -> JSONObject:
    """Bytes within the object."""
    return {"data": base64.b64encode(data).decode("ascii")}


def from_inline(row: Object) -> bytes | None:
    """Bytes within the object."""
    return from_base64(text(row.get("data"))) if isinstance(row.get("data"), str) else None


def thread_to_json(thread: Thread, write: WriteFile = inline) -> JSONObject:
    """A conversation with everything that is known of it."""
    return {
        "format": FORMAT,
        "version": VERSION,
        **head_to_json(thread),
        "messages": [message_to_json(message, write) for message in thread.messages],
        **(
            {
                "branches": [
                    {
                        "id": branch.source_id,
                        "messages": [message_to_json(message, write) for message in branch.messages],
                    }
                    for branch in thread.branches
                ]
            }
            if thread.branches
            else {}
        ),
    }


def head_to_json(thread: Thread) -> JSONObject:
    """What is known of a conversation beside its messages."""
    return _given(
        id=thread.source_id,
        title=thread.title,
        created=thread.created,
        updated=thread.updated,
        model=thread.model,
        instructions=thread.instructions,
        pinned=thread.is_pinned or None,
    )


def message_to_json(message: Message, write: WriteFile = inline) -> JSONObject:
    """A message."""
    return {**message_head_to_json(message), "parts": [part_to_json(part, write) for part in message.parts]}


def message_head_to_json(message: Message) -> JSONObject:
    """What is known of a message beside its parts."""
    return _given(
        role=message.role,
        id=message.source_id,
        at=message.at,
        model=message.model,
        unfinished=message.is_unfinished or None,
        error=message.is_error or None,
        sources=[_given(title=page.title, url=page.url) for page in message.sources] or None,
    )


def part_to_json(part: Part, write: WriteFile = inline) -> JSONObject:
    """A part of a message."""
    if isinstance(part, Text):
        return _given(
            type="text", text=part.value, annotations=[_annotation(item) for item in part.annotations] or None
        )
    if isinstance(part, Thought):
        return {"type": "thought", "text": part.value}
    if isinstance(part, Attachment):
        return {"type": "file", **file_to_json(part, write)}
    return _given(
        type="tool_call",
        kind=part.kind,
        name=part.name,
        input=part.input,
        output=part.output,
        id=part.source_id,
        files=[file_to_json(file, write) for file in part.files] or None,
    )


def file_to_json(attachment: Attachment, write: WriteFile = inline) -> JSONObject:
    """A file; its bytes if they can be read."""
    told = _given(
        name=attachment.name,
        media_type=attachment.media_type,
        id=attachment.source_id,
        url=attachment.url,
        description=attachment.description,
        text=attachment.extracted.data.decode("utf-8", "replace")
        if attachment.extracted is not None
        else None,
    )
    if attachment.content is None:
        return told
    try:
        return {**told, **write(attachment.content.read(), attachment)}
    except UnreadableInput:
        return told


def thread_from_json(row: Object, fallback: str, read: ReadFile = from_inline) -> Thread | None:
    """A conversation; None if nothing was said in it."""
    messages = tuple(message_from_json(message, read) for message in mappings(row.get("messages")))
    if not messages:
        return None
    branches = (
        Branch(
            identifier(branch.get("id")) or str(number),
            tuple(message_from_json(message, read) for message in mappings(branch.get("messages"))),
        )
        for number, branch in enumerate(mappings(row.get("branches")), 1)
    )
    return head_from_json(row, fallback, messages, tuple(branch for branch in branches if branch.messages))


def head_from_json(
    row: Object, fallback: str, messages: tuple[Message, ...], branches: tuple[Branch, ...] = ()
) -> Thread:
    """A conversation, of which the messages are known already."""
    return Thread(
        ID,
        identifier(row.get("id")) or fallback,
        messages,
        name(row.get("title")),
        seconds(row.get("created")),
        seconds(row.get("updated")),
        name(row.get("model")),
        text(row.get("instructions")) or None,
        branches,
        is_pinned=row.get("pinned") is True,
    )


def message_from_json(row: Object, read: ReadFile = from_inline) -> Message:
    """A message."""
    parts = (part_from_json(part, read) for part in mappings(row.get("parts")))
    return message_head_from_json(row, tuple(part for part in parts if part is not None))


def message_head_from_json(row: Object, parts: tuple[Part, ...]) -> Message:
    """A message, of which the parts are known already."""
    return Message(
        "assistant" if row.get("role") == "assistant" else "user",
        parts,
        seconds(row.get("at")),
        name(row.get("model")),
        tuple(
            Source(name(page.get("title")), text(page.get("url"))) for page in mappings(row.get("sources"))
        ),
        row.get("unfinished") is True,
        row.get("error") is True,
        identifier(row.get("id")),
    )


def part_from_json(row: Object, read: ReadFile = from_inline) -> Part | None:
    """A part of a message; None for one of a kind that is not known."""
    kind = row.get("type")
    if kind == "text":
        annotations = (_annotation_from(item) for item in mappings(row.get("annotations")))
        return Text(text(row.get("text")), tuple(item for item in annotations if item is not None))
    if kind == "thought":
        return Thought(text(row.get("text")))
    if kind == "file":
        return file_from_json(row, read)
    if kind != "tool_call":
        return None
    output = row.get("output")
    what = text(row.get("kind"))
    return ToolCall(
        "code" if what == "code" else "canvas" if what == "canvas" else "tool",
        name(row.get("name")),
        row.get("input"),
        text(output) if isinstance(output, str) else None,
        identifier(row.get("id")),
        tuple(file_from_json(file, read) for file in mappings(row.get("files"))),
    )


def file_from_json(row: Object, read: ReadFile = from_inline) -> Attachment:
    """A file."""
    data, words = read(row), row.get("text")
    return Attachment(
        name(row.get("name")),
        Inline(data) if data is not None else None,
        name(row.get("media_type")),
        identifier(row.get("id")),
        text(row.get("url")) or None,
        description=name(row.get("description")),
        extracted=Inline(text(words).encode()) if isinstance(words, str) else None,
    )


def _annotation(annotation: Annotation) -> JSONObject:
    return {
        "kind": annotation.kind,
        "text": annotation.text,
        "start": annotation.start,
        "end": annotation.end,
        "file": annotation.file_id,
    }


def _annotation_from(row: Object) -> Annotation | None:
    start, end, file_id = row.get("start"), row.get("end"), identifier(row.get("file"))
    if not isinstance(start, int) or not isinstance(end, int) or file_id is None:
        return None
    kind = "file_path" if mapping(row).get("kind") == "file_path" else "file_citation"
    return Annotation(
        "file_path" if kind == "file_path" else "file_citation", text(row.get("text")), start, end, file_id
    )


def _given(**members: JSONValue) -> JSONObject:
    """The members that have a value."""
    return {key: value for key, value in members.items() if value is not None}
