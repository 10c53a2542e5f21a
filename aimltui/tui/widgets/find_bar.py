"""FindBar: the line under the transcript for finding words in the open thread."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from aimltui.common.dataclass import dataclass
from aimltui.tui.widgets.line_input import LineInput

_LEAST_BOX: Final = 16
"""Cells of the box that are left on a narrow screen."""
_GAP: Final = "  "
_KEYS: Final = {"↑↓": "Other match", "esc": "Close"}


def _hint(key: str) -> Content:
    """A key and its word, as the footer shows them."""
    return Content.assemble((key, "$footer-key-foreground"), f" {_KEYS[key]}")


class FindBar(Horizontal):
    """A box for the words, and which match of how many is shown.

    Args:
        id: The widget's id.
    """

    DEFAULT_CSS = """
    FindBar {
        height: 1;
        display: none;
        background: $surface;
        & > Static { width: auto; padding: 0 1; color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "next(1)", show=False, priority=True),
        Binding("up,shift+enter", "next(-1)", show=False, priority=True),
        Binding("escape", "leave", show=False),
    ]

    @dataclass
    class Changed(Message):
        """The user changed what is searched for."""

        text: str

    @dataclass
    class NextWanted(Message):
        """The user goes to the next match, or to the one before."""

        direction: int

    @dataclass
    class Left(Message):
        """The user has ended the search."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.box = LineInput(placeholder="find in this thread", compact=True, select_on_focus=True)
        self.box.cursor_blink = False
        self._count = Static("", markup=False)
        self._place: tuple[str, str, tuple[str, ...]] = ("", "", ())

    def open(self, text: str | None = None) -> None:
        """Show the bar with the focus in its box.

        Args:
            text: The words, already searched for; None for those of the last time.
        """
        self.display = True
        if not self.box.is_attached:
            # not before: few threads are searched, and every start would style the box
            self.mount(self.box, self._count)
        if text is not None:
            with self.box.prevent(Input.Changed):
                self.box.value = text
        self.screen.set_focus(self.box)

    def close(self) -> None:
        """Hide the bar."""
        self.display = False

    def show_place(self, number: int, count: int, remark: str = "") -> None:
        """Say which match is shown.

        Args:
            number: From 1; 0 if none is.
            count: How many there are.
            remark: What limits the search.
        """
        if number:
            words = f"{number} of {count:,}"
        elif count:
            words = "1 match" if count == 1 else f"{count:,} matches"
        else:
            words = "no match" if self.box.value else ""
        self._place = words, remark, ("↑↓", "esc") if count > 1 else ("esc",)
        self._show_place()

    def renew_place(self, number: int, count: int) -> None:
        """Say which match is shown after the text has changed; the remark stays."""
        self.show_place(number, count, self._place[1])

    def on_resize(self) -> None:
        """Say as much as there is room for beside the box."""
        self._show_place()

    def _show_place(self) -> None:
        words, remark, keys = self._place
        room = self.size.width - _LEAST_BOX - 2
        parts = [Content(part) for part in (words, remark) if part]
        hints = [_hint(key) for key in keys]
        while cell_len(_GAP.join(map(str, (*parts, *hints)))) > room and len(parts) + len(hints) > 1:
            # the keys go first, then the remark: which match is shown says most
            (hints or parts).pop()
        self._count.update(Content(_GAP).join([*parts, *hints]))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search for what was typed."""
        event.stop()
        self.post_message(self.Changed(event.value))

    def action_next(self, direction: int) -> None:
        """Go to another match."""
        self.post_message(self.NextWanted(direction))

    def action_leave(self) -> None:
        """End the search."""
        self.post_message(self.Left())
