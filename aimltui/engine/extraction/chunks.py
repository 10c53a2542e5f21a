"""Splits a text into overlapping chunks of a number of tokens. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from aimltui.common.dataclass import dataclass
from aimltui.engine.accounting.tokens import units

_LONGEST = 16
"""Characters per token at most, on average over a chunk: white space costs hardly any tokens."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of a text."""

    text: str
    overlap: int
    """How many characters at its start are also the end of the previous chunk."""
    place: str = ""
    """Where it stands in its document, e.g. `page 3`; empty if that is unknown."""
    context: str = ""
    """The line that tells where it is: file, headings, place. It is searched, and never quoted."""
    extra: str = ""
    """Further words by which it is found, see `words`."""
    places: tuple[tuple[int, str], ...] = ()
    """If it stands on several pages: the offsets at which they begin, with their places."""


def split(text: str, size: int, overlap: int, check: Callable[[], None] = lambda: None) -> Iterator[Chunk]:
    """Yield the chunks of a text; together they contain all of it.

    Args:
        text: Any text.
        size: Estimated tokens of a chunk at most.
        overlap: Tokens that a chunk shares with the previous one at most; half of `size` at most.
        check: Called once for each chunk; it may raise to stop.
    """
    window: list[tuple[int, int, float]] = []
    tokens, done = 0.0, 0
    for unit in units(text):
        if window and (tokens + unit[2] > size or unit[1] - window[0][0] > size * _LONGEST):
            check()
            cut = _cut(text, window)
            end = window[cut][0] if cut < len(window) else unit[0]
            begin = window[0][0] if done else 0
            yield Chunk(text[begin:end], done - begin)
            done = end
            window = window[_first_kept(text, window, cut, overlap) :]
            tokens = sum(cost for _, _, cost in window)
        window.append(unit)
        tokens += unit[2]
    begin = window[0][0] if done and window else done
    if text[begin:]:
        yield Chunk(text[begin:], done - begin)


def _cut(text: str, window: list[tuple[int, int, float]]) -> int:
    """Return where the chunk ends: after the last line or sentence that ends in its last quarter, if there is one."""
    line = sentence = 0
    for number in range(len(window) - 1, max(len(window) * 3 // 4, 1) - 1, -1):
        before = text[window[number][0] - 1 : window[number][0]]
        if before == "\n":
            line = number
            break
        if not sentence and text[window[number - 1][0]] in ".!?。！？" and before.isspace():
            sentence = number
    return line or sentence or len(window)


def _first_kept(text: str, window: list[tuple[int, int, float]], cut: int, overlap: int) -> int:
    """Return the first unit of the next chunk. It is never the first unit of this one, so the loop ends."""
    kept, first = 0.0, cut
    while first > 1 and kept + window[first - 1][2] <= overlap:
        first -= 1
        kept += window[first][2]
    # from the start of a line, if one starts soon
    return next(
        (
            number
            for number in range(first, first + (cut - first) // 4)
            if text[window[number][0] - 1] == "\n"
        ),
        first,
    )
