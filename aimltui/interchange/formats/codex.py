"""codex: a session file, in which most things are said twice: as events and as what the model was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from aimltui.interchange.conversations import MessageList, last_model
from aimltui.interchange.detection import Sample
from aimltui.interchange.fields import identifier, mapping, mappings, name, picture, seconds, text
from aimltui.interchange.inputs import Bundle, Member
from aimltui.interchange.records import (
    Item,
    JSONValue,
    Part,
    Seconds,
    Skipped,
    Text,
    Thought,
    Thread,
    ToolCall,
    UnreadableInput,
)
from aimltui.interchange.stored import session_lines

ID = "codex"
NAME = "codex"

Object = Mapping[str, JSONValue]
_OF_PROGRAM = re.compile(
    r"\s*(?:<(\w+_(?:context|instructions|aborted|notification)|skill|user_action)\b.*</\1>|# AGENTS\.md instructions\b.*)\s*",
    re.DOTALL,
)
_CALLS = frozenset({"function_call", "custom_tool_call", "local_shell_call", "web_search_call"})
_OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})


def claims(sample: Sample) -> bool:
    """True if the lines are those of a session."""
    if sample.shape not in ("lines", "object"):
        return False
    return any(
        row.get("type") in ("session_meta", "response_item") and isinstance(row.get("payload"), dict)
        for row in sample.rows
    )


def read(members: Sequence[Member], bundle: Bundle) -> Iterator[Item]:
    """One conversation of each file."""
    for member in members:
        session = _Session(member.stem)
        try:
            for row in session_lines(member):
                if isinstance(row, Skipped):
                    yield row
                else:
                    session.take(row)
        except UnreadableInput as error:
            yield Skipped(member.path, str(error))
        yield session.thread()


class _Session:
    def __init__(self, fallback: str) -> None:
        self._source_id = fallback
        self._created: Seconds | None = None
        self._model: str | None = None
        self._messages = MessageList()
        self._from_events = MessageList()
        """For sessions of which only the events are there."""

    def thread(self) -> Thread | Skipped:
        """What was said."""
        said = self._messages.finished() or self._from_events.finished()
        if not said:
            return Skipped(self._source_id, "no messages")
        created = self._created or said[0].at
        return Thread(ID, self._source_id, said, created=created, model=self._model or last_model(said))

    def take(self, row: Object) -> None:
        """Take the next line."""
        payload, at = mapping(row.get("payload")), seconds(row.get("timestamp"))
        kind = row.get("type")
        if kind == "session_meta" and self._created is None:
            self._source_id = identifier(payload.get("id")) or self._source_id
            self._created = seconds(payload.get("timestamp")) or at
        elif kind == "turn_context":
            self._model = name(payload.get("model")) or self._model
        elif kind == "response_item":
            self._take_item(payload, at)
        elif kind == "event_msg":
            self._take_event(payload, at)

    def _take_item(self, item: Object, at: Seconds | None) -> None:
        kind = text(item.get("type"))
        source_id = identifier(item.get("id"))
        if kind == "message" and item.get("role") in ("user", "assistant"):
            self._say(item["role"] == "user", list(_blocks(item.get("content"))), at, source_id)
        elif kind == "reasoning":
            found = [*mappings(item.get("summary")), *mappings(item.get("content"))]
            words = "\n\n".join(text(block.get("text")) for block in found)
            self._messages.add("assistant", [Thought(words)], at)
        elif kind in _CALLS:
            self._messages.add("assistant", [_call(item)], at)
        elif kind in _OUTPUTS:
            self._messages.answer(identifier(item.get("call_id")), _output(item.get("output")))

    def _say(self, is_user: bool, parts: Sequence[Part], at: Seconds | None, source_id: str | None) -> None:
        words = "".join(part.value for part in parts if isinstance(part, Text))
        if is_user and _OF_PROGRAM.fullmatch(words):
            return
        model = None if is_user else self._model
        self._messages.add("user" if is_user else "assistant", parts, at, model=model, source_id=source_id)

    def _take_event(self, event: Object, at: Seconds | None) -> None:
        kind, words = event.get("type"), text(event.get("message"))
        if kind == "user_message" and not _OF_PROGRAM.fullmatch(words):
            self._from_events.add("user", [Text(words)], at)
        elif kind == "agent_message":
            self._from_events.add("assistant", [Text(words)], at)


def _blocks(content: JSONValue) -> Iterator[Part]:
    for block in mappings(content):
        if block.get("type") in ("input_text", "output_text", "text"):
            yield Text(text(block.get("text")))
        elif block.get("type") == "input_image":
            yield picture(text(block.get("image_url")))


def _call(item: Object) -> ToolCall:
    given = next((item[key] for key in ("arguments", "input", "action") if key in item), None)
    call_name = name(item.get("name")) or str(item.get("type", "")).removesuffix("_call")
    return ToolCall(
        "tool", call_name, given, source_id=identifier(item.get("call_id")) or identifier(item.get("id"))
    )


def _output(value: JSONValue) -> str:
    if isinstance(value, dict):
        value = value.get("content", value.get("output"))
    if isinstance(value, list):
        return "\n".join(text(block.get("text")) for block in mappings(value))
    return text(value)
