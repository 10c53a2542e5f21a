"""opencode: a session as `opencode export` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aimltui.interchange.conversations import MessageList, last_model
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import identifier, mapping, mappings, name, picture, seconds, text
from aimltui.interchange.inputs import Bundle, Member
from aimltui.interchange.records import Item, JSONValue, Part, Skipped, Text, Thought, Thread, ToolCall
from aimltui.interchange.stored import converted

ID = "opencode"
NAME = "opencode"

Object = Mapping[str, JSONValue]


def claims(sample: Sample) -> bool:
    """True if the file is a session."""
    return sample.shape in ("object", "lines", "array") and any(
        {"projectID", "directory", "slug"} & mapping(row.get("info")).keys() and "messages" in row
        for row in sample.rows
    )


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All sessions."""
    for member in members:
        yield from converted(member, lambda row, place: [_thread(row, place)])


def _thread(row: Object, fallback: str) -> Thread | Skipped:
    info = mapping(row.get("info"))
    source_id, title = identifier(info.get("id")) or fallback, name(info.get("title"))
    messages = MessageList()
    for message in mappings(row.get("messages")):
        told = mapping(message.get("info"))
        is_user = told.get("role") == "user"
        error = mapping(told.get("error"))
        parts = [part for raw in mappings(message.get("parts")) for part in _part(raw)]
        messages.add(
            "user" if is_user else "assistant",
            parts,
            seconds(mapping(told.get("time")).get("created")),
            model=None if is_user else name(told.get("modelID")),
            is_unfinished=bool(error) and bool(parts),
            source_id=identifier(told.get("id")),
        )
    said = messages.finished()
    if not said:
        return Skipped(source_id, "no messages", title)
    time = mapping(info.get("time"))
    created = seconds(time.get("created")) or said[0].at
    return Thread(ID, source_id, said, title, created, seconds(time.get("updated")), last_model(said))


def _part(part: Object) -> Iterator[Part]:
    kind = part.get("type")
    if part.get("synthetic") is True or part.get("ignored") is True:
        return
    if kind == "text":
        yield Text(text(part.get("text")))
    elif kind == "reasoning":
        yield Thought(text(part.get("text")))
    elif kind == "file":
        yield picture(text(part.get("url")), name(part.get("filename")))
    elif kind == "tool":
        state = mapping(part.get("state"))
        output = text(state.get("output")) or text(state.get("error")) or None
        yield ToolCall(
            "tool", name(part.get("tool")), state.get("input"), output, identifier(part.get("callID"))
        )
