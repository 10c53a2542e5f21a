"""Small spreadsheets made by hand."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from tests.support.documents import archive

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_ODS = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
STYLES = (
    f'<styleSheet {_MAIN}><numFmts><numFmt numFmtId="170" formatCode="dd\\.mm\\.yyyy"/>'
    '<numFmt numFmtId="171" formatCode="0.0 &quot;days&quot;"/></numFmts><fonts><font/></fonts><fills><fill/></fills>'
    '<borders><border/></borders><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs></styleSheet>'
)
"""Style 1 and 2 are dates, 0 and 3 are none."""


def xlsx(
    sheets: Mapping[str, str],
    *,
    after: str = "",
    strings: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
) -> bytes:
    """A workbook.

    Args:
        sheets: For each name the rows, as XML.
        after: What stands after the rows of each sheet.
        strings: The table of strings, as XML.
        more: Parts that are added or replaced.
    """
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, sheets, strict=True)
    )
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for n in numbers
    )
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        f'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships {_PACKAGE}><Relationship Id="rId1" Type="{_REL}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships {_PACKAGE}>{targets}<Relationship Id="rS" Type="{_REL}/styles" '
        f'Target="styles.xml"/><Relationship Id="rT" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": f"<sst {_MAIN}>{''.join(f'<si>{one}</si>' for one in strings)}</sst>",
    }
    for number, rows in zip(numbers, sheets.values(), strict=True):
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f"<worksheet {_MAIN}><sheetData>{rows}</sheetData>{after}</worksheet>"
        )
    return archive(parts | dict(more or {}))


def ods(content: str, manifest: str = "") -> bytes:
    """An OpenDocument spreadsheet.

    Args:
        content: The tables, as XML.
        manifest: What the manifest says in addition.
    """
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f"<!DOCTYPE manifest><manifest>{manifest}</manifest>",
            "content.xml": f"<?xml version='1.0'?><office:document-content {_ODS}><office:body><office:spreadsheet>"
            f"{content}</office:spreadsheet></office:body></office:document-content>",
        }
    )


def xls(name: str, cells: Mapping[tuple[int, int], str | float]) -> bytes:
    """A workbook of Excel 97 with one sheet."""
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for (row, column), value in sorted(cells.items()):
        place = struct.pack("<HHH", row, column, 0)
        if isinstance(value, str):
            text = value.encode("utf-16-le")
            sheet += _record(0x0204, place + struct.pack("<HB", len(value), 1) + text)
        else:
            sheet += _record(0x0203, place + struct.pack("<d", value))
    sheet += _record(0x000A, b"")
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    title = name.encode("utf-16-le")
    bound = struct.pack("<IBBBB", 0, 0, 0, len(name), 1) + title
    place_of_sheet = len(start) + len(_record(0x0085, bound)) + 4
    bound = struct.pack("<I", place_of_sheet) + bound[4:]
    book = start + _record(0x0085, bound) + _record(0x000A, b"") + sheet
    return _compound("Workbook", book)


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _compound(name: str, content: bytes) -> bytes:
    content = content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0")
    sectors = len(content) // 512
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    fat = [table, end, *range(3, sectors + 2), end]
    fat += [free] * (128 - len(fat))
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 0x3E, 3, 0xFFFE, 9, 6, bytes(6), 0, 1, 1, 0, 4096, end, 0, end,
        0, 0,
    )  # fmt: skip
    header += struct.pack("<108I", *[free] * 108)
    entries = _entry("Root Entry", 5, free, free, 1, end, 0) + _entry(
        name, 2, free, free, free, 2, len(content)
    )
    return header + struct.pack("<128I", *fat) + entries.ljust(512, b"\0") + content


def _entry(name: str, kind: int, left: int, right: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII16sIQQIQ", text, len(text), kind, 1, left, right, child, bytes(16), 0, 0, 0, start, size
    )
