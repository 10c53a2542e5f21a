"""Window: brings a place of the transcript into the part that is on the screen."""

from __future__ import annotations

from collections.abc import Callable

from aimltui.common.dataclass import dataclass
from aimltui.tui.widgets.transcript.items import ItemList
from aimltui.tui.widgets.transcript.viewport import Viewport

_TRIES = 3
"""Drawing items that come into the window changes their heights, and so the rows of all items below."""


@dataclass(frozen=True)
class Window:
    """What the parts of the transcript ask of the widget that scrolls and paints."""

    item_list: ItemList
    viewport: Viewport
    first_row: Callable[[], int]
    """Returns the transcript's row that is the first one on the screen."""
    scroll_to: Callable[[int], None]
    """Makes a row the first one on the screen."""
    settle: Callable[[], None]
    """Draws and places what is on the screen."""
    report: Callable[[], None]
    """Reports whether the end is followed."""
    refresh: Callable[[], object]
    """Paints again."""

    def bring_in(self, wanted: Callable[[int], int | None], tries: int = _TRIES) -> None:
        """Scroll until a place is in the window, and hold the text there.

        Args:
            wanted: Returns for the window's first row the one it should have; None if it is right.
            tries: How often it scrolls at most.
        """
        for _ in range(tries):
            y = self.first_row()
            row = wanted(y)
            if row is None:
                break
            self.scroll_to(row)
            if self.first_row() == y:
                break
        if self.viewport.following:
            self.viewport.hold(self.first_row())
        self.report()
