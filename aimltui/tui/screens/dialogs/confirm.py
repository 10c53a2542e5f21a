"""ConfirmScreen: a question that enter answers with yes, and escape with no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.common.sanitize import clean
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import Sheet


class ConfirmScreen(Sheet[bool | None]):
    """Says what will happen, and asks. The result is True if the user said yes.

    Args:
        title: The question.
        text: Sentences about what will happen.
        verb: One or two words for what enter does.
    """

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "confirm", show=False)]

    def __init__(self, title: str, text: str, verb: str) -> None:
        super().__init__(title, (FooterItem("enter", verb, "confirm"), FooterItem("esc", "Cancel", "cancel")))
        self._text = clean(text)

    def body(self) -> Sequence[Widget]:
        """The sentences."""
        return (Static(Content(self._text), classes="sheet-text"),)

    def action_confirm(self) -> None:
        """Answer yes."""
        self.dismiss(True)
