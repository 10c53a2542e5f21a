"""The words by which a passage is found besides those that a full-text index sees by itself. Pure.

A full-text index splits at spaces and punctuation: it sees a sentence in Chinese, Japanese or Korean as one word, and
`maxTokens` as another. Such texts are indexed in pairs of characters, and such names in their parts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from aimltui.common.patterns import pattern

_WIDE = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = pattern(f"[{_WIDE}]+")
_HUMPS = pattern(r"[A-Z]{2,}(?=[A-Z][a-z])|[A-Z]?[a-z]{2,}|[A-Z]{2,}|\d+")
_NAME = pattern(
    r"(?<![^\W_])(?=[A-Za-z0-9]*(?:[a-z][A-Z]|[A-Z]{2}[a-z]{2}))[A-Za-z][A-Za-z0-9]{3,80}(?![^\W_])"
)
_FULL_WIDTH = pattern("[\ufb00-\ufb06\uff10-\uff9f]+")


@cache
def _beside() -> re.Pattern[str]:
    """Finds words beside such scripts. Compiled late: it takes ten milliseconds.

    A word is tried once, at its start: tried at each of its letters, a word of 40,000 would take a minute.
    """
    letter = f"[^\\W{_WIDE}_]"
    return re.compile(f"(?<=[{_WIDE}]){letter}++|(?<!{letter}){letter}++(?=[{_WIDE}])")


def extra_words(text: str) -> str:
    """Return the further words of a text, separated by spaces.

    Args:
        text: Any text.
    """
    found = list(dict.fromkeys(part for name in set(_NAME.findall(text)) for part in parts_of(name)))
    if not text.isascii():
        for folded in _FULL_WIDTH.findall(text):
            found.append(unicodedata.normalize("NFKC", folded))
        found += _beside().findall(text)
        for run in _RUN.findall(_folded(text)):
            found += pairs(run)
            found.append(run[-1])
    return " ".join(found)


def parts_of(name: str) -> list[str]:
    """Return the words of a name such as `maxTokens`; empty if it is one word."""
    parts = [part.lower() for part in _HUMPS.findall(name)] if _NAME.fullmatch(name) else []
    return parts if len(parts) > 1 else []


def pairs(run: str) -> Iterator[str]:
    """Return each two neighbouring characters."""
    return (first + second for first, second in pairwise(run))


def wide_runs(text: str) -> list[str]:
    """Return the stretches of a text in scripts without spaces between words."""
    return _RUN.findall(_folded(text))


def without_wide(text: str) -> str:
    """Return the text with spaces instead of such stretches."""
    return _RUN.sub(" ", _folded(text))


def _folded(text: str) -> str:
    """Return the text with half-width letters in their usual form."""
    return _FULL_WIDTH.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
