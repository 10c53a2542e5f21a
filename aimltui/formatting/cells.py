"""Fits text into a number of terminal cells."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"


def cut(text: str, width: int) -> str:
    """Return the text in at most `width` cells; a longer one ends after a word, with `…`.

    A word is broken only where the cut would otherwise waste more than half of the width.
    """
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    room = width - 1
    kept = set_cell_size(text, room)
    whole_words = kept if text[len(kept) : len(kept) + 1].isspace() else kept.rpartition(" ")[0]
    if cell_len(whole_words) * 2 >= room:
        kept = whole_words
    return kept.rstrip(" ,;:-–—·/") + ELLIPSIS


def whole_parts(text: str, width: int) -> str:
    """Return as many parts of a text, separated by ` · `, as fit into a width; the first is shortened like `cut`."""
    first, *others = text.split(" · ")
    found = cut(first, width)
    for part in others:
        if cell_len(found) + 3 + cell_len(part) > width:
            break
        found += f" · {part}"
    return found


def clipped(text: str, width: int) -> str:
    """Return the text in at most `width` cells; a longer one ends at that cell, with `…`, also inside a word."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + ELLIPSIS if width > 1 else ELLIPSIS[:width]


def wrapped(text: str, width: int) -> list[str]:
    """Return the words of a text in lines of at most `width` cells; a longer word is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        while cell_len(word) > width > 0:
            if line:
                lines.append(line)
                line = ""
            # a sign of two cells may not fit: then it is taken all the same
            part = set_cell_size(word, width).rstrip() or word[:1]
            lines.append(part)
            word = word[len(part) :]
        if line and cell_len(line) + 1 + cell_len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line else lines


def fit(text: str, width: int) -> str:
    """Return the text in exactly `width` cells: shortened like `cut`, or padded with spaces."""
    return set_cell_size(cut(text, width), width) if width > 0 else ""
