"""RenameScreen: a box for a new title."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widget import Widget
from textual.widgets import Input

from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.widgets.line_input import LineInput

MAX_TITLE = 200


class RenameScreen(Sheet[str | None]):
    """Asks for a title. The result is the new one, without spaces around it, or None to keep the old one.

    Args:
        title: The title of the dialog.
        text: The current text; typing replaces it, moving the cursor keeps it.
    """

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title, (FooterItem("enter", "Rename", "submit"), CLOSE))
        self._box = LineInput(
            clean_line(text)[:MAX_TITLE], max_length=MAX_TITLE, compact=True, placeholder="its first words"
        )
        self._box.cursor_blink = False

    def body(self) -> Sequence[Widget]:
        """The box."""
        return (self._box,)

    def action_submit(self) -> None:
        """Return the text; an empty one gives the thread its first words as a title."""
        self.dismiss(clean_line(self._box.value).strip())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the text."""
        event.stop()
        self.action_submit()
