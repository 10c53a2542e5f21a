"""How many tokens a text has, roughly, without any tokenizer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PARTS = re.compile(
    r"(?P<wide>[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff])"
    r"|(?P<word>[A-Za-z0-9]+)"
    r"|(?P<other>[^\W_]+)"
    r"|(?P<mark>[^\s])"
    r"|(?P<space>\n+|[ \t]{2,})"
)

_LONGEST_UNIT = 60
"""Characters."""
PER_MESSAGE = 4
"""Tokens that a chat message costs beside its text."""
PER_IMAGE = 1_000
"""Tokens that an image is taken for."""


def estimate(text: str) -> int:
    """Tokens of a text; within a third of the truth for prose and code, rather too many than too few.

    A CJK character counts as one token, a word of Latin letters as one for every six begun, another script's word
    as one for every two characters, a mark or a break as one.
    """
    total = 0
    for match in _PARTS.finditer(text):
        kind, length = match.lastgroup, match.end() - match.start()
        if kind == "word":
            total += (length + 5) // 6
        elif kind == "other":
            total += (length + 1) // 2
        else:
            total += 1
    return total


def units(text: str) -> Iterator[tuple[int, int, int]]:
    """The text's smallest pieces: beginning, end, tokens. White space that costs nothing is in none of them."""
    for match in _PARTS.finditer(text):
        kind, (start, end) = match.lastgroup, match.span()
        if kind not in ("word", "other"):
            yield start, end, 1
            continue
        # a word may be a megabyte of base64
        letters = 6 if kind == "word" else 2
        for begin in range(start, end, _LONGEST_UNIT):
            stop = min(end, begin + _LONGEST_UNIT)
            yield begin, stop, (stop - begin + letters - 1) // letters


def estimate_message(message: Mapping[str, Any]) -> int:
    """Tokens of a chat message with everything in it."""
    total = PER_MESSAGE
    content = message.get("content")
    if isinstance(content, str):
        total += estimate(content)
    elif content:
        total += sum(
            estimate(part["text"]) if part.get("type") == "text" else part.get("tokens", PER_IMAGE)
            for part in content
        )
    for call in message.get("tool_calls") or ():
        function = call["function"]
        total += PER_MESSAGE + estimate(function["name"]) + estimate(function["arguments"])
    return total
