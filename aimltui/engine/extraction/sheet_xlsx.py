"""Reads the XML of newer Excel files: formulas without a stored value, odd cells, cells far apart."""

from __future__ import annotations

import datetime
import re
from typing import Final

from aimltui.common.patterns import pattern
from aimltui.engine.extraction.archive import DAMAGED, Archive, Attributes
from aimltui.engine.extraction.cells import Merged, SheetWriter, shown
from aimltui.engine.extraction.limits import INVALID_FILE, Unreadable
from aimltui.engine.extraction.source import Source

_BOOK: Final = "xl/workbook.xml"
_MOST_CELLS: Final = 20_000_000
"""Cells between the first and the last one that the fast reader may make room for."""
_MOST_STRINGS: Final = 20_000_000
"""Characters of the table of strings."""
_MOST_COLUMNS: Final = 16_384
_MOST_ROWS: Final = 1_048_576
_WITHOUT_VALUE = pattern(rb"(?:</f>|<f\b[^<>]*/>)\s*+(?:<v\s*+/>\s*+|<v>\s*+</v>\s*+)?</c>")
_CELL = pattern(rb'<c\b[^<>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_MERGED = pattern(rb'<mergeCell\b[^<>]*?\bref="([A-Z]{1,3})([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})"')
_REFERENCE = pattern(r"([A-Z]{1,3})([0-9]{1,7})")
_DATES: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Number formats of dates and times that need not be declared."""
_LITERAL = pattern(r'"[^"]*"|\\.|\[[^\]]{0,200}\]')
_DATE_LETTERS = pattern(r"[ymdhs]", re.IGNORECASE)
_EPOCH: Final = datetime.datetime(1899, 12, 30)
_EPOCH_1904: Final = datetime.datetime(1904, 1, 1)
_OVERLAP = 400


def is_simple(source: Source) -> bool:
    """Return whether the fast reader reads all of a file: it leaves formulas without a stored value empty, and makes
    room for every cell between the first and the last.
    """
    with Archive(source) as archive:
        for target, kind in archive.relations(_BOOK).values():
            if kind in ("sharedStrings", "styles") and target in archive.names:
                # unpacked within the limits, which the fast reader does not know
                for _ in archive.pieces(target):
                    pass
        return all(_is_simple(archive, name) for name, _ in _sheets(archive))


def _is_simple(archive: Archive, name: str) -> bool:
    held = b""
    rows = columns = 0
    for piece in archive.pieces(name):
        held = held[-_OVERLAP:] + piece
        if _WITHOUT_VALUE.search(held):
            return False
        for found in _CELL.finditer(held):
            rows, columns = max(rows, int(found[2])), max(columns, _column(found[1].decode()) + 1)
    return rows * columns <= _MOST_CELLS


def read(source: Source) -> None:
    """Write all sheets of a file."""
    with Archive(source) as archive:
        sheets = _sheets(archive)
        if not sheets:
            raise Unreadable(INVALID_FILE, DAMAGED)
        relations = archive.relations(_BOOK).values()
        parts = {kind: target for target, kind in relations if target in archive.names}
        strings = _Strings()
        if "sharedStrings" in parts:
            archive.parse(parts["sharedStrings"], strings.start, strings.end, strings.text)
        dates = _date_styles(archive, parts["styles"]) if "styles" in parts else frozenset()
        target = SheetWriter(source)
        for number, (part, name) in enumerate(sheets, 1):
            target.begin(name, Merged(_merged(archive, part)))
            rows = _Rows(target, strings.found, dates, _epoch(archive))
            archive.parse(part, rows.start, rows.end, rows.text)
            source.spend.progress(number, len(sheets))


def _sheets(archive: Archive) -> list[tuple[str, str]]:
    """Return the parts and the names of the sheets in their order."""
    relations = archive.relations(_BOOK)
    found: list[tuple[str, str]] = []

    def start(name: str, attributes: Attributes) -> None:
        target, kind = relations.get(attributes.get("r:id", ""), ("", ""))
        if name == "sheet" and kind == "worksheet" and target in archive.names:
            found.append((target, attributes.get("name", "")))

    archive.parse(_BOOK, start)
    return found


def _epoch(archive: Archive) -> datetime.datetime:
    is_1904 = False

    def start(name: str, attributes: Attributes) -> None:
        nonlocal is_1904
        if name == "workbookPr":
            is_1904 = attributes.get("date1904", "0") in ("1", "true", "on")

    archive.parse(_BOOK, start)
    return _EPOCH_1904 if is_1904 else _EPOCH


def _merged(archive: Archive, part: str) -> list[tuple[int, int, int]]:
    """Return the merged cells, which stand after the rows: first row, last row, column."""
    found: dict[tuple[int, int, int], None] = {}
    held = b""
    for piece in archive.pieces(part):
        held = held[-_OVERLAP:] + piece
        for cell in _MERGED.finditer(held):
            found[int(cell[2]), int(cell[3]), _column(cell[1].decode())] = None
    return list(found)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _date_styles(archive: Archive, part: str) -> frozenset[int]:
    """Return the numbers of the styles whose cells are dates."""
    formats: set[str] = {str(number) for number in _DATES}
    styles: list[str] = []
    inside = False

    def start(name: str, attributes: Attributes) -> None:
        nonlocal inside
        if name == "numFmt" and _DATE_LETTERS.search(_LITERAL.sub("", attributes.get("formatCode", ""))):
            formats.add(attributes.get("numFmtId", ""))
        elif name == "cellXfs":
            inside = True
        elif name == "xf" and inside:
            styles.append(attributes.get("numFmtId", "0"))

    def end(name: str) -> None:
        nonlocal inside
        inside = inside and name != "cellXfs"

    archive.parse(part, start, end)
    return frozenset(number for number, kind in enumerate(styles) if kind in formats)


class _Strings:
    """The table of strings, without the readings of Japanese words."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._size = 0
        self._inside = 0
        self._readings = 0

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the start of an element."""
        self._inside += name == "t"
        self._readings += name == "rPh"

    def end(self, name: str) -> None:
        """Take the end of an element."""
        self._inside -= name == "t"
        self._readings -= name == "rPh"
        if name == "si":
            self.found.append("".join(self._pieces))
            self._pieces = []

    def text(self, text: str) -> None:
        """Take text."""
        if self._inside and not self._readings:
            self._size += len(text)
            if self._size > _MOST_STRINGS:
                raise Unreadable(INVALID_FILE, DAMAGED)
            self._pieces.append(text)


class _Rows:
    """Writes the rows of a sheet."""

    def __init__(
        self, target: SheetWriter, strings: list[str], dates: frozenset[int], epoch: datetime.datetime
    ) -> None:
        self._target = target
        self._strings = strings
        self._dates = dates
        self._epoch = epoch
        self._row = 0
        self._column = -1
        self._cells: dict[int, str] = {}
        self._cell: Attributes = {}
        self._pieces: dict[str, list[str]] = {}
        self._open = ""

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the start of an element."""
        if name == "row":
            number = attributes.get("r", "")
            self._row = int(number) if number.isdecimal() and len(number) < 8 else self._row + 1
            self._column, self._cells = -1, {}
        elif name == "c":
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _column(found[1]) if found else self._column + 1
            self._cell, self._pieces = attributes, {}
        elif name in ("v", "f", "t"):
            self._open = name

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name in ("v", "f", "t"):
            self._open = ""
        elif name == "c" and self._column < _MOST_COLUMNS:
            self._cells[self._column] = self._shown()
        elif name == "row" and any(self._cells.values()) and self._row <= _MOST_ROWS:
            self._target.row(self._row, self._full())

    def text(self, text: str) -> None:
        """Take text."""
        if self._open:
            self._pieces.setdefault(self._open, []).append(text)

    def _full(self) -> list[str]:
        return [self._cells.get(column, "") for column in range(max(self._cells) + 1)]

    def _shown(self) -> str:
        """Return the text of a cell; a value that is none costs this cell alone."""
        kind = self._cell.get("t", "n")
        value = "".join(self._pieces.get("v", ()))
        if kind == "inlineStr":
            return "".join(self._pieces.get("t", ()))
        if not value.strip():
            formula = "".join(self._pieces.get("f", ()))
            return f"={formula}" if formula else ""
        if kind in ("str", "e", "d"):
            return value
        value = value.strip()
        if kind == "s":
            return self._strings[int(value)] if value.isdecimal() and int(value) < len(self._strings) else ""
        if kind == "b":
            return shown(value == "1")
        return self._number(value)

    def _number(self, value: str) -> str:
        try:
            number = float(value)
            style = self._cell.get("s", "0")
            if style.isdecimal() and int(style) in self._dates:
                return shown(self._epoch + datetime.timedelta(days=number))
            return shown(number)
        except (ValueError, OverflowError):
            return value
