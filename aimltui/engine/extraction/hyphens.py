"""Joins words that are broken at the ends of lines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from aimltui.common.patterns import pattern

MARKS: Final = "\x02\ufffe"
"""What stands in a text for a hyphen at the end of a line and the break after it."""
_BROKEN = pattern(rf"(?:(?<![^\W_])([^\W_]++))?[{MARKS}]\s*([^\W_]*)")
"""A broken word. Each word is looked at once, however long it is."""
_HYPHENED = pattern(r"(?<![^\W_])[^\W_]++-[^\W_]+")
_WORD = pattern(r"[^\W\d_]{4,}")


class Vocabulary:
    """The words of a document, which tell a broken word from one with a hyphen.

    Args:
        texts: The texts, with marks.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._hyphened: set[str] = set()
        self._whole: set[str] = set()
        self._is_needed = False
        for text in texts:
            self._is_needed = self._is_needed or any(mark in text for mark in MARKS)
            # the halves of broken words are no words
            sure = _BROKEN.sub(" ", text)
            self._hyphened.update(word.lower() for word in _HYPHENED.findall(sure))
            self._whole.update(word.lower() for word in _WORD.findall(sure))

    def joined(self, text: str) -> str:
        """Return a text without marks: broken words are whole, and real hyphens stay."""
        return _BROKEN.sub(self._join, text) if self._is_needed else text

    def _join(self, found: re.Match[str]) -> str:
        first, second = found[1] or "", found[2]
        return f"{first}-{second}" if self._has_hyphen(first, second) else f"{first}{second}"

    def _has_hyphen(self, first: str, second: str) -> bool:
        if not first.isalpha() or not second.isalpha():
            return True
        if f"{first}-{second}".lower() in self._hyphened:
            return True
        if f"{first}{second}".lower() in self._whole:
            return False
        if first.lower() in self._whole and second.lower() in self._whole:
            return True
        # DER-encoded, e-Mail, Nord-Süd: a word that is only broken goes on as it began
        goes_on = second.isupper() if first.isupper() and len(first) > 1 else second.islower()
        return not goes_on
