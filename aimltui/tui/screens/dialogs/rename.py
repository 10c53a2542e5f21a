"""RenameScreen: a box for a new title."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.widgets.line_input import LineInput

MAX_TITLE = 200


class RenameScreen(Sheet[str | None]):
    """Asks for a title. The result is the new one, without spaces around it, or None.

    Args:
        title: The title of the dialog.
        text: The current text; typing replaces it, moving the cursor keeps it.
    """

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title, (FooterItem("enter", "Rename", "submit"), CLOSE))
        self._box = LineInput(clean_line(text)[:MAX_TITLE], max_length=MAX_TITLE, compact=True)
        self._box.cursor_blink = False
        self._problem = Static("", classes="sheet-problem")

    def body(self) -> Sequence[Widget]:
        """The box, and what is wrong with its text."""
        self._problem.display = False
        return self._box, self._problem

    def action_submit(self) -> None:
        """Return the text if it is not empty."""
        text = clean_line(self._box.value).strip()
        if text:
            self.dismiss(text)
        else:
            self._problem.update(Content("A title needs at least one character."))
            self._problem.display = True

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the text."""
        event.stop()
        self.action_submit()
