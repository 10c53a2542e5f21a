"""Finds the rows of a query whose last word is being typed, in a time that does not grow with how many rows have it.

The index knows the beginnings of words up to `INDEXED` letters. For a longer one it would put together the rows of all
words that begin so before it returns the first row: tens of milliseconds where nearly every message has one of them. So
the newest rows with its first letters are read instead, and their text is looked at; only a word that few of these have
is asked of the index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.engine.store.database import Row

INDEXED: Final = 5
"""Letters of the longest beginnings in the index."""
_READ: Final = 500
"""Rows whose text is looked at: a word that fewer than one in twelve of these have costs the index little."""


@dataclass(frozen=True, slots=True)
class TypedWord:
    """How a query finds its last word, which may be the beginning of a longer one."""

    whole: str
    """The expression of the query with the word as it is."""
    near: str
    """The expression of the query with the first letters of the word."""
    pattern: re.Pattern[str]
    """Finds words that begin like it, in a text without accents."""

    def is_in(self, text: str) -> bool:
        """Return whether a text has a word that begins like it."""
        return self.pattern.search(without_accents(text)) is not None


def typed_word(word: str, others: Iterable[str]) -> TypedWord | None:
    """Return how a query finds its last word; None for a word whose rows the index returns at once.

    Args:
        word: The last word, in lower case.
        others: The expressions of the query's other words.
    """
    if len(word) <= INDEXED:
        return None
    rest = list(others)
    return TypedWord(
        " AND ".join([*rest, f'"{word}"']),
        " AND ".join([*rest, f'"{word[:INDEXED]}"*']),
        re.compile(rf"(?<![^\W_]){re.escape(without_accents(word))}", re.I),
    )


def newest(
    ask: Callable[[str, int], Iterable[Row]], expression: str, typed: TypedWord | None, limit: int
) -> list[Row]:
    """Return the newest rows that an expression finds.

    Args:
        ask: Returns the newest rows that an expression finds, at most as many as it is told, with a `rowid` and a `text`.
        expression: All words of the query.
        typed: How its last word is found, if the index does not do it at once.
        limit: Rows at most.
    """
    if typed is None:
        return list(ask(expression, limit))
    found = {row["rowid"]: row for row in ask(typed.whole, limit)}
    seen = read = known_from = 0
    for row in ask(typed.near, _READ):
        read += 1
        known_from = row["rowid"]
        if typed.is_in(row["text"]):
            found[row["rowid"]] = row
            seen += 1
        if seen == limit:
            break
    if read < _READ and seen < limit:
        known_from = 0
    # before the rows that were read there may be words that begin so, and are newer than the whole word
    if sum(rowid >= known_from for rowid in found) < limit:
        found.update((row["rowid"], row) for row in ask(expression, limit))
    return [found[rowid] for rowid in sorted(found, reverse=True)[:limit]]


def without_accents(text: str) -> str:
    """Return a text without the accents of its letters, as the index has it."""
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
