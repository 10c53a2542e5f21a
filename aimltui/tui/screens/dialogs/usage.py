"""UsageScreen: what runs have used, by day, by model and by thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from aimltui.common.sanitize import clean
from aimltui.formatting.cells import cut, fit
from aimltui.formatting.usage_table import HEADINGS, UsageTable, columns_text, numbers_text, summary_text
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.widgets.pick_list import PickList, PickRow

VIEWS = ("day", "model", "thread")
_EMPTY = "No runs yet. What runs use is recorded here, and stays when threads are deleted."
_MARGINS = 3
"""Cells of a row besides its label and its numbers."""
_AROUND_SHORT = 5
"""Lines besides the list on a low screen: title, tabs, two sums, keys."""
_GAP = 2
"""The least cells between label and numbers."""
_KEYS = (
    FooterItem("←→", "By day, model, thread", "turn(1)"),
    FooterItem("s", "Save as CSV", "export"),
    CLOSE,
)


class UsageScreen(Sheet[str | None]):
    """Shows one view at a time. The result is the id of the thread that the user chose, or None.

    Args:
        request: Called with the view to load: `day`, `model` or `thread`. The answer, at once or later, is a call of
            `set_table` or `set_error`.
        export: Called with the table to save.
    """

    IS_WIDE = True
    SCROLLS = "PickList"
    LETTERS_ACT = True
    MOST_LINES = 30
    EXTRA_LINES = 8
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("left,shift+tab", "turn(-1)", show=False, priority=True),
        Binding("right,tab", "turn(1)", show=False, priority=True),
        Binding("s", "export", show=False),
        Binding("enter", "pick", show=False),
    ]

    def __init__(self, request: Callable[[str], object], export: Callable[[UsageTable], object]) -> None:
        super().__init__("Usage", _KEYS)
        self._request = request
        self._export = export
        self._view = VIEWS[0]
        self._table: UsageTable | None = None
        self._tabs = Static("", classes="usage-tabs", markup=False)
        self._head = Static("", classes="usage-head", markup=False)
        self._list = PickList()
        self._foot = Static("", classes="usage-foot", markup=False)

    def body(self) -> Sequence[Widget]:
        """Tabs, headings, lines, sums."""
        return self._tabs, self._head, self._list, self._foot

    def on_mount(self) -> None:
        """Load the first view."""
        self._ask()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the columns that fit."""
        self.call_after_refresh(self._show)

    def fit(self, size: Size) -> None:
        """Limit the list."""
        super().fit(size)
        if self.has_class("-short"):
            self._list.styles.max_height = max(1, size.height - _AROUND_SHORT)

    def set_table(self, table: UsageTable) -> None:
        """Show a table, unless the user has gone to another view since."""
        if table.by == self._view:
            self._table = table
            self._show()

    def set_error(self, text: str) -> None:
        """Show why there is no report."""
        self._foot.update(Content.styled(clean(text), "$text-error"))
        self._list.set_lines((), remark="–")

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self._list.move(step)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self._list.page(direction)

    def action_turn(self, step: int) -> None:
        """Go to another view."""
        self._view = VIEWS[(VIEWS.index(self._view) + step) % len(VIEWS)]
        self._ask()

    def action_export(self) -> None:
        """Save the table that is shown."""
        if self._table is not None and self._table.lines:
            self._export(self._table)

    def action_pick(self) -> None:
        """Open the thread under the cursor."""
        row = self._list.cursor_row
        if self._view == "thread" and row is not None and row.id:
            self.dismiss(row.id)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Open the clicked thread."""
        event.stop()
        self.action_pick()

    def _ask(self) -> None:
        self._table = None
        self._show()
        self._request(self._view)

    def _show(self) -> None:
        parts = [
            Content.styled(f"by {view}", "bold $accent" if view == self._view else "$text-muted")
            for view in VIEWS
        ]
        self._tabs.update(Content("   ").join(parts))
        table, width = self._table, self._list.scrollable_content_region.width - _MARGINS
        numbers = columns_text(width)
        room = max(0, width - len(numbers) - _GAP)
        self._head.update(Content(fit(HEADINGS[self._view], room + _GAP) + numbers))
        if table is None:
            self._list.set_lines((), remark="adding up…")
            self._foot.update("")
            return
        rows = [
            PickRow(line.key, cut(line.label, room), numbers_text(line, width), is_found=False)
            for line in table.lines
        ]
        self._list.set_lines(rows, remark=_EMPTY)
        sums = [summary_text("Total", table.total), summary_text("Today", table.today)]
        if table.budget:
            sums.append("Budget: " + " · ".join(table.budget))
        self._foot.update(Content("\n".join(sums)))
