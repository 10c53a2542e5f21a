"""LM Studio: one conversation a file; each message has versions, of which one is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aimltui.interchange.conversations import MAX_BRANCHES, MessageList, further_branches, last_model
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import identifier, items, mapping, mappings, name, seconds, text
from aimltui.interchange.inputs import Bundle, Member
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
)
from aimltui.interchange.stored import converted

ID = "lmstudio"
NAME = "LM Studio"

Object = Mapping[str, JSONValue]
_SUFFIX = ".conversation"
_UNTITLED = frozenset({"Untitled", "New Chat", "Unnamed Chat"})


def claims(sample: Sample) -> bool:
    """True if the file is a conversation of this kind."""
    if sample.shape != "object" or not sample.has("messages", "createdAt"):
        return False
    row = sample.rows[0]
    return "currentlySelected" in next(mappings(row.get("messages")), {}) or "lastUsedModel" in row


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """One conversation of each file."""
    for member in members:
        yield from converted(member, lambda row, place: [_thread(row, place.removesuffix(_SUFFIX))])


def _thread(row: Object, source_id: str) -> Thread | Skipped:
    title = name(row.get("name"))
    shown = [_Versions(message) for message in mappings(row.get("messages"))]
    messages = _messages([versions.chosen for versions in shown])
    if not messages:
        return Skipped(source_id, "no messages", title)
    ways = (
        (
            f"{place}.{number}",
            [*(versions.chosen for versions in shown[:place]), (f"{place}.{number}", other)],
        )
        for place, versions in enumerate(shown)
        for number, other in versions.others
    )
    others = [(leaf, _messages(way)) for _, (leaf, way) in zip(range(MAX_BRANCHES), ways, strict=False)]
    model = name(mapping(row.get("lastUsedModel")).get("identifier")) or last_model(messages)
    return Thread(
        ID,
        source_id,
        messages,
        None if title in _UNTITLED else title,
        seconds(row.get("createdAt")),
        model=model,
        instructions=text(row.get("systemPrompt")) or None,
        branches=further_branches(messages, others),
        is_pinned=row.get("pinned") is True,
    )


class _Versions:
    """What one place in the conversation has said."""

    def __init__(self, message: Object) -> None:
        found = list(mappings(message.get("versions"))) or [message]
        selected = message.get("currentlySelected")
        number = selected if isinstance(selected, int) and 0 <= selected < len(found) else 0
        self.chosen: tuple[str | None, Object] = (None, found[number])
        self.others = [(other, version) for other, version in enumerate(found) if other != number]


def _messages(way: Sequence[tuple[str | None, Object]]) -> tuple[Message, ...]:
    messages = MessageList()
    for place, (leaf, version) in enumerate(way):
        role = version.get("role")
        if role not in ("user", "assistant"):
            continue
        steps = list(mappings(version.get("steps")))
        parts = [part for step in steps for part in _step(step)] if steps else list(_blocks(version))
        model = name(mapping(version.get("senderInfo")).get("senderName")) if role == "assistant" else None
        messages.add(
            "user" if role == "user" else "assistant", parts, model=model, source_id=leaf or f"{place}"
        )
    return messages.finished()


def _step(step: Object) -> Iterator[Part]:
    if step.get("type") != "contentBlock":
        return
    parts = list(_blocks(step))
    if mapping(step.get("style")).get("type") == "thinking":
        words = "".join(part.value for part in parts if isinstance(part, Text))
        yield Thought(words.strip())
    else:
        yield from parts


def _blocks(holder: Object) -> Iterator[Part]:
    words: list[str] = []
    for block in mappings(holder.get("content")):
        kind = block.get("type")
        if kind == "text" and block.get("isStructural") is not True:
            words.append(text(block.get("text")))
        elif kind == "file":
            yield Attachment(name(block.get("fileIdentifier")) or name(block.get("name")))
        elif kind == "toolCallRequest":
            call = identifier(block.get("toolCallRequestId")) or identifier(block.get("callId"))
            yield ToolCall("tool", name(block.get("name")), block.get("parameters"), source_id=call)
    if isinstance(holder.get("content"), str):
        words.append(text(holder["content"]))
    yield Text("".join(words).strip())
    yield from (Attachment(name(mapping(file).get("name"))) for file in items(holder.get("files")))
