"""A text in passages of a number of tokens that overlap. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aimltui.engine.accounting.tokens import units

_LONGEST = 16
"""Characters a token at most, on average over a passage: white space hardly costs tokens."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage."""

    text: str
    overlap: int
    """So many characters at its beginning are also the end of the one before."""


def split(text: str, size: int, overlap: int, check: Callable[[], None] = lambda: None) -> Iterator[Chunk]:
    """The passages of a text, which together are all of it.

    Args:
        text: Any.
        size: Tokens of a passage at most, estimated.
        overlap: Tokens that a passage has in common with the one before at most; half of `size` at most.
        check: Called once a passage; may raise to stop.
    """
    window: list[tuple[int, int, int]] = []
    tokens, done = 0, 0
    for unit in units(text):
        if window and (tokens + unit[2] > size or unit[1] - window[0][0] > size * _LONGEST):
            check()
            cut = _cut(text, window)
            end = window[cut][0] if cut < len(window) else unit[0]
            begin = window[0][0] if done else 0
            yield Chunk(text[begin:end], done - begin)
            done = end
            window = window[_first_kept(window, cut, overlap) :]
            tokens = sum(cost for _, _, cost in window)
        window.append(unit)
        tokens += unit[2]
    begin = window[0][0] if done and window else done
    if text[begin:]:
        yield Chunk(text[begin:], done - begin)


def _cut(text: str, window: list[tuple[int, int, int]]) -> int:
    """Where the passage ends: at the last line's or sentence's end in its last quarter, if there is one."""
    line = sentence = 0
    for number in range(len(window) - 1, max(len(window) * 3 // 4, 1) - 1, -1):
        before = text[window[number][0] - 1 : window[number][0]]
        if before == "\n":
            line = number
            break
        if not sentence and text[window[number - 1][0]] in ".!?。！？" and before.isspace():
            sentence = number
    return line or sentence or len(window)


def _first_kept(window: list[tuple[int, int, int]], cut: int, overlap: int) -> int:
    """The first unit of the next passage. It is never the first of this one: there has to be an end."""
    kept, first = 0, cut
    while first > 1 and kept + window[first - 1][2] <= overlap:
        first -= 1
        kept += window[first][2]
    return first
