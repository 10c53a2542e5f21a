"""LibreChat: one conversation a file, its messages flat with parents or nested in each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from aimltui.interchange.conversations import MAX_BRANCHES, MessageList, further_branches, last_model
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import identifier, items, mapping, mappings, name, picture, seconds, text
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
from aimltui.interchange.trees import Tree

ID = "librechat"
NAME = "LibreChat"

Object = Mapping[str, JSONValue]
_PRINTED = "stdout:\n"


def claims(sample: Sample) -> bool:
    """True if the file is a conversation of this kind."""
    if sample.shape not in ("object", "array", "lines"):
        return False
    return sample.has("conversationId", "messages") or sample.has("messagesTree")


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All conversations of these files."""
    for member in members:
        yield from converted(member, lambda row, place: [_thread(row, place)])


def _thread(row: Object, fallback: str) -> Thread | Skipped:
    source_id = identifier(row.get("conversationId")) or fallback
    title = name(row.get("title"))
    nodes = _flat([*items(row.get("messages")), *items(row.get("messagesTree"))])
    tree = Tree({key: parent for key, (parent, _) in nodes.items()})
    leaf = tree.last_leaf()
    messages = _messages(nodes[key][1] for key in tree.path(leaf))
    if not messages:
        return Skipped(source_id, "no messages", title)
    others = [other for other in tree.leaves if other != leaf][:MAX_BRANCHES]
    options = mapping(row.get("options"))
    return Thread(
        ID,
        source_id,
        messages,
        None if title == "New Chat" else title,
        messages[0].at,
        model=name(options.get("model")) or last_model(messages),
        instructions=text(options.get("promptPrefix")) or text(options.get("instructions")) or None,
        branches=further_branches(
            messages, ((other, _messages(nodes[key][1] for key in tree.path(other))) for other in others)
        ),
    )


def _flat(roots: list[JSONValue]) -> dict[str, tuple[str | None, Object]]:
    """All messages with their parents, in the order in which they stand."""
    nodes: dict[str, tuple[str | None, Object]] = {}
    waiting: list[tuple[str | None, JSONValue]] = [(None, root) for root in reversed(roots)]
    while waiting:
        above, node = waiting.pop()
        if not isinstance(node, dict):
            continue
        key = identifier(node.get("messageId")) or f"#{len(nodes)}"
        if key not in nodes:
            nodes[key] = (above or identifier(node.get("parentMessageId")), node)
            waiting += [(key, child) for child in reversed(items(node.get("children")))]
    return nodes


def _messages(path: Iterator[Object]) -> tuple[Message, ...]:
    messages = MessageList()
    for node in path:
        is_user = node.get("isCreatedByUser") is True
        messages.add(
            "user" if is_user else "assistant",
            [*_parts(node), *_files(node)],
            seconds(node.get("createdAt")),
            model=None if is_user else name(node.get("model")),
            is_unfinished=node.get("unfinished") is True,
            is_error=node.get("error") is True,
            source_id=identifier(node.get("messageId")),
        )
    return messages.finished()


def _parts(node: Object) -> list[Part]:
    parts = [part for block in mappings(node.get("content")) for part in _block(block)]
    has_words = any(isinstance(part, Text) and part.value for part in parts)
    return parts if has_words else [*parts, Text(text(node.get("text")))]


def _block(block: Object) -> Iterator[Part]:
    kind = block.get("type")
    if kind in ("text", "error"):
        yield Text(_value(block.get("text")) or _value(block.get("error")))
    elif kind == "think":
        yield Thought(_value(block.get("think")))
    elif kind == "tool_call":
        yield _call(mapping(block.get("tool_call")))
    elif kind == "image_url":
        url = block.get("image_url")
        yield picture(text(url) or text(mapping(url).get("url")))
    elif kind == "image_file":
        file = mapping(block.get("image_file"))
        yield Attachment(name(file.get("filename")), source_id=identifier(file.get("file_id")))


def _value(value: JSONValue) -> str:
    """A text part is a string, or an object with a value."""
    return text(value) or text(mapping(value).get("value"))


def _call(call: Object) -> ToolCall:
    given, output = call.get("args"), text(call.get("output"))
    if call.get("name") == "execute_code":
        code = text(_arguments(given).get("code"))
        if code:
            return ToolCall(
                "code", None, code, output.removeprefix(_PRINTED).strip(), identifier(call.get("id"))
            )
    return ToolCall("tool", name(call.get("name")), given, output or None, identifier(call.get("id")))


def _arguments(given: JSONValue) -> Object:
    try:
        return mapping(json.loads(given)) if isinstance(given, str) else mapping(given)
    except (ValueError, RecursionError):
        return {}


def _files(node: Object) -> Iterator[Attachment]:
    for file in (*mappings(node.get("files")), *mappings(node.get("attachments"))):
        yield Attachment(
            name(file.get("filename")), None, name(file.get("type")), identifier(file.get("file_id"))
        )
