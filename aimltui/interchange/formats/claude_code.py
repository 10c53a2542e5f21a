"""Claude Code: a session file, whose lines name their parents; one answer is several lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from aimltui.interchange.conversations import MAX_BRANCHES, MessageList, further_branches, last_model
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import from_base64, identifier, mapping, mappings, name, seconds, text
from aimltui.interchange.formats.claude import result_text
from aimltui.interchange.inputs import Bundle, Member
from aimltui.interchange.records import (
    Attachment,
    Inline,
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
from aimltui.interchange.stored import session_lines
from aimltui.interchange.trees import Tree

ID = "claude-code"
NAME = "Claude Code"

Object = Mapping[str, JSONValue]
_OF_PROGRAM = (
    "<command-",
    "<local-command-",
    "<bash-",
    "<system-reminder>",
    "<task-notification>",
    "Caveat: ",
)
_NO_MODEL = "<synthetic>"


def claims(sample: Sample) -> bool:
    """True if the lines are those of a session."""
    return sample.shape in ("lines", "object") and sample.has("parentUuid", "uuid", "sessionId")


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """One conversation of each file."""
    for member in members:
        rows = []
        try:
            for row in session_lines(member):
                if isinstance(row, Skipped):
                    yield row
                else:
                    rows.append(row)
        except UnreadableInput as error:
            yield Skipped(member.path, str(error))
        yield _thread(rows, member.stem)


def _thread(rows: Sequence[Object], fallback: str) -> Thread | Skipped:
    nodes = {
        key: row
        for row in rows
        if (key := identifier(row.get("uuid"))) is not None and row.get("isSidechain") is not True
    }
    sessions = [found for row in nodes.values() if (found := identifier(row.get("sessionId")))]
    source_id = sessions[-1] if sessions else fallback
    tree = Tree({key: _parent(row) for key, row in nodes.items()})
    leaf = next(reversed(tree.leaves), None)
    outputs = _outputs(nodes.values())
    messages = _messages((nodes[key] for key in tree.path(leaf)), outputs)
    if not messages:
        return Skipped(source_id, "no messages" if nodes else "it has only messages of a subagent")
    others = (
        (other, _messages((nodes[key] for key in tree.path(other)), outputs))
        for other in tree.leaves[-MAX_BRANCHES:]
    )
    return Thread(
        ID,
        source_id,
        messages,
        _title(rows),
        messages[0].at,
        model=last_model(messages),
        branches=further_branches(messages, others),
    )


def _parent(row: Object) -> str | None:
    return identifier(row.get("parentUuid")) or identifier(row.get("logicalParentUuid"))


def _title(rows: Iterable[Object]) -> str | None:
    titles = [
        name(row.get("customTitle")) or name(row.get("aiTitle")) or name(row.get("summary"))
        for row in rows
        if row.get("type") in ("summary", "custom-title", "ai-title")
    ]
    return next((title for title in reversed(titles) if title), None)


def _outputs(rows: Iterable[Object]) -> dict[str | None, str]:
    """What tools answered: the answers to calls made side by side are on different branches."""
    return {
        identifier(block.get("tool_use_id")): result_text(block.get("content"))
        for row in rows
        if row.get("type") == "user"
        for block in mappings(mapping(row.get("message")).get("content"))
        if block.get("type") == "tool_result"
    }


def _messages(path: Iterable[Object], outputs: Mapping[str | None, str]) -> tuple[Message, ...]:
    messages = MessageList()
    for row in path:
        kind, message = row.get("type"), mapping(row.get("message"))
        if (
            kind not in ("user", "assistant")
            or row.get("isMeta") is True
            or row.get("isCompactSummary") is True
        ):
            continue
        parts = list(_parts(message.get("content"), outputs))
        words = "".join(part.value for part in parts if isinstance(part, Text)).lstrip()
        if kind == "user" and (not parts or words.startswith(_OF_PROGRAM)):
            continue
        model = name(message.get("model")) if kind == "assistant" else None
        messages.add(
            "user" if kind == "user" else "assistant",
            parts,
            seconds(row.get("timestamp")),
            model=None if model == _NO_MODEL else model,
            is_error=row.get("isApiErrorMessage") is True,
            source_id=identifier(row.get("uuid")),
        )
    return messages.finished()


def _parts(content: JSONValue, outputs: Mapping[str | None, str]) -> Iterator[Part]:
    if isinstance(content, str):
        yield Text(text(content))
        return
    for block in mappings(content):
        kind = block.get("type")
        if kind == "text":
            yield Text(text(block.get("text")))
        elif kind == "thinking":
            yield Thought(text(block.get("thinking")))
        elif kind == "tool_use":
            call_id = identifier(block.get("id"))
            yield ToolCall("tool", name(block.get("name")), block.get("input"), outputs.get(call_id), call_id)
        elif kind in ("image", "document"):
            source = mapping(block.get("source"))
            data = from_base64(text(source.get("data")))
            content_ = Inline(data) if data else None
            yield Attachment(name(block.get("title")), content_, name(source.get("media_type")))
