"""Reads spreadsheets: each row a line, with its sheet and number."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from aimltui.engine.extraction import sheet_ods, sheet_xlsx
from aimltui.engine.extraction.archive import DAMAGED, ENCRYPTED
from aimltui.engine.extraction.cells import Merged, SheetWriter, shown
from aimltui.engine.extraction.limits import INVALID_FILE, Unreadable
from aimltui.engine.extraction.source import Source

_MAX_HELD: Final = 200 * 1024 * 1024
"""The limit for a file of the old formats, in bytes."""


def read_xlsx(source: Source) -> None:
    """Write the sheets of a newer Excel file."""
    if sheet_xlsx.is_simple(source) and _fast(source):
        return
    sheet_xlsx.read(source)


def read_ods(source: Source) -> None:
    """Write the sheets of an OpenDocument file."""
    sheet_ods.check(source)
    if not _fast(source):
        sheet_ods.read(source)


def read_xls(source: Source) -> None:
    """Write the sheets of an Excel file of the binary formats, which only one reader knows."""
    if source.size > _MAX_HELD or not _fast(source):
        raise Unreadable(INVALID_FILE, f"{DAMAGED} If it opens there, save it as .xlsx.")


def _fast(source: Source) -> bool:
    """Write the sheets with the fast reader; return False, with nothing written, if it cannot read one of them
    or finds nothing."""
    import python_calamine  # a reading process needs it for sheets alone

    try:
        sheets = _sheets(source, python_calamine)
    except python_calamine.PasswordError as error:
        raise Unreadable(INVALID_FILE, ENCRYPTED) from error
    except (python_calamine.CalamineError, OSError, ValueError):
        return False
    except BaseException as error:
        # how the library's language raises what it did not expect
        if type(error).__name__ != "PanicException":
            raise
        return False
    target = SheetWriter(source)
    for number, (name, first, rows, merged) in enumerate(sheets, 1):
        target.begin(name, merged)
        for row, cells in enumerate(rows, first):
            target.row(row, [shown(cell) for cell in cells])
        source.spend.progress(number, len(sheets))
    return target.rows > 0


def _sheets(source: Source, calamine: Any) -> list[tuple[str, int, Iterable[Sequence[Any]], Merged]]:
    """Return each sheet's name, the number of its first row, its rows, and its merged cells."""
    source.file.seek(0)
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(source.file.read()))
    found = []
    for number, about in enumerate(book.sheets_metadata):
        if about.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        source.spend.check()
        sheet = book.get_sheet_by_index(number)
        first = sheet.start[0] if sheet.start else 0
        column = sheet.start[1] if sheet.start else 0
        merged = Merged(
            (low[0] + 1, high[0] + 1, low[1] - column) for low, high in sheet.merged_cell_ranges or ()
        )
        found.append((about.name, first + 1, sheet.to_python(), merged))
    return found
