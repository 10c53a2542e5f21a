"""Where the characters of a text begin and end as its reader sees them: a family emoji is one. Pure."""

from __future__ import annotations

from typing import Final

from rich.cells import split_graphemes

_LOOK: Final = 64
"""Code points around a place that are looked at; no character that people write is longer."""
_FLAGS: Final = range(0x1F1E6, 0x1F200)
"""Letters of which two make a flag."""


def start_before(text: str, index: int) -> int:
    """Return where the character before an index begins."""
    begin = max(0, index - _LOOK)
    spans = _spans(text[begin:index])
    return begin + spans[-1][0] if spans else index


def end_after(text: str, index: int) -> int:
    """Return where the character at an index ends."""
    spans = _spans(text[index : index + _LOOK])
    return index + spans[0][1] if spans else index


def _spans(text: str) -> list[tuple[int, int]]:
    if text.isascii():
        return [(place, place + 1) for place in range(len(text))]
    found: list[tuple[int, int]] = []
    is_open = False
    for start, end, _ in split_graphemes(text)[0]:
        is_letter = end - start == 1 and ord(text[start]) in _FLAGS
        if is_letter and is_open:
            found[-1] = (found[-1][0], end)
            is_open = False
        else:
            found.append((start, end))
            is_open = is_letter
    return found
