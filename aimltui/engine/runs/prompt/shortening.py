"""Shortens long texts of a history: the outputs of tools first, then what was said, the oldest first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from aimltui.engine.accounting.tokens import estimate, estimate_message

ChatMessage = dict[str, Any]

_LONGEST = (1_500, 400)
"""Tokens to which long texts are cut: first to the greater length, and to the other if that is not enough."""

_TRIES = 4


class Shortened(Protocol):
    """Chat messages that belong together."""

    messages: list[ChatMessage]
    tokens: int


def shorten(groups: Sequence[Shortened], excess: int) -> list[Shortened]:
    """Cut the middle out of long texts until enough is saved, or nothing long is left.

    Args:
        groups: What may be shortened, the oldest first; they are changed.
        excess: The tokens to save.

    Returns:
        For each text that was cut, its group.
    """
    whole = {id(group): list(group.messages) for group in groups}
    cut: dict[tuple[int, int], Shortened] = {}
    for longest in _LONGEST:
        for are_outputs in (True, False):
            for group, number in _texts(groups, are_outputs):
                if excess <= 0:
                    return list(cut.values())
                first = whole[id(group)][number]
                now = _cut(first, longest)
                saved = estimate_message(group.messages[number]) - estimate_message(now)
                if saved <= 0:
                    continue
                group.messages = [*group.messages[:number], now, *group.messages[number + 1 :]]
                group.tokens -= saved
                excess -= saved
                cut[id(group), number] = group
    return list(cut.values())


def _texts(groups: Iterable[Shortened], are_outputs: bool) -> Iterator[tuple[Shortened, int]]:
    for group in groups:
        for number, message in enumerate(group.messages):
            if (message["role"] == "tool") == are_outputs:
                yield group, number


def _cut(message: ChatMessage, longest: int) -> ChatMessage:
    content = message["content"]
    if isinstance(content, str):
        return {**message, "content": middle_cut(content, longest)}
    parts = [
        {**part, "text": middle_cut(part["text"], longest)} if part.get("type") == "text" else part
        for part in content or ()
    ]
    return {**message, "content": parts} if content else message


def middle_cut(text: str, longest: int) -> str:
    """Return the beginning and the end of a text with a mark between them that says how much is missing.

    Args:
        text: The text.
        longest: The estimated tokens that it may have; a shorter text is returned as it is.
    """
    tokens = estimate(text) if len(text) > longest else 0
    if tokens <= longest:
        return text
    kept, found = len(text), text
    for _ in range(_TRIES):
        kept = max(2, kept * longest // tokens)
        head = kept * 2 // 3
        tail = kept - head
        found = f"{text[:head]}\n[… {len(text) - kept:,} characters are left out here …]\n{text[-tail:]}"
        # an estimate depends on the words around, so a part may count more than its share
        tokens = estimate(found)
        if tokens <= longest:
            break
    return found
