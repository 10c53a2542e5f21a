"""KeyInput: the box in which an API key is pasted."""

from __future__ import annotations

from textual import events

from aimltui.tui.state.connect_form import one_line
from aimltui.tui.widgets.line_input import LineInput


class KeyInput(LineInput):
    """Takes a key: masked, cleaned when it is pasted, and never copied out."""

    def on_paste(self, event: events.Paste) -> None:
        """Replace what was there by the pasted text, in one line."""
        event.prevent_default()
        event.stop()
        self.replace(one_line(event.text), 0, len(self.value))

    def action_copy(self) -> None:
        """Do nothing: a key is not copied out of the program."""

    def action_cut(self) -> None:
        """Delete without copying."""
        self.delete_selection()
