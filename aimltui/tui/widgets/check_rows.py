"""A few rows that are each switched on or off. The arrow keys move the cursor; space and enter switch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import cut

_GAP = 2


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One of the rows."""

    id: str
    label: str
    hint: str = ""
    """What it means; cut where it does not fit."""


class CheckRows(Widget, can_focus=True):
    """The rows; before the first and after the last one the arrow keys leave it.

    Args:
        rows: The rows.
        checked: The ids of those that are on.
        id: The widget's id.
    """

    DEFAULT_CSS = """
    CheckRows { height: auto; width: 1fr; }
    """
    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
        Binding("space,enter", "switch", show=False),
    ]

    @dataclass
    class Changed(Message):
        """A row was switched."""

        rows: CheckRows

        @property
        def control(self) -> CheckRows:
            """The rows."""
            return self.rows

    def __init__(
        self, rows: Sequence[CheckRow] = (), checked: Sequence[str] = (), *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._rows = tuple(rows)
        self.checked = [row.id for row in rows if row.id in checked]
        """The ids of the rows that are on, in the order of the rows."""
        self._cursor = 0

    def set_rows(self, rows: Sequence[CheckRow], checked: Sequence[str]) -> None:
        """Show these rows."""
        self._rows = tuple(rows)
        self.checked = [row.id for row in rows if row.id in checked]
        self._cursor = max(0, min(self._cursor, len(rows) - 1))
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one line for each row."""
        return max(1, len(self._rows))

    def render(self) -> Content:
        """Return the rows for the current width."""
        width = self.content_size.width
        labels = max((cell_len(clean_line(row.label)) for row in self._rows), default=0)
        labels = min(labels, max(12, width // 2))
        lines = [self._line(place, row, labels, width) for place, row in enumerate(self._rows)]
        return Content("\n").join(lines)

    def _line(self, place: int, row: CheckRow, labels: int, width: int) -> Content:
        is_on = row.id in self.checked
        label = cut(clean_line(row.label), labels)
        blank = " " * (labels - cell_len(label) + _GAP)
        room = width - 4 - labels - _GAP
        hint = cut(clean_line(row.hint), room) if room > 3 else ""
        sign = "[x] " if is_on else "[ ] "
        if self.has_focus and place == self._cursor:
            whole = f"{sign}{label}{blank}{hint}"
            whole += " " * max(0, width - cell_len(whole))
            return Content.styled(whole, "$block-cursor-foreground on $block-cursor-background")
        mark = (sign, "$primary" if is_on else "$text-muted")
        return Content.assemble(mark, label, blank, (hint, "$text-muted"))

    def action_step(self, direction: int) -> None:
        """Move to the next row, or to the next field after the last one."""
        place = self._cursor + direction
        if 0 <= place < len(self._rows):
            self._cursor = place
            self.refresh()
        elif direction > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def action_switch(self) -> None:
        """Switch the row under the cursor."""
        if not self._rows:
            return
        row_id = self._rows[self._cursor].id
        before = set(self.checked) ^ {row_id}
        self.checked = [row.id for row in self._rows if row.id in before]
        self.refresh()
        self.post_message(self.Changed(self))

    def on_click(self, event: events.Click) -> None:
        """Switch the row under the mouse."""
        event.stop()
        place = event.y - self.styles.padding.top
        if 0 <= place < len(self._rows):
            self._cursor = place
            self.action_switch()
