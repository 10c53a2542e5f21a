"""Reads the XML of OpenDocument sheets: those that a fast reader does not open, pretty-printed ones above all."""

from __future__ import annotations

from typing import Final

from aimltui.engine.extraction.archive import DAMAGED, Archive, Attributes
from aimltui.engine.extraction.cells import Merged, SheetWriter
from aimltui.engine.extraction.limits import INVALID_FILE, Unreadable
from aimltui.engine.extraction.open_document import parse_content
from aimltui.engine.extraction.source import Source

_MOST_ROWS: Final = 1_048_576
_MOST_COLUMNS: Final = 16_384
_MOST_COPIES: Final = 1_000
"""Rows and cells with the same text that are repeated."""
_DROPPED: Final = frozenset(("annotation", "tracked-changes", "shapes"))


def check(source: Source) -> None:
    """Check that a file is neither encrypted nor larger than allowed when unpacked.

    Raises:
        Unreadable: It is.
    """
    with Archive(source) as archive:
        parse_content(archive, lambda name, attributes: None, lambda name: None, lambda text: None)


def read(source: Source) -> None:
    """Write all sheets of a file."""
    with Archive(source) as archive:
        sheets = _Sheets(source)
        parse_content(archive, sheets.start, sheets.end, sheets.text)
        if not sheets.count:
            raise Unreadable(INVALID_FILE, DAMAGED)


class _Sheets:
    """Writes the rows of the sheets."""

    def __init__(self, source: Source) -> None:
        self.count = 0
        self._spend = source.spend
        self._target = SheetWriter(source)
        self._row = 1
        self._copies = 1
        self._cells: list[str] = []
        self._cell: Attributes = {}
        self._pieces: list[str] = []
        self._inside = 0
        self._dropped = 0

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the start of an element."""
        if name in _DROPPED:
            self._dropped += 1
        elif name == "table":
            self.count, self._row = self.count + 1, 1
            self._target.begin(attributes.get("name", ""), Merged())
            self._spend.progress(self.count)
        elif name == "table-row":
            self._copies, self._cells = _number(attributes, "number-rows-repeated"), []
        elif name in ("table-cell", "covered-table-cell"):
            self._cell, self._pieces = attributes, []
        elif name == "p":
            self._inside += 1

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name in _DROPPED:
            self._dropped -= 1
        elif name == "p":
            self._inside -= 1
            self._pieces.append(" ")
        elif name in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif name == "table-row":
            self._end_row()

    def text(self, text: str) -> None:
        """Take text."""
        if self._inside and not self._dropped:
            self._pieces.append(text)

    def _end_cell(self) -> None:
        text = (
            "".join(self._pieces).strip() or self._cell.get("value", "") or self._cell.get("date-value", "")
        )
        if not text and "formula" in self._cell:
            text = "=" + self._cell["formula"].partition("=")[2]
        copies = _number(self._cell, "number-columns-repeated")
        copies = min(copies, _MOST_COPIES) if text else copies
        if len(self._cells) + copies <= _MOST_COLUMNS:
            self._cells += [text] * copies

    def _end_row(self) -> None:
        if any(self._cells):
            for row in range(self._row, self._row + min(self._copies, _MOST_COPIES)):
                self._target.row(row, self._cells)
        self._row += self._copies


def _number(attributes: Attributes, name: str) -> int:
    text = attributes.get(name, "1")
    return max(1, min(int(text), _MOST_ROWS)) if text.isdecimal() and len(text) < 10 else 1
