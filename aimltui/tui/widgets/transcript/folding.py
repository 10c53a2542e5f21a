"""Measures text in terminal cells and finds where a line of it folds."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len, split_graphemes


def _narrow_characters() -> frozenset[str]:
    ranges = (
        (0x20, 0x7E),
        (0xA0, 0xAC),
        (0xAE, 0x2FF),
        (0x370, 0x377),
        (0x384, 0x482),
        (0x1E00, 0x1EFF),
        (0x2010, 0x2027),
        (0x202F, 0x205F),
        (0x20A0, 0x20BF),
        (0x2190, 0x2199),
        (0x2200, 0x22FF),
        (0x2500, 0x25FC),
        (0x2800, 0x28FF),
    )
    return frozenset(chr(code) for first, last in ranges for code in range(first, last + 1))


NARROW: Final = _narrow_characters()
"""Characters that are one cell wide, whatever is beside them."""

_is_narrow = NARROW.issuperset


def is_narrow(text: str) -> bool:
    """Return whether each character of the text takes exactly one cell."""
    return text.isascii() or _is_narrow(text)


def cells(text: str) -> int:
    """Return the width of a text without tabs and newlines, in cells."""
    return len(text) if is_narrow(text) else cell_len(text)


def fold(text: str, width: int) -> list[tuple[int, int]]:
    """Fold one line of text at spaces; a word that is too long is cut.

    Args:
        text: A line, without newlines.
        width: Available cells; at least 2 are assumed.

    Returns:
        For each row its first character and the one past its last. Spaces at a fold are in neither row.
    """
    width = max(width, 2)
    if len(text) * 2 <= width:
        return [(0, len(text))]
    if is_narrow(text):
        return _fold_narrow(text, width)
    return _fold_wide(text, width)


def _fold_narrow(text: str, width: int) -> list[tuple[int, int]]:
    rows: list[tuple[int, int]] = []
    start, length = 0, len(text)
    while length - start > width:
        blank = text.rfind(" ", start, start + width + 1)
        if blank > start and text[blank - 1] == " ":
            end = start + len(text[start:blank].rstrip(" "))
        else:
            end = blank
        if end <= start:
            rows.append((start, start + width))
            start += width
            continue
        rows.append((start, end))
        start = blank + 1
        while start < length and text[start] == " ":
            start += 1
    if start < length or not rows:
        rows.append((start, length))
    return rows


def _is_wide_script(character: str) -> bool:
    """Return whether lines may break beside this character: ideographs, kana, syllables, pictures."""
    return character >= "\u2e80"


def _fold_wide(text: str, width: int) -> list[tuple[int, int]]:
    spans, total = split_graphemes(text)
    if total <= width:
        return [(0, len(text))]
    rows: list[tuple[int, int]] = []
    start = used = 0
    break_end = break_next = -1  # where the row may end, and where the next one would start
    break_used = 0  # cells up to break_next
    previous = " "
    for first, last, size in spans:
        character = text[first]
        if character == " ":
            if previous != " ":
                break_end = first
            break_next, break_used = last, used + size
        elif first > start and previous != " " and (_is_wide_script(character) or _is_wide_script(previous)):
            break_end = break_next = first
            break_used = used
        if used + size > width and character != " ":
            if break_end > start:
                rows.append((start, break_end))
                start, used = break_next, used - break_used
            elif first > start:
                rows.append((start, first))
                start, used = first, 0
            break_end = break_next = -1
        used += size
        previous = character
    if start < len(text) or not rows:
        end = start + len(text[start:].rstrip(" "))
        rows.append((start, max(end, start) if rows else end))
    return rows


def fold_hard(text: str, width: int) -> list[tuple[int, int]]:
    """Cut one line of text into rows of at most `width` cells, with all spaces: for code.

    Args:
        text: A line, without newlines.
        width: Available cells; at least 2 are assumed.

    Returns:
        For each row its first character and the one past its last; together they cover the text.
    """
    width = max(width, 2)
    if is_narrow(text):
        if len(text) <= width:
            return [(0, len(text))]
        return [(start, min(start + width, len(text))) for start in range(0, len(text), width)]
    rows: list[tuple[int, int]] = []
    start = used = 0
    for first, _last, size in split_graphemes(text)[0]:
        if used + size > width and first > start:
            rows.append((start, first))
            start, used = first, 0
        used += size
    rows.append((start, len(text)))
    return rows


def shorten(text: str, width: int, ellipsis: str = "…") -> str:
    """Return the text cut to `width` cells with an ellipsis, at the end of a word if one is near."""
    if cells(text) <= width:
        return text
    room = width - cells(ellipsis)
    if room <= 0:
        return ellipsis[: max(width, 0)]
    end = fold_hard(text, max(room, 2))[0][1]
    kept = text[:end] if room >= 2 else ""
    blank = kept.rfind(" ")
    if blank > 0 and end < len(text) and text[end] != " " and blank >= len(kept) * 2 // 3:
        kept = kept[:blank]
    return kept.rstrip(" ") + ellipsis
