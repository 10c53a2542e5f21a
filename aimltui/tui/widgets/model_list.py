"""The list of the model picker: a pick list with columns that holds its position when its lines change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.tui.state.fuzzy import positions
from aimltui.tui.state.model_columns import ALL_FACTS, MARGIN, Columns, columns_for, cut_id, facts_in
from aimltui.tui.state.model_rows import ModelIndex
from aimltui.tui.state.model_words import ModelRow
from aimltui.tui.widgets.pick_list import PickList, PickRow

_CURRENT, _FAVOURITE = "✓", "★"
_BOLD = Style(bold=True)
_UNDERLINE = Style(underline=True)


@dataclass(frozen=True, slots=True)
class ModelLine(PickRow):
    """A model in the list. A model may be in several sections, each time with another `id`."""

    model: ModelRow | None = None
    is_favourite: bool = False


class ModelList(PickList):
    """Models under headings, in columns."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._longest = 0
        self._facts = ALL_FACTS

    @property
    def columns(self) -> Columns:
        """The columns for the current width."""
        width = self.scrollable_content_region.width or self.size.width
        return columns_for(max(0, width - 1), self._longest, self._facts)

    def set_models(self, index: ModelIndex) -> None:
        """Set the columns for all models, so that they stay still while the user types."""
        self._longest, self._facts = index.longest, facts_in(index.rows)

    def replace_lines(self, lines: Sequence[PickRow | str], *, query: str = "", remark: str = "") -> None:
        """Show these lines, with the cursor on the same row, and that row at the same height."""
        row, top = self.cursor_row, self.scroll_offset.y
        above = 0 if self._cursor is None else self._cursor - top
        self.set_lines(lines, query=query, remark=remark, at=row.id if row is not None else "")
        if row is not None and self._cursor is not None and self.cursor_row == row:
            self.scroll_to(y=max(0, self._cursor - above), animate=False, force=True)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the columns that fit."""
        self.refresh()

    def _painted(self, row: PickRow, base: Style, width: int, *, is_cursor: bool) -> Strip:
        if not isinstance(row, ModelLine) or row.model is None:
            row = replace(row, label=" " * (MARGIN - 2) + row.label)
            return super()._painted(row, base, width, is_cursor=is_cursor)
        if is_cursor:
            base = base + self._style("cursor")
        muted = base if is_cursor else base + self._style("muted")
        columns = self.columns
        label = cut_id(clean_line(row.label), columns.label)
        style = muted if row.model.note else base
        if row.is_current:
            # the cursor's background may be any of the list's colours, so its text has one colour only
            style = base + (_BOLD if is_cursor else self._style("current"))
        current = _CURRENT if row.is_current else " "
        favourite = _FAVOURITE if row.is_favourite else " "
        segments = [Segment(f" {current}{favourite} ", base if is_cursor else base + self._style("current"))]
        found = set(positions(self._query, label)) if self._query else set()
        match = style + (_UNDERLINE if is_cursor else self._style("match"))
        if found:
            segments += [Segment(sign, match if at in found else style) for at, sign in enumerate(label)]
        else:
            segments.append(Segment(label, style))
        segments.append(Segment(" " * max(0, columns.label - cell_len(label)), base))
        segments.append(Segment(columns.cells(row.model), muted))
        return Strip(segments).adjust_cell_length(width, base)

    def _heading(self, text: str, base: Style, width: int) -> Strip:
        return super()._heading(" " * (MARGIN - 2) + text if text else "", base, width)
