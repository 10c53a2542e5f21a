"""A list to pick from, moved by the keys of a search box beside it; only the visible rows are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import cut
from aimltui.tui.state.fuzzy import positions

_MARGIN = 2
_GAP = 2
_SHORT_HINT = 12
"""Cells; a hint of no more, such as a key or a size, is worth more than the end of a label."""
_BOLD = Style(bold=True)
_UNDERLINE = Style(underline=True)


@dataclass(frozen=True, slots=True)
class PickRow:
    """A row that can be picked."""

    id: str
    label: str
    hint: str = ""
    """A hint at the right."""
    is_current: bool = False
    """Whether it is the current choice."""
    is_found: bool = True
    """Whether the letters of the query should be marked in the label."""
    is_wrong: bool = False
    """Whether the hint names a failure."""
    marks: tuple[tuple[int, int], ...] | None = None
    """The parts of the label that are marked, of a row whose hint has its place before the label's end; None for the
    letters of the query."""
    is_hint_whole: bool = False
    """Whether the label is cut where there is no room for both."""
    is_hint_beside: bool = False
    """Whether the hint describes the row: then it begins in the same column as those of the other rows."""


def fitted(row: PickRow, room: int) -> tuple[str, str]:
    """Return the label and the hint of a row, cut to so many cells."""
    label, hint = clean_line(row.label), clean_line(row.hint)
    if row.marks is not None and cell_len(label) + _GAP + cell_len(hint) > room:
        # what was found says more than where it was found
        hint = cut(hint, room // 2)
    is_short = cell_len(hint) <= _SHORT_HINT
    if hint and (row.is_hint_whole or is_short or row.marks is not None):
        label = cut(label, max(0, room - _GAP - cell_len(hint)))
    if hint and cell_len(label) + _GAP + cell_len(hint) > room:
        hint = cut(hint, max(0, room - _GAP - cell_len(label)))
        hint = hint if cell_len(hint) > 3 else ""
    return cut(label, room), hint


class PickList(ScrollView, can_focus=False):
    """Rows under optional headings, with a cursor. It never has the focus: its screen moves the cursor.

    Args:
        id: The widget's id.
    """

    DEFAULT_CSS = """
    PickList {
        height: auto;
        min-height: 1;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-background: $panel;
        scrollbar-background-hover: $panel;
        background: $panel;
        color: $foreground;
        & > .pick-list--muted { color: $text-muted; }
        & > .pick-list--current { color: $primary; text-style: bold; }
        & > .pick-list--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
        & > .pick-list--match { color: $accent; text-style: bold; }
        & > .pick-list--wrong { color: $text-error; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "pick-list--muted",
        "pick-list--current",
        "pick-list--cursor",
        "pick-list--match",
        "pick-list--wrong",
    }
    ALLOW_SELECT: ClassVar[bool] = False

    @dataclass
    class Picked(Message):
        """The user clicked a row."""

        row: PickRow

    @dataclass
    class CursorMoved(Message):
        """The cursor moved to another row."""

        row: PickRow | None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: tuple[PickRow | str, ...] = ()
        self._cursor: int | None = None
        self._query = ""
        self._remark = ""
        self._most_lines = 1
        self._column = 0
        """Cells from the labels' left edge to the hints that begin in one column."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return as many lines as it has had at most: a panel does not shrink while one types."""
        return self._most_lines

    def set_lines(
        self, lines: Sequence[PickRow | str], *, query: str = "", remark: str = "", at: str = ""
    ) -> None:
        """Show these lines; the cursor goes to the row with the id `at`, or to the first row.

        Args:
            lines: Rows, and headings as texts.
            query: The search text; its letters are marked in the rows.
            remark: Shown if there are no lines.
            at: The id of the row for the cursor.
        """
        self._lines = tuple(lines)
        self._query = query
        self._remark = remark
        rows = [index for index, line in enumerate(self._lines) if isinstance(line, PickRow)]
        beside = [
            cell_len(clean_line(row.label)) for row in map(self._row, rows) if row.hint and row.is_hint_beside
        ]
        self._column = max(beside, default=0) + _GAP
        wanted = (index for index in rows if at and self._row(index).id == at)
        self._cursor = next(wanted, rows[0] if rows else None)
        self.virtual_size = Size(0, max(1, len(self._lines)))
        self._most_lines = max(self._most_lines, len(self._lines))
        self.scroll_to(y=0, animate=False)
        self._cursor_moved()
        self.refresh(layout=True)

    @property
    def cursor_row(self) -> PickRow | None:
        """The row under the cursor."""
        return None if self._cursor is None else self._row(self._cursor)

    def move(self, step: int, *, wraps: bool = False) -> None:
        """Move the cursor by a number of rows, over headings.

        Args:
            step: How many rows, at most to the first or last one.
            wraps: Whether the last row follows on the first one.
        """
        rows = [index for index, line in enumerate(self._lines) if isinstance(line, PickRow)]
        if self._cursor is not None:
            place = rows.index(self._cursor) + step
            self._cursor = rows[place % len(rows) if wraps else max(0, min(len(rows) - 1, place))]
            self._cursor_moved()
            self.refresh()

    def page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self.move(direction * max(1, self.size.height - 1))

    def on_click(self, event: events.Click) -> None:
        """Pick the row under the mouse."""
        index = event.y + self.scroll_offset.y
        if index < len(self._lines) and isinstance(self._lines[index], PickRow):
            self._cursor = index
            self._cursor_moved()
            self.refresh()
            self.post_message(self.Picked(self._row(index)))

    def render_line(self, y: int) -> Strip:
        """Return one line of the widget."""
        width, base = self.scrollable_content_region.width, self.rich_style
        index = y + self.scroll_offset.y
        if not self._lines and y == 0:
            return self._heading(self._remark, base, width)
        if index >= len(self._lines):
            return Strip.blank(width, base)
        line = self._lines[index]
        if isinstance(line, str):
            return self._heading(line, base, width)
        return self._painted(line, base, width, is_cursor=index == self._cursor)

    def _heading(self, text: str, base: Style, width: int) -> Strip:
        shown = " " * _MARGIN + cut(clean_line(text), width - _MARGIN)
        return Strip([Segment(shown, base + self._style("muted"))]).adjust_cell_length(width, base)

    def _painted(self, row: PickRow, base: Style, width: int, *, is_cursor: bool) -> Strip:
        if is_cursor:
            base = base + self._style("cursor")
        room = max(0, width - _MARGIN - 1)
        label, hint = fitted(row, room)
        label_style = base
        if row.is_current:
            # the cursor's background may be any of the list's colours, so its text has one colour only
            label_style += _BOLD if is_cursor else self._style("current")
        segments = [Segment("✓ " if row.is_current else " " * _MARGIN, label_style)]
        found = set(positions(self._query, label)) if self._query and row.is_found else set()
        if row.marks is not None:
            found = {place for start, end in row.marks for place in range(start, end)}
        match = label_style + (_UNDERLINE if is_cursor else self._style("match"))
        if found:
            segments += [
                Segment(sign, match if at in found else label_style) for at, sign in enumerate(label)
            ]
        else:
            segments.append(Segment(label, label_style))
        hint_style = base if is_cursor else base + self._style("wrong" if row.is_wrong else "muted")
        free = max(0, room - cell_len(label) - cell_len(hint))
        filler = " " * (min(free, self._column - cell_len(label)) if row.is_hint_beside else free)
        segments += [Segment(filler, base), Segment(hint, hint_style)]
        return Strip(segments).adjust_cell_length(width, base)

    def _cursor_moved(self) -> None:
        if self._cursor is not None:
            above = self._cursor > 0 and isinstance(self._lines[self._cursor - 1], str)
            region = Region(0, self._cursor - above, 1, 1 + above)
            self.scroll_to_region(region, animate=False, force=True)
        self.post_message(self.CursorMoved(self.cursor_row))

    def _row(self, index: int) -> PickRow:
        row = self._lines[index]
        assert isinstance(row, PickRow)
        return row

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"pick-list--{name}", partial=True)


def spaced(lines: Iterable[PickRow | str]) -> list[PickRow | str]:
    """Return the lines with an empty one above each heading but the first line."""
    found: list[PickRow | str] = []
    for line in lines:
        if found and isinstance(line, str):
            found.append("")
        found.append(line)
    return found
