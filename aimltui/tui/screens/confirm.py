"""A question with two answers, of which doing nothing is the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.tui.commands import FooterItem
from aimltui.tui.sanitize import clean_line
from aimltui.tui.screens.sheet import Sheet
from aimltui.tui.widgets.pick_list import PickList, PickRow

_YES, _NO = "yes", "no"


class ConfirmScreen(Sheet[bool]):
    """The result is True only if the user chose so; enter alone, or escape, is no.

    Args:
        question: One sentence.
        detail: What it means.
        yes: The answer that does it, as `Delete it`.
        no: The answer that does nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("enter", "pick", show=False),
    ]

    def __init__(self, question: str, detail: str = "", *, yes: str, no: str = "Leave it") -> None:
        keys = (
            FooterItem("↑↓", "Move", "move(1)"),
            FooterItem("enter", "Choose", "pick"),
            FooterItem("esc", no, "cancel"),
        )
        super().__init__(question, keys)
        self._detail = clean_line(detail)
        self._answers = (PickRow(_NO, no), PickRow(_YES, yes))
        self._list = PickList()

    def body(self) -> Sequence[Widget]:
        """What it means, and the answers."""
        detail = [Static(Content(self._detail), classes="sheet-text")] if self._detail else []
        return (*detail, self._list)

    def on_mount(self) -> None:
        """Put the cursor on the harmless answer."""
        self._list.set_lines(["", *self._answers])

    def action_cancel(self) -> None:
        """Escape is no."""
        self.dismiss(False)

    def action_move(self, step: int) -> None:
        """Move between the answers."""
        self._list.move(step)

    def action_pick(self) -> None:
        """Take the answer under the cursor."""
        row = self._list.cursor_row
        self.dismiss(row is not None and row.id == _YES)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """A click takes the answer."""
        event.stop()
        self.dismiss(event.row.id == _YES)
