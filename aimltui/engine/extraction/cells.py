"""Writes the rows of sheets."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Final

from aimltui.engine.extraction.document import ROW
from aimltui.engine.extraction.source import Source

_ROWS_AT_ONCE: Final = 1_000
"""Rows after which it is told that the reading goes on."""
_LONGEST_MERGE: Final = 10_000
"""Rows of one merged cell that repeat its text."""


class Merged:
    """Cells that are merged over several rows, which all show the first row's text.

    Args:
        ranges: The first row, the last row, and the column (from 0) of each merged cell.
    """

    def __init__(self, ranges: Iterable[tuple[int, int, int]] = ()) -> None:
        self._starts: dict[int, list[tuple[int, int]]] = {}
        self._open: dict[int, tuple[int, str]] = {}
        for first, last, column in ranges:
            if last > first and column >= 0:
                self._starts.setdefault(first, []).append((column, min(last, first + _LONGEST_MERGE)))

    def fill(self, row: int, cells: list[str]) -> None:
        """Write the texts of merged cells into a row in which they are empty."""
        for column, (last, text) in list(self._open.items()):
            if row > last:
                del self._open[column]
            elif column < len(cells) and not cells[column]:
                cells[column] = text
        for column, last in self._starts.pop(row, ()):
            if column < len(cells) and cells[column]:
                self._open[column] = (last, cells[column])


class SheetWriter:
    """Writes each row as a line; empty rows are left out, and counted.

    Args:
        source: The file; its writer gets the text.
    """

    def __init__(self, source: Source) -> None:
        self.rows = 0
        """How many rows were written."""
        self._writer = source.writer
        self._spend = source.spend
        self._name = ""
        self._next = 0
        self._merged = Merged()

    def begin(self, name: str, merged: Merged) -> None:
        """Begin a sheet."""
        self._name, self._merged, self._next = name, merged, 0

    def row(self, number: int, cells: Sequence[str]) -> None:
        """Write a row.

        Args:
            number: From 1.
            cells: The texts of its cells.
        """
        full = [" ".join(cell.split()) for cell in cells]
        if not any(full):
            return
        self._merged.fill(number, full)
        if number != self._next:
            self._writer.at(ROW, number, self._name)
        self._next = number + 1
        self.rows += 1
        if self.rows % _ROWS_AT_ONCE == 0:
            self._spend.go_on()
        self._writer.write("\t".join(full).rstrip("\t") + "\n")


def shown(value: object) -> str:
    """Return a cell's value as people read it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return str(value)
