"""TextEntry: a box for a text of several lines, such as the arguments of a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.discarding import ask_before_discard
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.widgets.line_input import AreaInput


class TextEntry(Sheet[str | None]):
    """Asks for a text. The result is the text, or None.

    Args:
        title: The title of the dialog.
        text: The text to start with.
        done: A few words for what ctrl+s does.
        problem_of: Returns why a text cannot be used, as a sentence, or an empty string.
    """

    SCROLLS = "TextArea"
    EXTRA_LINES = 1
    AUTO_FOCUS = "TextArea"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "submit", show=False, priority=True)]

    def __init__(
        self, title: str, text: str = "", *, done: str, problem_of: Callable[[str], str] = lambda _: ""
    ) -> None:
        super().__init__(title, (FooterItem("ctrl+s", done, "submit"), CLOSE))
        self._first, self._done = text, done
        self._box = AreaInput(text, compact=True, soft_wrap=True, classes="sheet-text-box")
        self._box.cursor_blink = False
        self._problem = Static("", classes="sheet-problem")
        self._problem_of = problem_of

    def body(self) -> Sequence[Widget]:
        """The box, and what is wrong with its text."""
        self._problem.display = False
        return self._box, self._problem

    def action_cancel(self) -> None:
        """Close without a result; what was typed is discarded only if the user says so."""
        if self._box.text in (self._first, ""):
            self.dismiss(None)
        else:
            ask_before_discard(self, self._done, self.action_submit)

    def action_submit(self) -> None:
        """Return the text, unless it cannot be used."""
        problem = self._problem_of(self._box.text)
        if problem:
            self._problem.update(Content(problem))
            self._problem.display = True
        elif self.is_current:
            self.dismiss(self._box.text)
