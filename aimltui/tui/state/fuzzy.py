"""Finds names by a few of their letters: `g4o` finds `gpt-4o`, `clad snnt` finds `claude-sonnet`.

A query consists of words; the name has to contain the letters of each in their order. The order of the results, from the
best: the whole name, its start, the start of a word, any part, letters at the starts of words, letters anywhere; then
letters that are close together, and short names. Names with the same score keep their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from aimltui.common.patterns import pattern

_MARK = "\0"
# a word starts at the beginning, after a sign, and between a letter and a digit
_WORD_START = pattern(r"(?<![a-z0-9])(?=[a-z0-9])|(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])|(?=[^a-z0-9\0])")
_LIMIT = 200
"""Characters of a name that are searched."""


def rank(query: str, names: Sequence[str]) -> list[int]:
    """The indices of the names that match, the best first; all of them in their order for an empty query."""
    words = query.lower().split()
    if not words:
        return list(range(len(names)))
    scored: list[tuple[float, int]] = []
    for index, name in enumerate(names):
        score = _score(words, name)
        if score is not None:
            scored.append((-score, index))
    scored.sort()
    return [index for _, index in scored]


def positions(query: str, name: str) -> list[int]:
    """The places in the name where the query's letters were found, sorted; empty if it does not match."""
    text, marked = _prepared(name)
    found: set[int] = set()
    for word in query.lower().split():
        places = _places(word, text, marked)
        if not places:
            return []
        found.update(places)
    return sorted(found)


def _score(words: list[str], name: str) -> float | None:
    text, marked = _prepared(name)
    total = 0.0
    for word in words:
        if word in text:
            total += 500.0 if word == text else 400.0 if _begins_word(word, text) else 300.0
            total += 20.0 * text.startswith(word)
        else:
            places = _at_word_starts(word, marked)
            if places:
                total += 200.0 - (places[-1] - places[0])
            elif anywhere := _anywhere(word, text):
                total += 100.0 - min(90, anywhere[-1] - anywhere[0])
            else:
                return None
    return total - len(text) / 10


def _begins_word(word: str, text: str) -> bool:
    start = text.find(word)
    while start > 0 and text[start - 1].isalnum() and text[start - 1].isalpha() == text[start].isalpha():
        start = text.find(word, start + 1)
    return start >= 0


def _places(word: str, text: str, marked: str) -> list[int]:
    start = text.find(word)
    if start >= 0:
        return list(range(start, start + len(word)))
    places = _at_word_starts(word, marked)
    if places:
        return [place - marked.count(_MARK, 0, place) for place in places]
    return _anywhere(word, text)


def _at_word_starts(word: str, marked: str) -> list[int]:
    """Places in the marked name where each letter starts a word or follows the letter before; empty if there are none."""
    begin = marked.find(_MARK + word[0])
    while begin >= 0:
        place = begin + 1
        places = [place]
        for letter in word[1:]:
            place += 1
            if not marked.startswith(letter, place):
                place = marked.find(_MARK + letter, place) + 1
                if not place:
                    break
            places.append(place)
        else:
            return places
        begin = marked.find(_MARK + word[0], begin + 1)
    return []


def _anywhere(word: str, text: str) -> list[int]:
    places: list[int] = []
    place = -1
    for letter in word:
        place = text.find(letter, place + 1)
        if place < 0:
            return []
        places.append(place)
    return places


@lru_cache(maxsize=8192)
def _prepared(name: str) -> tuple[str, str]:
    """The name in lower case, and the same with a mark before the start of each word."""
    # a letter whose lower case is longer would shift the places of all that follow
    text = "".join(low if len(low := letter.lower()) == 1 else letter for letter in name[:_LIMIT])
    text = text.replace(_MARK, " ")
    return text, _WORD_START.sub(_MARK, text)
