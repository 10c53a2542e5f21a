"""Estimates of the number of tokens of a text, without a tokenizer. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from aimltui.common.patterns import pattern

_PARTS = pattern(
    r"(?P<wide>[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff])"
    r"|(?P<capitals>[A-Z]{2,}(?![a-z\u00c0-\u024f]))"
    r"|(?P<word>[A-Z\u00c0-\u024f]?[a-z\u00c0-\u024f]+|[A-Z])"
    r"|(?P<digits>[0-9]+)"
    r"|(?P<other>[^\W_]+)"
    r"|(?P<underscore>_(?!_))"
    r"|(?P<picture>[\U00010000-\U0010ffff])"
    r"|(?P<marks>[!-/:-@\[-`{-~]+)"
    r"|(?P<mark>[^\s])"
    r"|(?P<space>\n+|[ \t]{2,})"
)
_WORD = pattern(r"[A-Za-z\u00c0-\u024f]+")
_MARK = pattern(r"[!-&(-+/:-@\[-`{-~]")
_COMMON = frozenset(
    (
        *(
            "a",
            "an",
            "and",
            "are",
            "as",
            "at",
            "be",
            "by",
            "can",
            "do",
            "does",
            "for",
            "from",
            "has",
            "have",
            "how",
        ),
        *(
            "i",
            "if",
            "in",
            "is",
            "it",
            "its",
            "more",
            "my",
            "no",
            "not",
            "of",
            "on",
            "one",
            "or",
            "so",
            "that",
        ),
        *(
            "the",
            "their",
            "there",
            "they",
            "this",
            "to",
            "was",
            "we",
            "were",
            "what",
            "when",
            "which",
            "who",
            "will",
        ),
        *(
            "with",
            "you",
            "your",
            "lorem",
            "ipsum",
            "dolor",
            "amet",
            "consectetur",
            "adipiscing",
            "elit",
            "ut",
        ),
    )
)
"""Words that say that a text is English, or the filler that every vocabulary has: its words are mostly one token."""
_BLOCK = 2_000
"""Characters whose language is judged together."""
_ENGLISH, _FOREIGN = 6, 3
"""Letters of a word for each token."""
_FEW = 6
"""Different words from which a language can be told."""
_LONGEST_UNIT = 60
"""Characters."""
PER_MESSAGE = 4
"""Tokens of a chat message besides its text."""
PER_IMAGE = 1_000
"""The estimate for an image."""


def estimate(text: str) -> int:
    """Estimate the tokens of a text: for prose and code at most a tenth below the true number, and rather too high.

    `tests/unit/engine/accounting/token_counts.json` has the numbers of real tokenizers by which it is judged.
    """
    return math.ceil(sum(tokens for _, _, tokens in units(text)))


def units(text: str) -> Iterator[tuple[int, int, float]]:
    """Yield the smallest pieces of the text as start, end, tokens; white space that costs nothing is in none of them."""
    judged, letters = 0, _ENGLISH
    for match in _PARTS.finditer(text):
        start, end = match.span()
        if start >= judged:
            letters = _letters_per_token(text[start : start + _BLOCK])
            judged = start + _BLOCK
        kind = match.lastgroup or ""
        if kind == "word" and end - start <= letters:
            yield start, end, 1
            continue
        # a word may be a megabyte of base64
        for begin in range(start, end, _LONGEST_UNIT):
            stop = min(end, begin + _LONGEST_UNIT)
            yield begin, stop, _cost(kind, text[begin:stop], letters)


def _cost(kind: str, piece: str, letters: int) -> float:
    length = len(piece)
    if kind == "wide":
        return _per_character(piece)
    if kind == "word":
        accents = 0 if piece.isascii() else sum(not char.isascii() for char in piece)
        return -(-length // letters) + 0.5 * accents
    if kind == "capitals":
        return -(-length // 3)
    if kind == "digits":
        return (3 * length + 3) // 4
    if kind in ("other", "marks"):
        return (length + 1) // 2
    if kind == "underscore":
        return 0
    return 2 if kind == "picture" else 1


def _per_character(char: str) -> float:
    """Return the tokens of a Chinese, Japanese or Korean character."""
    if "\u3000" <= char <= "\u30ff" or char >= "\uff00":
        return 1.0
    return 1.375 if "\uac00" <= char <= "\ud7ff" else 1.5


def _letters_per_token(block: str) -> int:
    """Judge the language of a text: tokens of languages other than English are shorter, except in program code."""
    words = [word.lower() for word in _WORD.findall(block)]
    if len(set(words)) < _FEW or sum(word in _COMMON for word in words) * 8 > len(words):
        return _ENGLISH
    marks = len(_MARK.findall(block))
    return _ENGLISH if marks * 3 > len(words) else _FOREIGN


def estimate_message(message: Mapping[str, Any]) -> int:
    """Estimate the tokens of a chat message with all its parts."""
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
