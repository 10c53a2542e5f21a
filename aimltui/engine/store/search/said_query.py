"""Reads a query over everything that was said: its words, and its filters. Pure."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.engine.extraction.words import pairs, wide_runs, without_wide
from aimltui.engine.store.search.typed_word import TypedWord, typed_word

MOST_WORDS: Final = 20
_FILTER = pattern(r"(?<!\S)(assistant|model|has|before):(?:\"([^\"]*)\"|(\S+))", re.I)
_WORD = pattern(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")
_FIRST_YEAR: Final = 1970
_DATE: Final = (("%Y-%m-%d", 10), ("%Y-%m", 7), ("%Y", 4))
_FILES: Final = ("file", "files")
_SHORTEST_BEGINNING = 2
"""Letters of the last word from which on it may be the beginning of a longer one."""


@dataclass(frozen=True, slots=True)
class SaidQuery:
    """A query."""

    expression: str = ""
    """All of its words for the full-text index; empty if it has none."""
    is_wide: bool = False
    """Whether it has words in a script without spaces."""
    pattern: re.Pattern[str] | None = None
    """Finds its words in a text."""
    assistant: str = ""
    """A part of the name of an assistant that answered in the thread, in lower case."""
    model: str = ""
    """A part of the id of a model that answered in the thread, in lower case."""
    has_file: bool = False
    before: int | None = None
    """Unix seconds."""
    notes: tuple[str, ...] = ()
    """What is wrong with its filters, in sentences."""
    typed: TypedWord | None = None
    """How its last word is found while it is being typed, if the index does not do it at once."""

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing."""
        has_filter = self.assistant or self.model or self.has_file or self.before is not None
        return not self.expression and not has_filter


def read_query(text: str) -> SaidQuery:
    """Read what the user typed; a filter that is not finished is left out.

    Args:
        text: Any text; only the filters in it are syntax.
    """
    # half of a surrogate pair is in no text of the database, and cannot be sent to it
    text = text.encode(errors="replace").decode()
    given = {found[1].lower(): found[2] or found[3] or "" for found in _FILTER.finditer(text)}
    words = re.sub(r"(?<!\S)(assistant|model|has|before):\S*", " ", _FILTER.sub(" ", text), flags=re.I)
    # not casefold, which writes ss for ß: the index does not
    plain = [word.lower() for word in _WORD.findall(without_wide(words))][:MOST_WORDS]
    wide = wide_runs(words)[:MOST_WORDS]
    last = plain[-1] if plain and words[-1:].isalnum() and len(plain[-1]) >= _SHORTEST_BEGINNING else ""
    parts = [f'"{word}"' for word in (plain[:-1] if last else plain)]
    for run in wide:
        parts.append(f'"{run}" *' if len(run) == 1 else '"' + " ".join(pairs(run)) + '"')
    typed = typed_word(last, parts)
    if last:
        parts.append(f'"{last}"*')
    found = sorted({*map(_stem, plain), *wide}, key=len, reverse=True)
    return SaidQuery(
        " AND ".join(parts),
        bool(wide),
        re.compile("|".join(map(re.escape, found)), re.I) if found else None,
        given.get("assistant", "").lower(),
        given.get("model", "").lower(),
        given.get("has", "").lower() in _FILES,
        _date(given.get("before", "")),
        tuple(_notes(given)),
        typed,
    )


def _notes(given: dict[str, str]) -> Iterator[str]:
    if "before" in given and _date(given["before"]) is None:
        yield "before: takes 2026-11-22, 2026-11 or 2026"
    if "has" in given and given["has"].lower() not in _FILES:
        yield "has: takes only file"


def _stem(word: str) -> str:
    """Return how the forms of a word begin; the index knows `running` by `run`."""
    for ending in ("ing", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _date(text: str) -> int | None:
    for shape, length in _DATE:
        if len(text) == length:
            try:
                found = time.strptime(text, shape)
                return int(time.mktime(found)) if found.tm_year >= _FIRST_YEAR else None
            except (ValueError, OverflowError):
                return None
    return None
