"""Claude.ai's data export: conversations with `chat_messages`, in one file or several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from aimltui.interchange.conversations import MAX_BRANCHES, MessageList, further_branches
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import identifier, items, mapping, mappings, name, seconds, text
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

ID = "claude"
NAME = "Claude"

Object = Mapping[str, JSONValue]


def claims(sample: Sample) -> bool:
    """True if the file holds conversations of this kind."""
    return sample.shape in ("array", "lines", "object") and sample.has("chat_messages", "uuid")


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """All conversations of these files."""
    for member in members:
        yield from converted(member, lambda row, place: [_thread(row, place)])


def _thread(row: Object, fallback: str) -> Thread | Skipped:
    source_id = identifier(row.get("uuid")) or fallback
    title = name(row.get("name"))
    nodes = {
        identifier(node.get("uuid")) or f"#{place}": node
        for place, node in enumerate(mappings(row.get("chat_messages")))
    }
    tree = Tree(_parents(nodes))
    times = {key: seconds(node.get("created_at")) for key, node in nodes.items()}
    leaf = tree.last_leaf(tree.newest(times, nodes)) if nodes else None
    messages = _messages(nodes[key] for key in tree.path(leaf))
    if not messages:
        return Skipped(source_id, "no messages", title)
    others = [other for other in tree.leaves if other != leaf][:MAX_BRANCHES]
    return Thread(
        ID,
        source_id,
        messages,
        title,
        seconds(row.get("created_at")) or messages[0].at,
        seconds(row.get("updated_at")),
        branches=further_branches(
            messages, ((other, _messages(nodes[key] for key in tree.path(other))) for other in others)
        ),
    )


def _parents(nodes: Mapping[str, Object]) -> dict[str, str | None]:
    """Who follows whom. The first message's parent names nothing; one whose parent is missing follows its neighbour."""
    named = {key: identifier(node.get("parent_message_uuid")) for key, node in nodes.items()}
    beginning = next(iter(named.values()), None)
    parents, before = dict[str, str | None](), None
    for key, parent in named.items():
        is_known = parent in nodes or (parent is not None and parent == beginning)
        parents[key] = parent if is_known else before
        before = key
    return parents


def _messages(path: Iterator[Object]) -> tuple[Message, ...]:
    messages, artifacts = MessageList(), _Artifacts()
    for node in path:
        _Blocks(node, messages, artifacts).add()
    return tuple(artifacts.settled(message) for message in messages.finished())


class _Artifacts:
    """Documents beside the talk, by their id, each in its last state."""

    def __init__(self) -> None:
        self._contents: dict[str, str] = {}

    def take(self, given: Object) -> ToolCall | None:
        """Carry out a command, and return what the thread shows of it if it made a document."""
        document = identifier(given.get("id")) or "?"
        if given.get("command") == "update" and document in self._contents:
            old = text(given.get("old_str"))
            if old:
                self._contents[document] = self._contents[document].replace(
                    old, text(given.get("new_str")), 1
                )
            return None
        is_new = document not in self._contents
        self._contents[document] = text(given.get("content"))
        return ToolCall("canvas", name(given.get("title")), source_id=document) if is_new else None

    def settled(self, message: Message) -> Message:
        """The message with the documents as they were left."""
        if not self._contents:
            return message
        parts = (
            replace(part, output=self._contents.get(part.source_id or ""))
            if isinstance(part, ToolCall) and part.kind == "canvas"
            else part
            for part in message.parts
        )
        return replace(message, parts=tuple(parts))


class _Blocks:
    """The blocks of one message."""

    def __init__(self, node: Object, messages: MessageList, artifacts: _Artifacts) -> None:
        self._node = node
        self._messages = messages
        self._artifacts = artifacts
        self._parts: list[Part] = []
        self._sources: dict[str, Source] = {}
        self._results: list[tuple[str | None, str]] = []

    def add(self) -> None:
        """Put the message at the end of the list."""
        node = self._node
        for block in mappings(node.get("content")):
            self._take(block)
        if not items(node.get("content")):
            self._parts.append(Text(text(node.get("text"))))
        self._parts += _files(node)
        self._messages.add(
            "user" if node.get("sender") == "human" else "assistant",
            self._parts,
            seconds(node.get("created_at")),
            sources=self._sources.values(),
            source_id=identifier(node.get("uuid")),
        )
        for call_id, output in self._results:
            self._messages.answer(call_id, output)

    def _take(self, block: Object) -> None:
        kind = block.get("type")
        if kind == "text":
            self._parts.append(Text(text(block.get("text"))))
            for citation in mappings(block.get("citations")):
                url = text(mapping(citation.get("details")).get("url"))
                if url:
                    title = name(mapping(citation.get("details")).get("title"))
                    self._sources.setdefault(url, Source(title, url))
        elif kind == "thinking":
            self._parts.append(Thought(text(block.get("thinking"))))
        elif kind == "tool_use":
            self._call(block)
        elif kind == "tool_result" and block.get("name") != "artifacts":
            self._results.append((identifier(block.get("tool_use_id")), result_text(block.get("content"))))

    def _call(self, block: Object) -> None:
        given = block.get("input")
        call: ToolCall | None
        if block.get("name") == "artifacts":
            call = self._artifacts.take(mapping(given))
        else:
            call = ToolCall("tool", name(block.get("name")), given, source_id=identifier(block.get("id")))
        if call is not None:
            self._parts.append(call)


def result_text(content: JSONValue) -> str:
    """What a tool answered: a string, or blocks of text."""
    if isinstance(content, str):
        return text(content)
    return "\n".join(found for block in mappings(content) if (found := text(block.get("text"))))


def _files(node: Object) -> Iterator[Attachment]:
    for enclosed in mappings(node.get("attachments")):
        words = text(enclosed.get("extracted_content"))
        content = Inline(words.encode()) if words else None
        yield Attachment(name(enclosed.get("file_name")), content, "text/plain" if words else None)
    for file in mappings(node.get("files")):
        yield Attachment(name(file.get("file_name")), source_id=identifier(file.get("file_uuid")))
