"""Puts messages together from what a file holds, line by line or node by node."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from aimltui.interchange.records import (
    Attachment,
    Branch,
    Message,
    Part,
    Role,
    Seconds,
    Source,
    Text,
    Thought,
    ToolCall,
)

MAX_BRANCHES = 100
"""Further branches of a conversation that come."""
_THINKING = re.compile(r"<(think|thinking|reasoning)>(.*?)(?:</\1>|\Z)", re.DOTALL)


class MessageList:
    """Messages in order. Thoughts and tool calls wait for the words that follow them.

    So an answer has the time of its words, as people know it, and one message holds what led to it.
    """

    def __init__(self) -> None:
        self._done: list[Message] = []
        self._waiting: list[Part] = []
        self._waiting_at: Seconds | None = None
        self._waiting_model: str | None = None

    def add(
        self,
        role: Role,
        parts: Iterable[Part],
        at: Seconds | None = None,
        *,
        model: str | None = None,
        sources: Iterable[Source] = (),
        is_unfinished: bool = False,
        is_error: bool = False,
        source_id: str | None = None,
    ) -> None:
        """Add what one side said or did; nothing to be seen is nothing said."""
        given = [part for part in parts if not isinstance(part, Text | Thought) or part.value.strip()]
        if role == "user":
            self._settle()
        if any(isinstance(part, Text | Attachment) for part in given):
            said = (*self._waiting, *given)
            self._waiting, self._waiting_at = [], None
            self._done.append(
                Message(role, said, at, model, tuple(sources), is_unfinished, is_error, source_id)
            )
        elif role == "assistant":
            self._wait(given, at, model)

    def answer(self, call_id: str | None, output: str, files: Sequence[Attachment] = ()) -> None:
        """Give a tool call its output: the call of this id, or the newest one without an output."""
        for at, message in [(len(self._done), None), *reversed(list(enumerate(self._done)))]:
            parts = self._waiting if message is None else list(message.parts)
            found = _call(parts, call_id)
            if found is not None:
                index, call = found
                parts[index] = replace(call, output=output, files=(*call.files, *files))
                if message is not None:
                    self._done[at] = replace(message, parts=tuple(parts))
                return

    def withdraw(self, tool: str) -> ToolCall | None:
        """Take back the newest call of this tool, if it still waits for the words that follow; the call."""
        for index in range(len(self._waiting) - 1, -1, -1):
            part = self._waiting[index]
            if isinstance(part, ToolCall) and part.name == tool and part.output is None:
                del self._waiting[index]
                return part
        return None

    def finished(self) -> tuple[Message, ...]:
        """All of them."""
        self._settle()
        return tuple(self._done)

    def _wait(self, parts: Sequence[Part], at: Seconds | None, model: str | None) -> None:
        if parts and not self._waiting:
            self._waiting_at, self._waiting_model = at, model
        self._waiting.extend(parts)

    def _settle(self) -> None:
        if self._waiting:
            self._done.append(
                Message("assistant", tuple(self._waiting), self._waiting_at, self._waiting_model)
            )
        self._waiting, self._waiting_at = [], None


def _call(parts: Sequence[Part], call_id: str | None) -> tuple[int, ToolCall] | None:
    for index in range(len(parts) - 1, -1, -1):
        part = parts[index]
        if not isinstance(part, ToolCall):
            continue
        if part.source_id == call_id if call_id is not None else part.output is None:
            return index, part
    return None


def split_thinking(text: str) -> list[Part]:
    """A text in which thoughts stand between `<think>` marks, as parts."""
    parts: list[Part] = []
    position = 0
    for match in _THINKING.finditer(text):
        parts += [Text(text[position : match.start()].strip()), Thought(match[2].strip())]
        position = match.end()
    parts.append(Text(text[position:].strip()))
    return [part for part in parts if part.value]  # type: ignore[union-attr]  # only these two kinds are made


def last_model(messages: Iterable[Message]) -> str | None:
    """The model of the newest answer that names one."""
    return next((m.model for m in reversed(list(messages)) if m.role == "assistant" and m.model), None)


def further_branches(
    shown: Sequence[Message], others: Iterable[tuple[str, Sequence[Message]]]
) -> tuple[Branch, ...]:
    """The branches that say something else than the shown one and than each other."""
    seen = {_ids(shown)}
    branches = []
    for leaf, messages in others:
        ids = _ids(messages)
        if ids and ids not in seen and not any(known[: len(ids)] == ids for known in seen):
            seen.add(ids)
            branches.append(Branch(leaf, tuple(messages)))
    return tuple(branches)


def _ids(messages: Iterable[Message]) -> tuple[str, ...]:
    """What tells branches apart; tool calls that no words follow do not."""
    return tuple(message.source_id for message in messages if message.source_id is not None)
