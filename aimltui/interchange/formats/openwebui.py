"""Open WebUI: an array of chats, or one on each line, each with a history of messages that name their parents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aimltui.interchange.conversations import MAX_BRANCHES, MessageList, further_branches, last_model
from aimltui.interchange.details import split_details
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import identifier, items, mapping, mappings, name, picture, seconds, text
from aimltui.interchange.inputs import Bundle, Member
from aimltui.interchange.records import (
    Attachment,
    Inline,
    Item,
    JSONValue,
    Message,
    Part,
    Skipped,
    Source,
    Text,
    Thought,
    Thread,
    ToolCall,
)
from aimltui.interchange.stored import converted
from aimltui.interchange.trees import Tree

ID = "openwebui"
NAME = "Open WebUI"

Object = Mapping[str, JSONValue]
_UNTITLED = "New Chat"


def claims(sample: Sample) -> bool:
    """True if the file holds chats of this kind."""
    return sample.shape in ("array", "lines", "object") and any(
        _is_chat(row.get("chat")) for row in sample.rows
    )


def _is_chat(chat: JSONValue) -> bool:
    return isinstance(chat, dict) and bool({"history", "messages"} & chat.keys())


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All chats of these files."""
    for member in members:
        yield from converted(member, lambda row, place: [_thread(row, place)])


def _thread(row: Object, fallback: str) -> Thread | Skipped:
    chat = mapping(row.get("chat"))
    source_id = identifier(row.get("id")) or identifier(chat.get("id")) or fallback
    title = name(row.get("title")) or name(chat.get("title"))
    nodes, leaf = _nodes(chat)
    tree = Tree({key: parent for key, (parent, _) in nodes.items()})
    if leaf not in nodes:
        leaf = tree.newest({key: seconds(node.get("timestamp")) for key, (_, node) in nodes.items()})
    messages = _messages(nodes[key][1] for key in tree.path(leaf))
    if not messages:
        return Skipped(source_id, "no messages", title)
    others = [other for other in tree.leaves if other != leaf][:MAX_BRANCHES]
    models = [model for model in (name(item) for item in items(chat.get("models"))) if model]
    return Thread(
        ID,
        source_id,
        messages,
        None if title == _UNTITLED else title,
        seconds(row.get("created_at")) or seconds(chat.get("timestamp")) or messages[0].at,
        seconds(row.get("updated_at")),
        last_model(messages) or next(iter(models), None),
        text(mapping(chat.get("params")).get("system")) or None,
        branches=further_branches(
            messages, ((other, _messages(nodes[key][1] for key in tree.path(other))) for other in others)
        ),
        is_pinned=row.get("pinned") is True,
    )


def _nodes(chat: Object) -> tuple[dict[str, tuple[str | None, Object]], str | None]:
    """All messages with their parents, and the one that is shown last."""
    history = mapping(chat.get("history"))
    tree = {key: node for key, node in mapping(history.get("messages")).items() if isinstance(node, dict)}
    if tree:
        current = identifier(history.get("currentId"))
        return {key: (identifier(node.get("parentId")), node) for key, node in tree.items()}, current
    nodes: dict[str, tuple[str | None, Object]] = {}
    before = None
    for node in mappings(chat.get("messages")):
        key = identifier(node.get("id")) or f"#{len(nodes)}"
        nodes[key] = (before, node)
        before = key
    return nodes, before


def _messages(path: Iterator[Object]) -> tuple[Message, ...]:
    messages = MessageList()
    for node in path:
        role = node.get("role")
        if role not in ("user", "assistant"):
            continue
        is_user = role == "user"
        messages.add(
            "user" if is_user else "assistant",
            [*([Text(text(node.get("content")))] if is_user else _answer(node)), *_files(node)],
            seconds(node.get("timestamp")),
            model=None if is_user else name(node.get("model")),
            sources=_sources(node),
            is_unfinished=node.get("done") is False,
            source_id=identifier(node.get("id")),
        )
        if (error := _error(node)) is not None:
            messages.add("assistant", [Text(error)], seconds(node.get("timestamp")), is_error=True)
    return messages.finished()


def _answer(node: Object) -> list[Part]:
    """The parts of the text; what stands only in `output` comes from there."""
    parts = split_details(text(node.get("content")))
    if any(isinstance(part, Text) for part in parts):
        return parts
    found = [part for item in mappings(node.get("output")) for part in _output(item)]
    return found or parts


def _output(item: Object) -> Iterator[Part]:
    words = "\n".join(text(block.get("text")) for block in mappings(item.get("content")))
    if item.get("type") == "message":
        yield Text(words)
    elif item.get("type") == "reasoning":
        yield Thought(words)
    elif item.get("type") == "function_call":
        yield ToolCall(
            "tool", name(item.get("name")), item.get("arguments"), source_id=identifier(item.get("call_id"))
        )


def _error(node: Object) -> str | None:
    error = node.get("error")
    return text(error) or text(mapping(error).get("content")) or text(mapping(error).get("message")) or None


def _files(node: Object) -> Iterator[Attachment]:
    for file in mappings(node.get("files")):
        told = mapping(file.get("file"))
        file_name = name(file.get("name")) or name(told.get("filename"))
        url = text(file.get("url"))
        if file.get("type") == "image" and url.startswith("data:"):
            yield picture(url, file_name)
        else:
            yield _by_id(file, told, file_name)


def _by_id(file: Object, told: Object, file_name: str | None) -> Attachment:
    """A file that only has its id here; the text that was taken out of it stands in for it."""
    words = text(mapping(told.get("data")).get("content"))
    source_id = identifier(file.get("id")) or identifier(file.get("url"))
    return Attachment(
        file_name,
        None,
        name(file.get("content_type")),
        source_id,
        extracted=Inline(words.encode()) if words else None,
    )


def _sources(node: Object) -> Iterator[Source]:
    seen = set[str]()
    for source in (*mappings(node.get("sources")), *mappings(node.get("citations"))):
        told = mapping(source.get("source"))
        for page in (*mappings(source.get("metadata")), told):
            url = text(page.get("source")) or text(page.get("url"))
            if url.startswith(("http://", "https://")) and url not in seen:
                seen.add(url)
                yield Source(name(page.get("name")) or name(page.get("title")) or name(told.get("name")), url)
