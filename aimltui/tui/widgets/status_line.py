"""The line above the prompt: the activity at the left, the thread's usage at the right."""

from __future__ import annotations

from typing import ClassVar, Literal

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.tui.state.status import Status, fitting, hint_rows, segments


class StatusLine(Widget):
    """Shows a `Status`; its count of new lines and its share of the context can be clicked.

    Args:
        glyphs: The set of glyphs.
        id: The widget's id.
    """

    DEFAULT_CSS = """
    StatusLine {
        height: auto;
        padding: 0 1;
        background: $background;
        color: $text-muted;
    }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    @dataclass
    class EndClicked(Message):
        """The user wants to scroll to the end."""

    @dataclass
    class ContextClicked(Message):
        """The user wants to see what fills the context."""

    def __init__(self, *, glyphs: Literal["unicode", "ascii"] = "unicode", id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs: Literal["unicode", "ascii"] = glyphs
        self._status = Status()
        self._share_columns = range(0)
        """The columns of the share of the context."""

    def set_glyphs(self, glyphs: Literal["unicode", "ascii"]) -> None:
        """Draw with another set of glyphs."""
        self._glyphs = glyphs
        self.refresh()

    @property
    def status(self) -> Status:
        """The status that is shown."""
        return self._status

    def show(self, status: Status) -> None:
        """Show this status; repaint only if it differs."""
        if status != self._status:
            before, self._status = self._status, status
            width = self.content_size.width
            is_as_high = len(hint_rows(before.hint, width)) == len(hint_rows(status.hint, width))
            self.refresh(layout=not is_as_high)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one line, or those of a hint that is longer: what to do stands at its end."""
        return max(1, len(hint_rows(self._status.hint, width)))

    def render(self) -> Content:
        """Return the line for the current width; a hint that needs several has them to itself."""
        width = self.content_size.width
        if rows := hint_rows(self._status.hint, width):
            self._share_columns = range(0)
            return Content("\n").join(Content.styled(row, "$text-warning") for row in rows)
        left, right = fitting(*segments(self._status, self._glyphs), width, self._glyphs)
        dot = Content.styled(" · " if self._glyphs == "unicode" else " - ", "$text-muted")
        shown = dot.join([Content.styled(clean_line(text), style) for text, style in left])
        used = Content.styled(clean_line(right), "$text-muted")
        self._share_columns = self._columns_of(clean_line(self._status.context), used.plain, width)
        return shown + Content(" " * max(0, width - shown.cell_length - used.cell_length)) + used

    @staticmethod
    def _columns_of(part: str, text: str, width: int) -> range:
        """Return the columns of a part of the text at the right; none if it is not shown."""
        place = text.rfind(part) if part else -1
        if place < 0:
            return range(0)
        start = width - cell_len(text[place:])
        return range(start, start + cell_len(part))

    def on_click(self, event: events.Click) -> None:
        """Post the message of the part under the mouse."""
        if event.x - self.styles.padding.left in self._share_columns:
            self.post_message(self.ContextClicked())
        elif self._status.is_away and event.x < self.size.width // 2:
            self.post_message(self.EndClicked())
