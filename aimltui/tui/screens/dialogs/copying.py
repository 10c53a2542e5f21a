"""CopyScreen: the parts of a message, of which one is copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.formatting.numbers import plural
from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen
from aimltui.tui.widgets.transcript.parts import CodePart, Part, TableFormat

_FORMATS: Final[dict[TableFormat, str]] = {"tsv": "TSV", "csv": "CSV", "markdown": "Markdown"}
_MOST: Final = 200
"""Characters of a label."""


@dataclass(frozen=True, slots=True)
class CopyRow:
    """What can be copied."""

    label: str
    hint: str
    text: Callable[[], str]
    """Returns it."""


def rows_of(markdown: str, parts: Sequence[Part]) -> list[CopyRow]:
    """Return the whole message and its parts, each table once for each format."""
    rows = [CopyRow("The whole message", _lines(markdown), lambda: markdown)]
    for part in parts:
        if isinstance(part, CodePart):
            first = next((line.strip() for line in part.text.split("\n") if line.strip()), "(empty)")
            rows.append(
                CopyRow(
                    f"{part.language or 'code'}: {first[:_MOST]}", _lines(part.text), partial(str, part.text)
                )
            )
        else:
            head = ", ".join(part.head[:_MOST])[:_MOST]
            count = plural(part.row_count, "row")
            rows += [
                CopyRow(f"Table as {name}: {head}", count, partial(part.text, form))
                for form, name in _FORMATS.items()
            ]
    return rows


def _lines(text: str) -> str:
    return plural(text.strip("\n").count("\n") + 1, "line")


class CopyScreen(ChoiceScreen):
    """Shows what can be copied. The result is the number of the chosen row as text, or None.

    Args:
        rows: The rows.
    """

    def __init__(self, rows: Sequence[CopyRow]) -> None:
        super().__init__(
            "Copy a part of the message",
            [ChoiceRow(str(number), row.label, row.hint) for number, row in enumerate(rows)],
            verb="Copy",
        )
