"""A few rows of which one is selected. The arrow keys only move the cursor and select nothing."""

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
class Option:
    """One of the rows."""

    id: str
    label: str
    hint: str = ""
    """A hint beside the label; left out where it does not fit."""


class OptionRows(Widget, can_focus=True):
    """The rows; before the first and after the last one the arrow keys leave it. Its screen calls `take` on Enter.

    Args:
        options: The rows.
        chosen: The id of the selected one.
        labels: Least width of the labels in cells, for hints in one column with those of other widgets.
        id: The widget's id.
    """

    DEFAULT_CSS = """
    OptionRows { height: auto; width: 1fr; }
    """
    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
        Binding("space", "take", show=False),
    ]

    @dataclass
    class Changed(Message):
        """Another row was selected."""

        rows: OptionRows
        option_id: str

        @property
        def control(self) -> OptionRows:
            """The rows."""
            return self.rows

    @dataclass
    class CursorMoved(Message):
        """The cursor moved to another row."""

        rows: OptionRows

        @property
        def control(self) -> OptionRows:
            """The rows."""
            return self.rows

    def __init__(
        self, options: Sequence[Option] = (), chosen: str = "", *, labels: int = 0, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._label_cells = labels
        self._options = tuple(options)
        self._chosen = chosen
        self._cursor = chosen

    @property
    def is_on_other(self) -> bool:
        """Whether Enter would select another row."""
        return self.has_focus and self._cursor != self._chosen

    def set_options(self, options: Sequence[Option], chosen: str) -> None:
        """Show these rows; repaint only if they differ."""
        if (tuple(options), chosen) != (self._options, self._chosen):
            is_other_size = len(options) != len(self._options)
            self._options, self._chosen = tuple(options), chosen
            if self._cursor not in [option.id for option in options] or not self.has_focus:
                self._cursor = chosen
            self.refresh(layout=is_other_size)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one line for each row."""
        return max(1, len(self._options))

    def render(self) -> Content:
        """Return the rows for the current width."""
        width = self.content_size.width
        labels = max((cell_len(clean_line(option.label)) for option in self._options), default=0)
        labels = max(labels, self._label_cells)
        lines = [self._line(option, labels, width) for option in self._options]
        return Content("\n").join(lines)

    def _line(self, option: Option, labels: int, width: int) -> Content:
        is_chosen = option.id == self._chosen
        sign = "●" if is_chosen else "○"
        label, hint = clean_line(option.label), clean_line(option.hint)
        text = cut(label, max(1, width - 2))
        blank = labels - cell_len(text) + _GAP
        if not hint or 2 + cell_len(text) + blank + cell_len(hint) > width:
            blank, hint = 0, ""
        used = 2 + cell_len(text) + blank + cell_len(hint)
        filler = " " * max(0, width - used)
        if option.id == self._cursor and self.has_focus:
            whole = f"{sign} {text}{' ' * blank}{hint}{filler}"
            return Content.styled(whole, "$block-cursor-foreground on $block-cursor-background")
        mark = (f"{sign} ", "$primary" if is_chosen else "$text-muted")
        return Content.assemble(mark, text, " " * blank, (hint, "$text-muted"), filler)

    def action_step(self, direction: int) -> None:
        """Move to the next row, or to the next field after the last one."""
        ids = [option.id for option in self._options]
        place = (ids.index(self._cursor) if self._cursor in ids else 0) + direction
        if 0 <= place < len(ids):
            self._cursor = ids[place]
            self.refresh()
            self.post_message(self.CursorMoved(self))
        elif direction > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse."""
        event.stop()
        index = event.y - self.styles.padding.top
        if 0 <= index < len(self._options):
            self._cursor = self._options[index].id
            self.refresh()
            self.action_take()

    def on_focus(self) -> None:
        """Put the cursor on the selected row."""
        self._cursor = self._chosen
        self.refresh()
        self.post_message(self.CursorMoved(self))

    def on_blur(self) -> None:
        """Hide the cursor."""
        self._cursor = self._chosen
        self.refresh()
        self.post_message(self.CursorMoved(self))

    def action_take(self) -> None:
        """Select the row under the cursor."""
        if self._cursor != self._chosen:
            self._chosen = self._cursor
            self.refresh()
            self.post_message(self.Changed(self, self._chosen))
