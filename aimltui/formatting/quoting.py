"""Quotes the place of a text that has the words of a search, in one line. Pure."""

from __future__ import annotations

import re
from typing import Final

from aimltui.formatting.plain_markdown import FENCE, plain_markdown

AROUND: Final = 60
"""Characters of a quote before its first word."""
LENGTH: Final = 240
"""Characters of a quote."""
_BEFORE, _AFTER = 160, 600
"""Characters around a place that are read as Markdown."""


def quote(
    text: str, words: re.Pattern[str] | None, *, is_markdown: bool
) -> tuple[str, list[tuple[int, int]]]:
    """Return the first place of a text that has a word, or its beginning, and where the words are in the quote.

    Args:
        text: Any text.
        words: Finds the words.
        is_markdown: Whether the quote leaves out the marks of Markdown.
    """
    first = words.search(text) if words is not None else None
    place = first.start() if first is not None else 0
    if is_markdown:
        begin = max(0, place - _BEFORE)
        begin = text.rfind("\n", 0, begin) + 1 if begin - text.rfind("\n", 0, begin) < _BEFORE else begin
        plain = _plain(text, begin, place + _AFTER)
        found = words.search(plain) if words is not None else None
        # a word that stands only in what a reader does not see, as in an address, is quoted with it
        if found is not None or first is None:
            return _cut(plain, found.start() if found is not None else 0, words, is_start=not begin)
    return _cut(text, place, words)


def _plain(text: str, begin: int, end: int) -> str:
    """Return a piece of Markdown as a reader sees it."""
    is_code = sum(1 for _ in FENCE.finditer(text, 0, begin)) % 2 == 1
    return plain_markdown(text[begin:end], is_code)


def _cut(
    text: str, place: int, words: re.Pattern[str] | None, *, is_start: bool = True
) -> tuple[str, list[tuple[int, int]]]:
    """Return what stands around a place in one line, and where the words are in it."""
    start = max(0, place - AROUND)
    if start:
        # not in the middle of a word, where a space is near
        blank = text.find(" ", start, start + AROUND // 2)
        start = blank + 1 if blank >= 0 else start
    piece = " ".join(text[start : start + 2 * LENGTH].split())
    shown = ("… " if start or not is_start else "") + piece[:LENGTH] + ("…" if len(piece) > LENGTH else "")
    return shown, [found.span() for found in words.finditer(shown)] if words is not None else []
