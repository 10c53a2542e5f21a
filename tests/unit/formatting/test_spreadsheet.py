"""Rows for spreadsheets: what is a formula there is none afterwards, and numbers stay numbers."""

from __future__ import annotations

import csv
import io

import pytest

from aimltui.formatting.spreadsheet import csv_rows, harmless_cell, tsv_rows


@pytest.mark.parametrize(
    "text",
    ["=1+1", "@SUM(A1)", "+cmd|' /C x'!A0", "-2+3", "-A1", "\t=1", "+1 (555) 010", "-1=1", "\uff1d1+1"],
)
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert harmless_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-5", "+9.1 %", "-1,234.50", "-$5", "- 3", "-1e-9", "-", "--", "", "a=b", "5", "'x"]
)
def test_numbers_and_other_texts_stay(text: str) -> None:
    assert harmless_cell(text) == text


def test_csv_is_read_back_and_a_cell_of_tsv_stays_in_its_cell() -> None:
    rows = [["a", 'say "x"'], ['"q"', "1,2"], ["two\nlines", "\tx"]]
    assert list(csv.reader(io.StringIO(csv_rows(rows)))) == [*rows[:2], ["two\nlines", "'\tx"]]
    assert tsv_rows(rows) == 'a\tsay "x"\n"""q"""\t1,2\ntwo lines\tx\n'
