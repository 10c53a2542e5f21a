"""Orders passages by how well they answer a query. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aimltui.engine.store.search.query import Word

_WINDOW = 240
"""Characters in which words of the query count as near each other."""
_ENDING = 5
"""Letters after the stem of a word at most."""
_SATURATION = 1.2
_LENGTH = 0.6
"""How much a long passage is discounted, from 0 to 1."""
_NEAR, _COVERED, _RANKED, _NAMED = 0.35, 0.25, 0.3, 0.1
"""Shares of the score: words that are near each other, words that occur, how often they occur, words of the context."""
_FUSION = 10
"""The larger, the less does it matter whether a passage is the first of a list or the tenth."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that has words of the query."""

    seq: int
    entry: int
    """The number of its file in the vector store."""
    position: int
    overlap: int
    text: str
    context: str
    place: str = ""


def scores(
    chunks: Sequence[Candidate], words: Sequence[Word], weights: Mapping[Word, float]
) -> dict[int, float]:
    """Return the score of each chunk by its `seq`, from 0 to 1.

    Args:
        chunks: The candidates.
        words: What the query asks for.
        weights: How much each word tells: the rarer, the more.
    """
    total = sum(weights[word] for word in words) or 1.0
    texts = {chunk.seq: _plain(chunk.text) for chunk in chunks}
    usual = sum(map(_length, texts.values())) / max(1, len(chunks))
    ranked: dict[int, float] = {}
    rest: dict[int, float] = {}
    for chunk in chunks:
        text = texts[chunk.seq]
        context = _plain(chunk.context)
        places = {word: list(_places(word, text)) for word in words}
        length = 1 - _LENGTH + _LENGTH * _length(text) / usual
        named = {word for word in words if any(True for _ in _places(word, context))}
        covered = sum(weights[word] for word in words if places[word] or word in named)
        rest[chunk.seq] = (
            _NEAR * _nearest(places, weights) / total
            + _COVERED * covered / total
            + _NAMED * sum(weights[word] for word in named) / total
        )
        ranked[chunk.seq] = sum(
            weights[word] * count * (_SATURATION + 1) / (count + _SATURATION * length)
            for word, found in places.items()
            if (count := len(found) + (word in named))
        ) / (total * (_SATURATION + 1))
    best = max(ranked.values(), default=0.0) or 1.0
    return {seq: rest[seq] + _RANKED * ranked[seq] / best for seq in ranked}


def fuse(lists: Iterable[Sequence[int]]) -> dict[int, float]:
    """Fuse ranked lists by reciprocal rank: what several lists have comes first; a score by id."""
    fused: dict[int, float] = {}
    for ranked in lists:
        for rank, seq in enumerate(ranked, 1):
            fused[seq] = fused.get(seq, 0.0) + 1 / (_FUSION + rank)
    return fused


def _length(text: str) -> int:
    """Return about the number of words."""
    return max(text.count(" ") + 1, len(text) // 10)


def _plain(text: str) -> str:
    return _BETWEEN.sub(" ", text.casefold())


_BETWEEN = re.compile(r"[\W_]+")


def _places(word: Word, text: str) -> Iterable[int]:
    """Yield where the word is in a text in lower case whose words are parted by single spaces."""
    stem, start = word.stem, 0
    while (place := text.find(stem, start)) >= 0:
        start = place + len(stem)
        if word.is_wide or ((place == 0 or text[place - 1] == " ") and _ends(word, text, start)):
            yield place


def _ends(word: Word, text: str, end: int) -> bool:
    most = 0 if word.is_phrase else 2 if len(word.stem) < 4 else _ENDING
    return " " in text[end : end + most + 1] or end + most >= len(text)


def _nearest(places: Mapping[Word, Sequence[int]], weights: Mapping[Word, float]) -> float:
    """Return the most that the words inside of a window weigh together."""
    events = sorted((place, number) for number, found in enumerate(places.values()) for place in found)
    worth = [weights[word] for word in places]
    inside = [0] * len(worth)
    first, now, best = 0, 0.0, 0.0
    for place, number in events:
        if not inside[number]:
            now += worth[number]
        inside[number] += 1
        while events[first][0] < place - _WINDOW:
            gone = events[first][1]
            inside[gone] -= 1
            if not inside[gone]:
                now -= worth[gone]
            first += 1
        best = max(best, now)
    return best
