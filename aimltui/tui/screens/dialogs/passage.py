"""The viewer for a passage that an answer cites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.formatting.numbers import plural
from aimltui.tui import clipboard
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.viewer import Viewer
from aimltui.tui.state.passages import PassageText, left_out
from aimltui.tui.widgets.document_pane import DocumentPane


class PassageViewer(Viewer):
    """Shows a passage in its file, with the quoted words marked.

    Args:
        title: The file, the place in it and the score.
        text: The passage in its surroundings.
        note: What is missing, as a sentence.
        can_stand_beside: Whether the terminal has room for the document beside the thread; then the result may be
            `beside`.
        can_save: Whether it is a file, which can be saved.
    """

    AUTO_FOCUS = "DocumentPane"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", show=False),
        Binding("g", "quote", show=False),
        Binding("b", "close_for('beside')", show=False),
    ]

    def __init__(
        self,
        title: str,
        text: PassageText,
        note: str = "",
        *,
        can_stand_beside: bool = False,
        can_save: bool = True,
    ) -> None:
        keys = [FooterItem("g", "Quote", "quote"), FooterItem("c", "Copy passage", "copy")]
        if can_stand_beside:
            keys.append(FooterItem("b", "Beside the thread", "close_for('beside')"))
        super().__init__(title, keys, can_open=True, can_save=can_save)
        self._can["beside"] = can_stand_beside
        self._text = text
        self._note = note or left_out(text)
        self.pane = DocumentPane(text)

    def body(self) -> Sequence[Widget]:
        """A note about what is missing, and the text."""
        note = Static(Content(self._note), classes="sheet-text passage-note")
        note.display = bool(self._note)
        return note, self.pane

    def action_quote(self) -> None:
        """Go back to the quoted words."""
        self.pane.action_quote()

    def action_copy(self) -> None:
        """Copy the passage."""
        passage = self._text.passage.strip("\n")
        self.run_worker(
            self._copied(clipboard.send_to_terminal(self.app, passage), passage), exit_on_error=False
        )

    async def _copied(self, text: str, passage: str) -> None:
        result = await clipboard.copy_with_tools(text)
        lines = plural(passage.count("\n") + 1, "line")
        self.app.notify(result.sentence(lines), markup=False)
