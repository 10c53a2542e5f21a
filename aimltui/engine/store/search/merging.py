"""Makes passages of ranked chunks: neighbours become one, and no file takes all places. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.engine.store.search.ranking import Candidate

_LONGEST = 4
"""Chunks of a passage."""
_PER_FILE = 3
"""Passages of a file before those of others, of every ten."""
_SPAN = pattern(r"(?P<kind>page|slide|row|line)s? (?P<first>\d+)(?:–(?P<last>\d+))?$")


@dataclass(slots=True)
class Merged:
    """Neighbouring chunks of a file."""

    chunks: list[Candidate]
    """In the order of the file."""
    score: float

    @property
    def text(self) -> str:
        """Their text, character by character as in the file."""
        first, *others = self.chunks
        return first.text + "".join(chunk.text[chunk.overlap :] for chunk in others)

    @property
    def place(self) -> str:
        """Where it stands in the file, e.g. `pages 3–5`; empty if that is unknown."""
        first, last = _SPAN.search(self.chunks[0].place), _SPAN.search(self.chunks[-1].place)
        if first is None or last is None or first["kind"] != last["kind"] or len(self.chunks) == 1:
            return self.chunks[0].place
        lowest, highest = first["first"], last["last"] or last["first"]
        numbers = first["kind"] + (f" {lowest}" if lowest == highest else f"s {lowest}–{highest}")
        return self.chunks[0].place[: first.start()] + numbers

    @property
    def places(self) -> list[tuple[int, str]]:
        """Where the pages of the text begin; empty if it stands on one."""
        found: list[tuple[int, str]] = []
        length = 0
        for chunk in self.chunks:
            fresh = chunk.overlap if length else 0
            own = json.loads(chunk.places) if chunk.places else [(0, chunk.place)]
            found += [
                (length - fresh + offset, place) for offset, place in own if offset >= fresh or not length
            ]
            if length and not any(offset == fresh for offset, _ in own):
                # the page of the first new character began before it
                before = [place for offset, place in own if offset < fresh]
                found.append((length, before[-1] if before else chunk.place))
            length += len(chunk.text) - fresh
        return sorted(dict(found).items()) if len({place for _, place in found}) > 1 else []


def merged(ranked: Iterable[tuple[Candidate, float]], limit: int) -> list[Merged]:
    """Return passages of ranked chunks, best first.

    Args:
        ranked: Chunks with their scores, best first.
        limit: Passages at most.
    """
    most = max(_PER_FILE, limit * _PER_FILE // 10)
    by_file: dict[int, list[Merged]] = {}
    first: list[Merged] = []
    later: list[Merged] = []
    for chunk, score in ranked:
        known = by_file.setdefault(chunk.entry, [])
        if any(_joined(passage, chunk) for passage in known):
            continue
        passage = Merged([chunk], score)
        (first if len(known) < most else later).append(passage)
        known.append(passage)
        if len(first) == limit:
            break
    return [*first, *later][:limit]


def _joined(passage: Merged, chunk: Candidate) -> bool:
    """Add the chunk to the passage if they are neighbours; return whether the passage has it."""
    positions = [one.position for one in passage.chunks]
    if positions[0] <= chunk.position <= positions[-1]:
        return True
    if len(positions) == _LONGEST:
        return False
    if chunk.position == positions[-1] + 1:
        passage.chunks.append(chunk)
        return True
    if chunk.position == positions[0] - 1:
        passage.chunks.insert(0, chunk)
        return True
    return False
