"""What an `@` in the prompt offers, as a list over the transcript."""

from __future__ import annotations

from typing import Final

from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

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
        padding: 0 1 0 0;
        &.-open {{ display: block; }}
    }}
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._below: tuple[Widget, ...] = ()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of its lines: it stands on the prompt, so that its end stays where it is."""
        return self.virtual_size.height

    class Dismissed(Message):
        """The user closed the list: it stays closed for this `@`."""

    @property
    def is_open(self) -> bool:
        """Whether it is shown, so that the keys are for it."""
        return self.has_class("-open")

    def open(self, *below: Widget) -> None:
        """Show it above the prompt and what else stands below it."""
        self._below = below
        self.add_class("-open")
        self.place()
        # what was written may need another line of the prompt
        self.call_after_refresh(self.place)

    def place(self) -> None:
        """Stand on the prompt, whose height may have changed."""
        if self.is_open:
            self.styles.margin = (0, 0, sum(widget.outer_size.height for widget in self._below), 0)

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
