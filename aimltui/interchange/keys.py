"""Blanks out keys that people have pasted into conversations: they are neither stored nor shown again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from aimltui.interchange.records import Branch, Message, Part, Text, Thought, Thread, ToolCall

_BEGINNINGS = ("sk-", "AIza", "gh", "github_pat_", "xox", "hf_", "gsk_", "AKIA", "xai-", "pplx-", "r8_")
"""Searched for first, which is quick."""
_KEY = re.compile(
    r"\b(?:"
    r"sk-(?=[\w-]{0,200}?\d)[\w-]{20,}|xai-(?=\w*\d)\w{20,}|pplx-(?=\w*\d)\w{20,}"
    r"|AIza[\w-]{35}|gh[pousr]_\w{36,}|github_pat_\w{22,}|xox[abprs]-(?=[\w-]*\d)[\w-]{10,}"
    r"|hf_(?=\w*\d)\w{30,}|gsk_\w{40,}|r8_\w{30,}|AKIA[0-9A-Z]{16}"
    r")"
)
_SHOWN = 3


def without_keys(text: str) -> str:
    """The text with stars in place of all but the beginning of each key; its length stays."""
    if not any(beginning in text for beginning in _BEGINNINGS):
        return text
    return _KEY.sub(lambda match: match[0][:_SHOWN] + "*" * (len(match[0]) - _SHOWN), text)


def cleared(thread: Thread) -> Thread:
    """The conversation without keys."""
    # branches share messages: each is looked at once
    done: dict[int, Message] = {}
    return replace(
        thread,
        messages=_messages(thread.messages, done),
        branches=tuple(
            Branch(branch.source_id, _messages(branch.messages, done)) for branch in thread.branches
        ),
        instructions=without_keys(thread.instructions) if thread.instructions else None,
        title=without_keys(thread.title) if thread.title else None,
    )


def _messages(messages: Iterable[Message], done: dict[int, Message]) -> tuple[Message, ...]:
    result = []
    for message in messages:
        if id(message) not in done:
            done[id(message)] = _message(message)
        result.append(done[id(message)])
    return tuple(result)


def _message(message: Message) -> Message:
    parts = tuple(_part(part) for part in message.parts)
    is_same = all(new is old for new, old in zip(parts, message.parts, strict=True))
    return message if is_same else replace(message, parts=parts)


def _part(part: Part) -> Part:
    if isinstance(part, Text | Thought):
        value = without_keys(part.value)
        return part if value == part.value else replace(part, value=value)
    if isinstance(part, ToolCall):
        output = without_keys(part.output) if part.output else part.output
        given = _value(part.input)
        return (
            part
            if output == part.output and given == part.input
            else replace(part, output=output, input=given)
        )
    return part


def _value(value: object) -> object:
    """What a tool was given, to some depth: what is deeper is left out."""
    return _value_at(value, 0)


def _value_at(value: object, depth: int) -> object:
    if isinstance(value, str):
        return without_keys(value)
    if depth > 50:
        return None
    if isinstance(value, dict):
        return {key: _value_at(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_value_at(item, depth + 1) for item in value]
    return value
