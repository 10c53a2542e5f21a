"""Decides which rows are in the window: the last ones, or those at a fixed text position."""

from __future__ import annotations

from aimltui.tui.state.entries import MessageEntry, ReasoningEntry, StepEntry
from aimltui.tui.widgets.transcript.item import Item, Place
from aimltui.tui.widgets.transcript.items import ItemList

NEAR_END = 2
"""Rows from the end within which scrolling down starts to follow the end again."""

LEAP = 4
"""Rows by which the window moves while an answer is being written; all but one of them may stay free below its end."""
_ROOMY = 12
"""Rows of a window from which on it moves by so many."""
_NEWEST = 8
"""Items at the end among which is what is being written."""

_GROWING = (MessageEntry, ReasoningEntry, StepEntry)
_TEXTS = (MessageEntry, ReasoningEntry)
_LAST = 1 << 30
"""Means the last logical line of an item that may not be drawn yet."""


class Viewport:
    """The window's place in an `ItemList`."""

    def __init__(self, item_list: ItemList) -> None:
        self.item_list = item_list
        self.height = 0
        """Height of the window."""
        self.following = True
        self.is_pinned = False
        """Whether the text is held also at the end: something in it is marked."""
        self._top: Place | None = None
        """The position in the window's first row."""
        self._seen: Place | None = None
        """The last row that existed when the window left the end, or that was in the window since.

        Text grows above the run's line and the queued messages, so this is the last row of a message or a step.
        """
        self._below_seen = 0
        """Rows below it at that moment: they are not new, although they move."""

    @property
    def limit(self) -> int:
        """The last row that can be the window's first."""
        return max(0, self.item_list.heights.total - self.height)

    @property
    def end(self) -> int:
        """The window's first row while it follows the end.

        A window that moved with each line of an answer would be painted as a whole for each, and would be hard to read.
        So it moves by several rows at a time, and stands still while they fill. Where it stands follows from the height
        of the text alone, not from the pieces in which the text came.
        """
        limit = self.limit
        if limit and self.height >= _ROOMY and self.is_growing():
            return -(-limit // LEAP) * LEAP
        return limit

    def is_growing(self) -> bool:
        """Whether the text of an answer is being written."""
        newest = (item.entry for item in self.item_list.items[-_NEWEST:])
        return any(isinstance(entry, _TEXTS) and entry.streaming for entry in newest)

    def follow(self) -> None:
        """Follow the end."""
        self.following = True
        self._seen = None

    def hold(self, y: int) -> None:
        """Stop following the end, and hold the text at row `y`."""
        item_list = self.item_list
        if not item_list.items:
            return
        if self.following:
            self.following = False
            said = (item for item in reversed(item_list.items) if isinstance(item.entry, _GROWING))
            self._seen = Place(next(said, item_list.items[-1]), _LAST, 0)
            self._below_seen = 0
        self._top = item_list.place_at(max(0, y))

    def settle(self) -> int:
        """Draw what is in or near the window, and return the window's first row."""
        item_list = self.item_list
        if not item_list.items or item_list.context is None:
            return 0
        if not self.following and self._top is not None:
            y = self._settle_held(self._top)
            if y < self.limit or self.is_pinned:
                return min(y, self.end)
            self.follow()
        missing = self.height * 2
        for item in reversed(item_list.items):
            item_list.draw(item)
            missing -= item_list.heights[item.index]
            if missing <= 0:
                break
        self._top = item_list.place_at(self.limit)
        return self.end

    def _settle_held(self, top: Place) -> int:
        item_list = self.item_list
        item = top.item
        if item_list.get(item.entry.id) is not item:
            item = item_list.items[min(item.index, len(item_list.items) - 1)]
            item_list.draw(item)
            self._top = top = item.place(0)
        item_list.draw(item)
        self._draw_around(item.index)
        return item_list.heights.top(item.index) + top.row

    def _draw_around(self, index: int) -> None:
        """Draw a window's height above an item and two below its start."""
        item_list = self.item_list
        missing = self.height
        for item in reversed(item_list.items[max(0, index - self.height - 1) : index]):
            if missing <= 0:
                break
            item_list.draw(item)
            missing -= item_list.heights[item.index]
        missing = self.height * 2
        for item in item_list.items[index : index + 2 * self.height + 1]:
            if missing <= 0:
                break
            item_list.draw(item)
            missing -= item_list.heights[item.index]

    def moved(self, old: int, new: int) -> int:
        """Process the user's scrolling.

        Text that stays in the window does not move in it, even if an item above it is higher than estimated.

        Args:
            old: The window's first row before.
            new: The one wanted.

        Returns:
            The window's first row now.
        """
        item_list = self.item_list
        if not item_list.items:
            return 0
        if new > old and new >= self.limit - NEAR_END:
            self.follow()
            return self.settle()
        if self.following and new >= self.limit:
            end = self.end
            if new >= end:
                return end
            # the user leaves the end: the free rows below it are left at once
            new = max(0, self.limit - 1)
        item, row, below = self._reference(new)
        self.hold(new)
        self._draw_around(item.index)
        y = max(0, item_list.heights.top(item.index) + row - below)
        self._top = item_list.place_at(y)
        self._draw_around(self._top.item.index)
        y = item_list.heights.top(self._top.item.index) + self._top.row
        return min(y, self.limit)

    def _reference(self, y: int) -> tuple[Item, int, int]:
        """Return a drawn item in the window at `y`, one of its rows, and how far below `y` that is."""
        item_list = self.item_list
        place = y
        while place < min(y + self.height, item_list.heights.total):
            item, row = item_list.at(place)
            if item.canvas is not None:
                return item, row, place - y
            place += item_list.heights[item.index] - row
        item, row = item_list.at(y)
        item_list.draw(item)
        return item, min(row, item_list.heights[item.index] - 1), 0

    def new_lines(self, y: int) -> int:
        """Return how many rows were added below the last row that was in the window.

        Args:
            y: The window's first row.
        """
        item_list = self.item_list
        if self.following or self._seen is None or not item_list.items:
            return 0
        item = self._seen.item
        if item_list.get(item.entry.id) is not item:
            item = item_list.items[min(item.index, len(item_list.items) - 1)]
            self._seen = item.place(0)
        item_list.draw(item)
        if self._seen.line == _LAST and item.canvas is not None:
            self._seen = item.place(item_list.heights[item.index] - 1)
            last = item_list.heights.top(item.index) + item_list.heights[item.index] - 1
            self._below_seen = item_list.heights.total - 1 - last
        seen = item_list.heights.top(item.index) + self._seen.row
        bottom = min(y + self.height, item_list.heights.total) - 1
        if bottom > seen:
            self._seen = item_list.place_at(bottom)
            seen = bottom
        return max(0, item_list.heights.total - 1 - seen - self._below_seen)
