"""BlockMarking: moves the keyboard's mark from block to block, and keeps it in the window."""

from __future__ import annotations

from collections.abc import Callable

from aimltui.tui.widgets.transcript.block_cursor import BlockCursor
from aimltui.tui.widgets.transcript.blocks import Stop, stops_of
from aimltui.tui.widgets.transcript.item import Item
from aimltui.tui.widgets.transcript.window import Window


class BlockMarking:
    """Moves the mark.

    Args:
        window: The part of the transcript that is on the screen.
        cursor: The mark.
        moved: Called when the mark has moved.
    """

    def __init__(self, window: Window, cursor: BlockCursor, moved: Callable[[], object]) -> None:
        self._window = window
        self._cursor = cursor
        self._moved = moved

    def step(self, direction: int) -> None:
        """Mark the next block or target; scroll where it is not in the window.

        Args:
            direction: -1 for up, 1 for down.
        """
        y, height = self._window.first_row(), self._window.viewport.height
        shown, found = self._cursor.shown(y), self._cursor.next(direction, y)
        is_near = found is not None and y <= self._cursor.span(*found)[0] < y + height
        if shown is not None and not is_near:
            first, last = self._cursor.span(*shown)
            # a block that is higher than the window is read to its end first
            rest = last - (y + height) if direction > 0 else y - first
            if rest > 0 and (found is None or direction > 0 or found[0] is not shown[0]):
                self._window.scroll_to(y + direction * min(rest, max(1, height - 2)))
                return
        if found is None:
            self._window.scroll_to(y + direction)
            return
        self._mark(*found, stays=shown is None)

    def mark_message(self, entry_id: str) -> None:
        """Mark a message, and have it in the window."""
        item = self._window.item_list.get(entry_id)
        if item is None:
            return
        self._window.item_list.draw(item)
        if stops := stops_of(item):
            self._mark(item, stops[0], stays=False)

    def clear(self) -> None:
        """Mark nothing, and follow the end again where it is in view."""
        if self._cursor.item is not None:
            self._cursor.clear()
            self._window.viewport.is_pinned = False
            self._window.settle()
            self._window.refresh()

    def _mark(self, item: Item, stop: Stop, *, stays: bool) -> None:
        """Mark a block, from its first row on where it is higher than the window; what is read holds still.

        Args:
            item: The block's item.
            stop: The block.
            stays: Whether the window stays where it is if a block that is higher fills it.
        """
        self._cursor.put(item, stop.target)
        height = self._window.viewport.height

        def wanted(y: int) -> int | None:
            first, end = self._cursor.span(item, stop)
            if y <= first and (end <= y + height or first == y):
                return None
            return first if first < y or end - first > height else end - height

        if stays and stop.end - stop.first > height:
            self._window.bring_in(wanted, tries=0)
        else:
            self._window.bring_in(wanted)
        self._window.viewport.is_pinned = True
        self._window.refresh()
        self._moved()
