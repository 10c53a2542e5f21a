"""Tabs of code: as wide as they are on the screen, and copied as tabs."""

from __future__ import annotations

from typing import Final

from aimltui.common.patterns import pattern
from aimltui.tui.widgets.transcript.folding import cells

TAB_CELLS: Final = 4
FILL: Final = "\ufdd0"
"""Fills the further cells of a tab in a logical line. A noncharacter: no text contains it, and `clean` removes it."""

_TABS = pattern("\t")


def spread_tabs(text: str, column: int) -> tuple[str, str, int]:
    """Make each tab as long as it is wide, so that characters and cells correspond.

    Args:
        text: Part of a line.
        column: The cells before it.

    Returns:
        The text as it is painted, as it is kept for copying (both have the same length), and the cells up to its end.
    """
    if "\t" not in text:
        return text, text, column + cells(text)
    painted, copied = [], []
    for number, part in enumerate(_TABS.split(text)):
        if number:
            size = TAB_CELLS - column % TAB_CELLS
            painted.append(" " * size)
            copied.append("\t" + FILL * (size - 1))
            column += size
        painted.append(part)
        copied.append(part)
        column += cells(part)
    return "".join(painted), "".join(copied), column
