"""BlockCursor: the keyboard's mark in the transcript, and where it goes next."""

from __future__ import annotations

from aimltui.tui.state.blocks import Block
from aimltui.tui.state.entries import ErrorEntry
from aimltui.tui.widgets.transcript.blocks import Stop, block_of, may_stop, stops_of
from aimltui.tui.widgets.transcript.canvas import ClickTarget
from aimltui.tui.widgets.transcript.item import Item
from aimltui.tui.widgets.transcript.items import ItemList
from aimltui.tui.widgets.transcript.viewport import Viewport


class BlockCursor:
    """Marks one stop of one item; it acts only while some of it is in the window."""

    def __init__(self, item_list: ItemList, viewport: Viewport) -> None:
        self._item_list = item_list
        self._viewport = viewport
        self.item: Item | None = None
        self._target: ClickTarget | None = None

    def clear(self) -> None:
        """Mark nothing."""
        self.item = self._target = None

    def put(self, item: Item, target: ClickTarget) -> None:
        """Mark a target."""
        self.item, self._target = item, target

    @property
    def stop(self) -> Stop | None:
        """The marked stop with its rows; None if nothing is marked, or it is no longer drawn."""
        item = self.item
        if item is None or self._item_list.get(item.entry.id) is not item:
            return None
        return next((stop for stop in stops_of(item) if stop.target == self._target), None)

    def shown(self, y: int) -> tuple[Item, Stop] | None:
        """Return the marked stop, if some of it is in the window.

        Args:
            y: The window's first row.
        """
        item, stop = self.item, self.stop
        return (item, stop) if item is not None and stop is not None and self._is_in(item, stop, y) else None

    def block(self, y: int) -> Block | None:
        """Return what is marked, if some of it is in the window that begins at row `y`."""
        shown = self.shown(y)
        return block_of(shown[0], shown[1].target) if shown is not None else None

    def span(self, item: Item, stop: Stop) -> tuple[int, int]:
        """Return the first row of a stop in the transcript, and the one past its last."""
        top = self._item_list.heights.top(item.index) + item.gap
        return top + stop.first, top + stop.end

    def at(self, item: Item, row: int) -> Stop | None:
        """Return the innermost block around a row of an item."""
        around = [stop for stop in stops_of(item) if stop.is_block and stop.first <= row < stop.end]
        return around[-1] if around else None

    def next(self, direction: int, y: int) -> tuple[Item, Stop] | None:
        """Return the stop after the marked one; without a mark, the one in the window that is nearest to where it enters.

        Args:
            direction: -1 for up, 1 for down.
            y: The window's first row.
        """
        shown = self.shown(y)
        if shown is None:
            return self._entry(direction, y)
        item, stop = shown
        stops = stops_of(item)
        place = next(number for number, other in enumerate(stops) if other.target == stop.target) + direction
        if 0 <= place < len(stops):
            return item, stops[place]
        items = self._item_list.items
        index = item.index + direction
        while 0 <= index < len(items):
            if may_stop(items[index].entry):
                self._item_list.draw(items[index])
                if found := stops_of(items[index]):
                    return items[index], _entered(items[index], found, direction)
            index += direction
        return None

    def _entry(self, direction: int, y: int) -> tuple[Item, Stop] | None:
        item_list = self._item_list
        if not item_list.items:
            return None
        last_row = min(y + self._viewport.height, item_list.heights.total) - 1
        first, last = item_list.at(y)[0].index, item_list.at(max(0, last_row))[0].index
        found = [
            (item, stop)
            for item in item_list.items[first : last + 1]
            for stop in stops_of(item)
            if self._is_in(item, stop, y)
        ]
        if direction < 0:
            item = found[-1][0] if found else None
            return (item, _entered(item, [stop for at, stop in found if at is item], -1)) if item else None
        begun = [pair for pair in found if self.span(*pair)[0] >= y]
        return begun[0] if begun else found[-1] if found else None

    def _is_in(self, item: Item, stop: Stop, y: int) -> bool:
        first, end = self.span(item, stop)
        return first < y + self._viewport.height and end > y


def _entered(item: Item, stops: list[Stop], direction: int) -> Stop:
    """Return the stop of an item at which a mark from outside arrives; on a card it is the first action, from below too."""
    return stops[0 if direction > 0 or isinstance(item.entry, ErrorEntry) else -1]
