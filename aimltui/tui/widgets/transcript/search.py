"""TranscriptSearch: goes from match to match of what is searched for in a thread."""

from __future__ import annotations

from collections.abc import Sequence

from aimltui.tui.widgets.transcript.finder import Finder
from aimltui.tui.widgets.transcript.item import Item, Place
from aimltui.tui.widgets.transcript.window import Window


class TranscriptSearch:
    """Shows matches.

    Args:
        window: The part of the transcript that is on the screen.
        finder: Finds them.
    """

    def __init__(self, window: Window, finder: Finder) -> None:
        self._window = window
        self._finder = finder

    @property
    def place(self) -> tuple[int, int]:
        """The number of the place that is shown, from 1, or 0 if none is, and how many there are."""
        return self._finder.place

    def find(self, texts: Sequence[str], entry_id: str = "") -> tuple[int, int]:
        """Mark all places with one of these texts, and go to the nearest one; no text ends it.

        Args:
            texts: What is searched for, in upper or lower case.
            entry_id: Go to the first place in this entry, or to its beginning.

        Returns:
            The number of the place that is shown, from 1, and how many there are.
        """
        item_list, height = self._window.item_list, self._window.viewport.height
        self._finder.set_texts(texts)
        item = item_list.get(entry_id) if entry_id else None
        if item is not None:
            self._finder.first_in(item)
        elif item_list.items:
            last = min(self._window.first_row() + height, item_list.heights.total) - 1
            self._finder.nearest(item_list.at(max(0, last))[0].index)
        self._show(item)
        return self._finder.place

    def next(self, direction: int) -> tuple[int, int]:
        """Go to the next place, or to the one before; see `find`."""
        self._finder.look()
        self._finder.step(direction)
        self._show(None)
        return self._finder.place

    def _show(self, item: Item | None) -> None:
        """Scroll to the place that is looked at, or to the beginning of an item without one."""
        item_list = self._window.item_list
        found = self._finder.settle()
        self._window.viewport.is_pinned = self._finder.is_on
        if found is not None:
            place = Place(*found)
        elif item is not None:
            item_list.draw(item)
            place = Place(item, 0, 0)
        else:
            self._window.refresh()
            return
        self._window.settle()
        height = self._window.viewport.height

        def wanted(y: int) -> int | None:
            row = item_list.heights.top(place.item.index) + place.row
            return None if y < row < y + height - 1 else row - height // 3

        self._window.bring_in(wanted)
        self._window.refresh()
