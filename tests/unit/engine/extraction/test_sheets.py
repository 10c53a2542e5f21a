"""Spreadsheets: rows with their numbers, dates, merged cells, formulas, and cells that are odd."""

from __future__ import annotations

import zipfile

import pytest

from aimltui.engine.extraction import archive as archives
from aimltui.engine.extraction.limits import Unreadable
from tests.support.documents import archive, place, read
from tests.support.sheets import ods, xls, xlsx

PRICES = (
    '<row r="2"><c r="B2" t="inlineStr"><is><t>tea</t></is></c><c r="C2"><v>3</v></c></row>'
    '<row r="7"><c r="B7" t="inlineStr"><is><t>milk</t></is></c><c r="C7"><v>1.25</v></c></row>'
)


def rows(*cells: str) -> str:
    return "".join(f'<row r="{number}">{cell}</row>' for number, cell in enumerate(cells, 1))


def lines(name: str, content: bytes) -> list[str]:
    return [line.strip() for line in read(name, content).text.split("\n") if line]


def test_rows_know_their_sheet_and_their_number() -> None:
    document = read("a.xlsx", xlsx({"Prices": PRICES, "Notes &amp; more": PRICES.replace("tea", "coffee")}))
    assert place(document, "tea") == "sheet Prices, row 2"
    assert place(document, "tea", "milk") == "sheet Prices, rows 2–7"
    assert place(document, "coffee") == "sheet Notes & more, row 2"
    assert "milk\t1.25" in document.text
    assert "tea\t3\n" in document.text


def test_an_old_workbook_is_read() -> None:
    cells: dict[tuple[int, int], str | float] = {(0, 0): "Größe", (0, 1): 3.0, (4, 0): "世界", (4, 1): 0.5}
    document = read("a.xls", xls("Maße", cells))
    assert "Größe\t3" in document.text
    assert place(document, "世界\t0.5") == "sheet Maße, row 5"


def test_dates_are_dates_with_both_readers() -> None:
    cells = (
        '<c r="A1" s="1"><v>45292</v></c><c r="B1" s="2"><v>45292.5</v></c><c r="C1" s="3"><v>45292</v></c>'
    )
    for more in ("", '<c r="D1"><f>1+1</f></c>'):
        (line,) = lines("a.xlsx", xlsx({"S": rows(cells + more)}))
        assert line.split("\t")[:3] == ["2024-01-01", "2024-01-01 12:00:00", "45292"]


def test_the_days_of_1904_are_counted_from_there() -> None:
    book = (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><workbookPr date1904="1"/>'
        '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    cell = '<c r="A1" s="1"><v>1</v></c>'
    for more in ("", '<c r="D1"><f>1+1</f></c>'):
        (line,) = lines("a.xlsx", xlsx({"S": rows(cell + more)}, more={"xl/workbook.xml": book}))
        assert line.split("\t")[0] == "1904-01-02"


def test_a_formula_without_a_stored_value_is_shown_itself() -> None:
    cells = (
        '<c r="A1"><v>2</v></c><c r="B1"><f>SUM(A1:A9)</f></c>'
        '<c r="C1"><f>A1*2</f><v>4</v></c><c r="D1"><f>A1&amp;"x"</f><v></v></c>'
    )
    assert lines("a.xlsx", xlsx({"S": rows(cells)})) == ['2\t=SUM(A1:A9)\t4\t=A1&"x"']


def test_a_value_that_is_none_costs_its_cell_alone() -> None:
    """R's openxlsx writes a blank before a number, for which a fast reader gives up the sheet."""
    cells = '<c r="A1" t="n"><v> 12 </v></c><c r="B1"><v>twelve</v></c><c r="C1" t="s"><v>99</v></c><c r="D1"><v>5</v></c>'
    assert lines("a.xlsx", xlsx({"S": rows(cells)})) == ["12\ttwelve\t\t5"]


def test_a_text_of_several_cells_stands_in_each_of_its_rows() -> None:
    cells = [
        '<c r="A1" t="inlineStr"><is><t>fruit</t></is></c><c r="B1" t="inlineStr"><is><t>apple</t></is></c>',
        '<c r="A2"/><c r="B2" t="inlineStr"><is><t>pear</t></is></c>',
        '<c r="A3"/><c r="B3" t="inlineStr"><is><t>milk</t></is></c>',
    ]
    after = '<mergeCells count="1"><mergeCell ref="A1:A2"/></mergeCells>'
    for more in ("", '<c r="C3"><f>1+1</f></c>'):
        book = xlsx({"S": rows(*cells[:2], cells[2] + more)}, after=after)
        assert lines("a.xlsx", book)[:2] == ["fruit\tapple", "fruit\tpear"]
        assert lines("a.xlsx", book)[2].startswith("milk")


def test_strings_are_whole_and_without_readings() -> None:
    strings = [
        '<r><t xml:space="preserve">Ships </t></r><r><rPr><b/></rPr><t>sail</t></r>',
        '<t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh>',
    ]
    cells = '<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="b"><v>1</v></c>'
    for more in ("", '<c r="D1"><f>1+1</f></c>'):
        (line,) = lines("a.xlsx", xlsx({"S": rows(cells + more)}, strings=strings))
        assert line.split("\t")[:3] == ["Ships sail", "東京", "TRUE"]


def test_two_cells_far_apart_need_no_room_between_them() -> None:
    book = xlsx(
        {"S": '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'}
    )
    document = read("a.xlsx", book)
    assert place(document, "1") == "sheet S, row 1"
    assert document.text.endswith("2")


def test_a_line_end_in_a_cell_is_no_row() -> None:
    cell = '<c r="A1" t="inlineStr"><is><t>one\ntwo</t></is></c>'
    document = read("a.xlsx", xlsx({"S": rows(cell, '<c r="A2"><v>7</v></c>')}))
    assert place(document, "7") == "sheet S, row 2"


PRETTY = """
  <table:table table:name="Prices">
    <table:table-row table:number-rows-repeated="3">
      <table:table-cell table:number-columns-repeated="1024"/>
    </table:table-row>
    <table:table-row>
      <table:table-cell office:value-type="string">
        <text:p>tea</text:p>
      </table:table-cell>
      <table:table-cell office:value-type="float" office:value="3" table:number-columns-repeated="2">
        <text:p>3</text:p>
      </table:table-cell>
      <table:table-cell table:formula="of:=SUM([.B4])"/>
    </table:table-row>
    <table:table-row table:number-rows-repeated="1048572">
      <table:table-cell table:number-columns-repeated="16384"/>
    </table:table-row>
  </table:table>
"""


def test_an_open_document_sheet_is_read_pretty_printed_too() -> None:
    for content in (PRETTY, "".join(line.strip() for line in PRETTY.splitlines())):
        document = read("a.ods", ods(content.replace("<table:table-cell table", "<table:table-cell  table")))
        assert document.text.startswith("tea\t3\t3")
        assert place(document, "tea") == "sheet Prices, row 4"


def test_a_protected_sheet_is_named_as_such() -> None:
    manifest = '<manifest:encryption-data manifest:checksum="x"/>'
    with pytest.raises(Unreadable, match="encrypted"):
        read("a.ods", ods(PRETTY, manifest))


def test_a_workbook_without_sheets_is_refused() -> None:
    with pytest.raises(Unreadable):
        read("a.xlsx", xlsx({}))


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_a_bomb_in_any_part_is_refused(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_UNPACKED", 1_000_000)
    book = xlsx({"S": rows('<c r="A1"><v>1</v></c>')}, more={part: "<a>" + " " * 1_100_000 + "</a>"})
    with pytest.raises(Unreadable, match="unpacks to more than"):
        read("a.xlsx", book)


def test_entities_are_refused() -> None:
    laughing = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    with pytest.raises(Unreadable):
        read("a.xlsx", xlsx({"S": ""}, more={"xl/worksheets/sheet1.xml": laughing}))


def test_a_workbook_of_another_compression_is_refused() -> None:
    with pytest.raises(Unreadable):
        read("a.xlsx", archive({"xl/workbook.xml": "<a/>"}, zipfile.ZIP_BZIP2))
