"""Orders passages by how well they answer a query. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.engine.store.search.query import Word

_WINDOW = 240
"""Characters in which words of the query count as near each other."""
_ENDING = 5
"""Letters after the stem of a word at most."""
_SATURATION = 1.2
_LENGTH = 0.4
"""How much a long passage is discounted, from 0 to 1."""
_NEAR, _COVERED, _RANKED, _NAMED, _AROUND, _INDEXED = 0.22, 0.18, 0.18, 0.07, 0.22, 0.13
"""Shares of the score: words that are near each other, words that occur, how often they occur, words of the context,
words that occur anywhere in the best chunks of the file, the order of the full-text index."""
_HALVED = 10
"""The place in the order of the full-text index that counts half as much as the first."""
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
    places: str = ""
    """Where its pages begin, as JSON; empty if it stands on one."""

    @property
    def order(self) -> tuple[int, int]:
        """Its place among chunks that are equally good."""
        return self.entry, self.position


def scores(
    chunks: Sequence[Candidate], words: Sequence[Word], weights: Mapping[Word, float]
) -> dict[int, float]:
    """Return the score of each chunk by its `seq`, from 0 to 1.

    Args:
        chunks: The candidates in the order of the full-text index, which knows how frequent words are in the whole store.
        words: What the query asks for.
        weights: How much each word tells: the rarer, the more.
    """
    total = sum(weights[word] for word in words) or 1.0
    found = [_found(chunk, words) for chunk in chunks]
    usual = sum(one.length for one in found) / max(1, len(found))
    frequency = [one.frequency(weights, usual) for one in found]
    best = max(frequency, default=0.0) or 1.0
    in_file: dict[int, set[Word]] = {}
    for chunk, one in zip(chunks, found, strict=True):
        in_file.setdefault(chunk.entry, set()).update(one.words)

    def share(some: Iterable[Word]) -> float:
        return sum(weights[word] for word in some) / total

    return {
        chunk.seq: _NEAR * _nearest(one.places, weights) / total
        + _COVERED * share(one.words)
        + _RANKED * often / best
        + _NAMED * share(one.named)
        + _AROUND * share(in_file[chunk.entry])
        + _INDEXED / (1 + place / _HALVED)
        for place, (chunk, one, often) in enumerate(zip(chunks, found, frequency, strict=True))
    }


@dataclass(frozen=True, slots=True)
class _Found:
    """What a chunk has of a query."""

    places: Mapping[Word, Sequence[int]]
    """The places of each word in the text."""
    named: frozenset[Word]
    """The words of the context."""
    length: int
    """About the number of words of the text."""

    @property
    def words(self) -> set[Word]:
        """The words that the text or the context has."""
        return {word for word, places in self.places.items() if places} | self.named

    def frequency(self, weights: Mapping[Word, float], usual: float) -> float:
        """Return how often the words occur; each further time counts less, the more so in a long text."""
        length = _SATURATION * (1 - _LENGTH + _LENGTH * self.length / usual)
        counts = {word: len(places) + (word in self.named) for word, places in self.places.items()}
        return sum(weights[word] * count / (count + length) for word, count in counts.items() if count)


def _found(chunk: Candidate, words: Sequence[Word]) -> _Found:
    text, context = _plain(chunk.text), _plain(chunk.context)
    places = {word: list(_places(word, text)) for word in words}
    named = frozenset(word for word in words if any(True for _ in _places(word, context)))
    return _Found(places, named, max(text.count(" ") + 1, len(text) // 10))


def fuse(lists: Iterable[tuple[Sequence[int], float]]) -> dict[int, float]:
    """Fuse ranked lists, each with its weight, by reciprocal rank: what several lists have comes first; a score by id."""
    fused: dict[int, float] = {}
    for ranked, weight in lists:
        for rank, seq in enumerate(ranked, 1):
            fused[seq] = fused.get(seq, 0.0) + weight / (_FUSION + rank)
    return fused


def _plain(text: str) -> str:
    return _BETWEEN.sub(" ", text.casefold())


_BETWEEN = pattern(r"[\W_]+")


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
