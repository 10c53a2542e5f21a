"""Writes rows for spreadsheets, which take some texts for formulas and run them. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from aimltui.common.patterns import pattern

_SURE: Final = ("=", "@", "\t", "\r", "\uff1d", "\uff20", "\uff0b", "\uff0d")
"""The last four are the wide forms of the others, and of plus and minus."""
_SIGNED: Final = ("+", "-")
_NUMBER: Final = pattern(
    r"[+-][ ]?[$€£¥]?[ ]?\d[\d.,' \u00a0\u2009\u202f]*+(?:[eE][+-]?\d++)?[ ]?[%‰]?|[+-]++"
)
"""Matches what begins with a sign and is a number, a percentage, an amount, or only signs."""


def harmless_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; one that would be gets an apostrophe first."""
    is_formula = text.startswith(_SURE) or (text.startswith(_SIGNED) and _NUMBER.fullmatch(text) is None)
    return f"'{text}" if is_formula else text


def csv_rows(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([harmless_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def tsv_rows(rows: Iterable[Sequence[str]]) -> str:
    """Return rows with tabs between their cells, as spreadsheets paste them."""
    return "".join("\t".join(map(_tsv_cell, row)) + "\n" for row in rows)


def _tsv_cell(text: str) -> str:
    text = harmless_cell(" ".join(text.split()))
    # at the start of a cell a quotation mark begins a quoted cell, elsewhere it is one
    return '"' + text.replace('"', '""') + '"' if text.startswith('"') else text
