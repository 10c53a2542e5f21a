"""Reads a query: its words as expressions of the full-text index and as patterns for a text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.engine.extraction.words import pairs, parts_of, wide_runs, without_wide

MAX_WORDS = 40
"""The number of words of a query that are used: the first ones."""
_MARKS = "\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_PIECE = f"(?:[^\\W_]|[{_MARKS}])+"
_NAME = pattern(f"{_PIECE}(?:[._:/@\\-]{{1,3}}{_PIECE})*")
_PIECES = pattern(_PIECE)
_ENDING = pattern(r"(?:ations?|ments?|ingly|ings?|ness|edly|iest?|ier|ied|ies|ers?|ed|es|ly|e|s|y)$")
_SHORTEST_STEM = 4
_LONGEST_PHRASE = 12
"""Characters of a script without spaces that are searched as one phrase, too."""
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
a about after all also am an and any are as at be because been before being between both but by can cannot could
did do does doing done down during each either else etc ever every few for from further get gets give given
gives go goes had has have having he her here hers him his how however i if in instead into is it its itself
just kind let like made make makes many may me might more most much must my no nor not of off on once one only
or other our out over own please same shall she should so some such tell than that the their them then there
these they thing this those through to too under until up upon us use used uses using very want was we were what
when where whether which while who whom whose why will with within without would you your s t don doesn isn
""",
    )
)
"""English words that say nothing about a subject."""


@dataclass(frozen=True, slots=True)
class Word:
    """Something that a query asks for: a word, a phrase, or two characters of a script without spaces."""

    text: str
    """In lower case; the words of a phrase with single spaces."""
    expression: str
    """For the full-text index."""
    stem: str
    """How it begins in a text; a phrase and characters without spaces are not shortened."""
    is_phrase: bool = False
    is_wide: bool = False
    """Whether it may begin inside of a word."""
    is_part: bool = False
    """Whether it is only a part of a name."""


def words_of(query: str) -> list[Word]:
    """Return what a query asks for, without words that say nothing if there are others.

    Args:
        query: Any text; nothing in it is syntax.
    """
    found = list(dict.fromkeys(_words(query)))
    return ([word for word in found if word.text not in _STOP_WORDS] or found)[:MAX_WORDS]


def prefix_of(word: Word) -> str | None:
    """Return an expression for the words that begin like one that is in no passage; None if that makes no sense."""
    if word.is_phrase or word.is_wide or word.is_part or len(word.text) < _SHORTEST_STEM:
        return None
    return f"{_quoted(word.stem[: max(_SHORTEST_STEM, len(word.text) * 3 // 4)])} *"


def _words(query: str) -> Iterator[Word]:
    for name in _NAME.findall(without_wide(query)):
        pieces = [piece.casefold() for piece in _PIECES.findall(name)]
        if len(pieces) > 1:
            phrase = " ".join(pieces)
            yield Word(phrase, _quoted(phrase), phrase, is_phrase=True)
        else:
            yield Word(pieces[0], _quoted(pieces[0]), stem_of(pieces[0]))
        for part in pieces if len(pieces) > 1 else parts_of(name):
            yield Word(part, _quoted(part), stem_of(part), is_part=True)
    for run in wide_runs(query):
        yield from _wide(run)


def _wide(run: str) -> Iterator[Word]:
    if len(run) == 1:
        yield Word(run, f"extra : {_quoted(run)} *", run, is_wide=True)
        return
    both = list(pairs(run))
    if 2 < len(run) <= _LONGEST_PHRASE:
        yield Word(run, f"extra : {_quoted(' '.join(both))}", run, is_wide=True)
    for pair in both:
        yield Word(pair, f"extra : {_quoted(pair)}", pair, is_wide=True)


def stem_of(word: str) -> str:
    """Return the beginning of a word that its forms have in common: `parse` and `parsing` begin with `pars`."""
    if not word.isascii():
        return word[: max(_SHORTEST_STEM, len(word) - 2)]
    shortened = _ENDING.sub("", word)
    return shortened if len(shortened) >= _SHORTEST_STEM - 1 else word


def _quoted(text: str) -> str:
    return f'"{text}"'
