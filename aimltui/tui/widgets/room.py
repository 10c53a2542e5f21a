"""Room: the column of header, transcript and prompt. On wide screens text and prompt stand in the middle."""

from __future__ import annotations

from collections.abc import Callable

from textual.containers import Vertical
from textual.widget import AwaitMount, Widget

from aimltui.tui.widgets.transcript.canvas import TEXT_COLUMN

_COLUMN = TEXT_COLUMN + 4
"""Cells of the text with its bar and the edge."""
_BELOW = ("find", "status", "files", "prompt")
"""What stands below the transcript, as wide as its text; and the card, which has an edge around it."""
_PAGE_LINES = 16
"""About as many lines as the page of a new thread has."""
_HIGH = 26
"""Lines from which that page does not begin at the top."""


class Room(Vertical):
    """Holds the widgets in their order.

    Args:
        id: The widget's id.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._is_blank = False
        self.after_resize: list[Callable[[], None]] = []
        """What gives the lists over the prompt their place."""

    def set_blank(self, is_blank: bool) -> None:
        """Say whether the thread has no messages, so that its page stands in the middle."""
        if is_blank != self._is_blank:
            self._is_blank = is_blank
            self._place()

    def mount(
        self,
        *widgets: Widget,
        before: int | str | Widget | None = None,
        after: int | str | Widget | None = None,
    ) -> AwaitMount:
        """Take widgets in, those that come later at their place in the middle, too."""
        mounted = super().mount(*widgets, before=before, after=after)
        if self.size:
            self._place()
        return mounted

    def on_resize(self) -> None:
        """Keep the text in the middle, and the lists over the prompt on it."""
        self._place()
        for place in self.after_resize:
            self.call_after_refresh(place)

    def _place(self) -> None:
        width, height = self.size
        side = max(0, (width - _COLUMN) // 2)
        top = (height - _PAGE_LINES) // 3 if self._is_blank and height >= _HIGH else 0
        # a margin, so that the transcript's own coordinates stay those of its text
        self.query_one("#transcript").styles.margin = (top, 0, 0, side)
        for widget in self.children:
            if widget.id in _BELOW:
                widget.styles.margin = (0, side, 0, side)
            elif widget.id == "call":
                widget.styles.margin = (0, side + 1, 1, side + 1)
