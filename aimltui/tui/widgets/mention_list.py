"""What an `@` in the prompt offers, as a list over the transcript."""

from __future__ import annotations

from typing import Final

from textual.geometry import Size
from textual.message import Message

from aimltui.tui.widgets.pick_list import PickList

_ROWS: Final = 8


class MentionList(PickList):
    """The rows for what is written after an `@`; the prompt, which has the focus, passes its keys on."""

    DEFAULT_CSS = f"""
    MentionList {{
        display: none;
        layer: over;
        dock: bottom;
        max-height: {_ROWS};
        margin: 0 1;
        padding: 0 1 0 0;
        &.-open {{ display: block; }}
    }}
    """

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of its lines: it stands on the prompt, so that its end stays where it is."""
        return self.virtual_size.height

    class Dismissed(Message):
        """The user closed the list: it stays closed for this `@`."""

    @property
    def is_open(self) -> bool:
        """Whether it is shown, so that the keys are for it."""
        return self.has_class("-open")

    def open(self, height_below: int) -> None:
        """Show it above the prompt, which with its chips takes so many rows."""
        self.styles.margin = (0, 1, height_below, 1)
        self.add_class("-open")

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-open")

    def take_key(self, key: str) -> bool:
        """Do what a key does in the open list; False if it is for the prompt."""
        if not self.is_open:
            return False
        match key:
            case "up" | "down":
                self.move(1 if key == "down" else -1)
            case "pageup" | "pagedown":
                self.page(1 if key == "pagedown" else -1)
            case "enter" | "tab" if self.cursor_row is not None:
                self.post_message(self.Picked(self.cursor_row))
            case "escape":
                self.close()
                self.post_message(self.Dismissed())
            case _:
                return False
        return True
