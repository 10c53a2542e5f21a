"""The position of each item: heights, most of which are estimates, and the tops that follow from them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable


class HeightIndex:
    """Heights of items in order. Tops are summed up only as far as needed."""

    def __init__(self) -> None:
        self._heights: list[int] = []
        self._tops: list[int] = [0]
        # tops[0.._valid] are right; a change of one height makes those after it stale

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    def load(self, heights: Iterable[int]) -> None:
        """Replace all heights."""
        self._heights = list(heights)
        self._tops = [0]

    def insert(self, index: int, height: int) -> None:
        """Insert an item before the one at `index`."""
        self._heights.insert(index, height)
        del self._tops[index + 1 :]

    def remove(self, index: int) -> None:
        """Remove an item."""
        del self._heights[index]
        del self._tops[index + 1 :]

    def set(self, index: int, height: int) -> None:
        """Set an item's height."""
        if self._heights[index] != height:
            self._heights[index] = height
            del self._tops[index + 1 :]

    def _sum_up(self, count: int) -> None:
        tops, heights = self._tops, self._heights
        total = tops[-1]
        for index in range(len(tops) - 1, count):
            total += heights[index]
            tops.append(total)

    def top(self, index: int) -> int:
        """Return the row at which an item starts; for the count of items, one past the last row."""
        if len(self._tops) <= index:
            self._sum_up(index)
        return self._tops[index]

    @property
    def total(self) -> int:
        """The number of rows."""
        return self.top(len(self._heights))

    def at(self, y: int) -> int:
        """Return the index of the item that covers row `y`; the nearest one if no item does."""
        self._sum_up(len(self._heights))
        return max(0, min(bisect_right(self._tops, y) - 1, len(self._heights) - 1))
