"""What a `/` in the prompt offers, as a list over the transcript."""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message

from aimltui.common.dataclass import dataclass
from aimltui.tui.widgets.mention_list import MentionList
from aimltui.tui.widgets.pick_list import PickRow


class SlashList(MentionList):
    """The commands and their arguments for what is written; enter runs the selected one, tab writes it into the prompt.

    Args:
        id: The widget's id.
    """

    DEFAULT_CSS = """
    SlashList { display: none; layer: over; dock: bottom; max-height: 8; padding: 0 1 0 0; }
    SlashList.-open { display: block; }
    """

    @dataclass
    class Chosen(Message):
        """The user chose a row by a key."""

        row: PickRow
        runs: bool
        """Whether it is run at once."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.is_fresh: Callable[[], bool] = lambda: True
        """Returns whether the rows are those for what is written now: keys come faster than rows."""

    def take_key(self, key: str) -> bool:
        """Do what a key does in the open list; False if it is for the prompt."""
        if self.is_open and key in ("enter", "tab"):
            if self.cursor_row is None or not self.is_fresh():
                return False
            self.post_message(self.Chosen(self.cursor_row, key == "enter"))
            return True
        return super().take_key(key)
