"""A passage of a file with its surroundings, and the words in it that an answer cites. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean

Role = Literal["around", "passage", "quote"]

AROUND: Final = 30_000
"""Characters that are shown on each side of a passage."""
_LEAST: Final = 20
"""Characters of a passage's line by which the passage is found where it is not in one piece in the file's text."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text."""

    text: str
    role: Role


@dataclass(frozen=True, slots=True)
class PassageText:
    """What is shown of a file."""

    spans: tuple[Span, ...]
    before: int = 0
    """Characters of the file before the first piece."""
    after: int = 0
    """Characters of the file after the last piece."""

    @property
    def passage(self) -> str:
        """The passage itself."""
        return "".join(span.text for span in self.spans if span.role != "around")


def left_out(text: PassageText) -> str:
    """Return how much of the file is not shown, as a sentence; empty if it is shown completely."""
    parts = [
        f"{count:,} characters {where}"
        for count, where in ((text.before, "before"), (text.after, "after"))
        if count
    ]
    return f"This part of the file is shown; {' and '.join(parts)} it are not." if parts else ""


def located(passage: str, whole: str, quotes: Sequence[str]) -> PassageText | None:
    """Return a passage in the text of its file; None if it is not there.

    Args:
        passage: What the search found; empty if it is unknown, then the first quote stands for it.
        whole: The file's text.
        quotes: The words that are cited.
    """
    start, end = _place(passage, whole) or _place(next(iter(quotes), ""), whole) or (-1, -1)
    if start < 0:
        return None
    first, last = max(0, start - AROUND), min(len(whole), end + AROUND)
    if first and whole[first - 1] != "\n":
        # not in the middle of a line
        first = max(first, whole.find("\n", first, start) + 1)
    spans = [
        Span(whole[first:start], "around"),
        *_marked(whole[start:end], quotes),
        Span(whole[end:last], "around"),
    ]
    return PassageText(_cleaned(spans), first, len(whole) - last)


def alone(passage: str, quotes: Sequence[str]) -> PassageText:
    """Return a passage without its surroundings."""
    return PassageText(_cleaned(_marked(passage, quotes)))


def _place(wanted: str, whole: str) -> tuple[int, int] | None:
    wanted = wanted.strip()
    if not wanted:
        return None
    start = whole.find(wanted)
    if start >= 0:
        return start, start + len(wanted)
    pattern = r"\s+".join(map(re.escape, wanted.split()[:2_000]))
    if found := re.search(pattern, whole):
        return found.span()
    lines = [line.strip() for line in wanted.splitlines() if len(line.strip()) >= _LEAST]
    starts = [at for line in lines[:1] if (at := whole.find(line)) >= 0]
    ends = [at + len(line) for line in lines[-1:] if (at := whole.find(line, *starts)) >= 0]
    return (starts[0], ends[0]) if starts and ends and ends[0] - starts[0] <= 2 * len(wanted) else None


def _marked(passage: str, quotes: Sequence[str]) -> list[Span]:
    """Return a passage in pieces, so that each quote is one."""
    places: list[tuple[int, int]] = []
    for quote in quotes:
        found = _place(quote, passage)
        if found is not None and all(found[1] <= start or end <= found[0] for start, end in places):
            places.append(found)
    spans, at = [], 0
    for start, end in sorted(places):
        spans += [Span(passage[at:start], "passage"), Span(passage[start:end], "quote")]
        at = end
    return [*spans, Span(passage[at:], "passage")]


def _cleaned(spans: Sequence[Span]) -> tuple[Span, ...]:
    cleaned = (Span(clean(span.text).replace("\t", "    "), span.role) for span in spans)
    return tuple(span for span in cleaned if span.text)
