"""The parts of a message that can be copied alone: its blocks of code and its tables."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from rich.style import Style

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean
from aimltui.formatting.spreadsheet import csv_rows, tsv_rows
from aimltui.tui.widgets.transcript.code import language_of
from aimltui.tui.widgets.transcript.inline import inline_runs
from aimltui.tui.widgets.transcript.markdown import parse_blocks
from aimltui.tui.widgets.transcript.palette import Grounds, Palette

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

TableFormat = Literal["tsv", "csv", "markdown"]
TABLE_FORMATS: Final[tuple[TableFormat, ...]] = ("tsv", "csv", "markdown")

_PLAIN: Final = pattern(r"[A-Za-z0-9 .,;%()/+'-]*")
"""Matches cells without marks, which need no parser."""
_ALIGNED: Final = {"text-align:left": ":--", "text-align:right": "--:", "text-align:center": ":-:"}


@dataclass(frozen=True, slots=True)
class CodePart:
    """A block of code."""

    text: str
    language: str
    """In lower case; empty if its fence names none."""


class TablePart:
    """A table.

    Args:
        tokens: From `table_open` to `table_close`.
        env: The parser's environment, with the link definitions.
    """

    def __init__(self, tokens: Sequence[Token], env: dict[str, Any]) -> None:
        self._env = env
        self._rules: list[str] = []
        self._rows: list[list[str]] = []
        for token in tokens:
            match token.type:
                case "tr_open":
                    self._rows.append([])
                case "th_open":
                    self._rules.append(_ALIGNED.get(str(token.attrs.get("style", "")), "---"))
                case "inline":
                    self._rows[-1].append(token.content)
                case _:
                    pass

    @property
    def head(self) -> list[str]:
        """The cells of its first row, as a reader sees them."""
        return [self._shown(cell) for cell in self._rows[0]]

    @property
    def row_count(self) -> int:
        """How many rows are below the head."""
        return len(self._rows) - 1

    def text(self, form: TableFormat) -> str:
        """Return the table in a format, its cells as a reader sees them; in Markdown as they were written."""
        if form == "markdown":
            head, *rows = [_markdown_row(row) for row in self._rows]
            return "\n".join([head, f"| {' | '.join(self._rules)} |", *rows])
        rows_shown = [[self._shown(cell) for cell in row] for row in self._rows]
        return (tsv_rows if form == "tsv" else csv_rows)(rows_shown).removesuffix("\n")

    def _shown(self, content: str) -> str:
        if _PLAIN.fullmatch(content):
            return content
        return " ".join(
            "".join(run.text for run in runs) for runs in inline_runs(content, _no_colors(), self._env)
        )


Part = CodePart | TablePart


def parts_of(markdown: str) -> list[Part]:
    """Return the blocks of code and the tables of a message, in their order."""
    env: dict[str, Any] = {}
    tokens = parse_blocks(clean(markdown), env)
    found: list[Part] = []
    start = 0
    for index, token in enumerate(tokens):
        match token.type:
            case "fence" | "code_block":
                found.append(CodePart(token.content.removesuffix("\n"), language_of(token.info)))
            case "table_open":
                start = index
            case "table_close":
                found.append(TablePart(tokens[start : index + 1], env))
            case _:
                pass
    return found


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


@cache
def _no_colors() -> Palette:
    """The styles for text of which only the words count."""
    names = set(Palette.__slots__) - {"grounds", "syntax"}
    return Palette(**dict.fromkeys(names, Style.null()), grounds=Grounds(()), syntax={})
