"""Finder: finds words in the entries of a thread, and marks them where they are drawn."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from rich.style import Style

from aimltui.common.sanitize import clean
from aimltui.tui.state.entries import MessageEntry, RunEntry, StepEntry
from aimltui.tui.widgets.transcript.canvas import RenderContext
from aimltui.tui.widgets.transcript.item import Item
from aimltui.tui.widgets.transcript.items import ItemList


class Finder:
    """The matches of what is searched for, and the one that is looked at."""

    def __init__(self, item_list: ItemList) -> None:
        self._item_list = item_list
        self._pattern: re.Pattern[str] | None = None
        self._texts: list[str] = []
        """In lower case."""
        self._items: list[Item] = []
        """Those with matches."""
        self._ends: list[int] = []
        """For each of them, how many matches it and those before it have."""
        self._at = -1
        self.current: tuple[Item, int, int] | None = None
        """The match that is looked at: its item, its logical line, its first character."""

    @property
    def is_on(self) -> bool:
        """Whether something is searched for."""
        return self._pattern is not None

    @property
    def place(self) -> tuple[int, int]:
        """The number of the match that is looked at, from 1, and how many there are."""
        return self._at + 1, self._count

    def set_texts(self, texts: Iterable[str]) -> None:
        """Search for any of these texts, in upper or lower case; for none to end."""
        self._texts = sorted({text.lower() for text in texts if text.strip()}, key=len, reverse=True)
        found = "|".join(map(re.escape, self._texts))
        self._pattern = re.compile(found, re.I) if found else None
        self._at, self.current = -1, None
        self.look()

    @property
    def _count(self) -> int:
        return self._ends[-1] if self._ends else 0

    def look(self) -> None:
        """Find the matches in all entries; the one that is looked at stays."""
        at = self._match()
        self._items, self._ends, self._at = [], [], -1
        total = 0
        for item in self._item_list.items if self._pattern is not None else ():
            count = self._count_in(item)
            if not count:
                continue
            if at is not None and at[0].entry.id == item.entry.id and at[1] < count:
                self._at = total + at[1]
            total += count
            self._items.append(item)
            self._ends.append(total)

    def _count_in(self, item: Item) -> int:
        pattern = self._pattern
        if pattern is None:
            return 0
        if item.canvas is None and isinstance(item.entry, MessageEntry) and item.text is None:
            # much quicker than the pattern, which matters in a thread of 10,000 messages
            text = item.entry.text.lower()
            return sum(map(text.count, self._texts))
        return sum(len(pattern.findall(line)) for line in _lines(item))

    def _match(self) -> tuple[Item, int] | None:
        """Return the item of the match that is looked at, and the match's number in it."""
        if not 0 <= self._at < self._count:
            return None
        place = bisect_right(self._ends, self._at)
        return self._items[place], self._at - (self._ends[place - 1] if place else 0)

    def nearest(self, index: int) -> None:
        """Look at the last match in or above an item, or else at the first one."""
        before = bisect_right(self._items, index, key=lambda item: item.index)
        self._at = self._ends[before - 1] - 1 if before else 0 if self._items else -1

    def first_in(self, item: Item) -> None:
        """Look at an item's first match, if it has one."""
        place = self._items.index(item) if item in self._items else -1
        self._at = -1 if place < 0 else self._ends[place - 1] if place else 0

    def step(self, direction: int) -> None:
        """Look at the next match, or the one before; after the last comes the first."""
        if self._count:
            self._at = (self._at + direction) % self._count

    def settle(self) -> tuple[Item, int, int] | None:
        """Draw the item of the match that is looked at, and return it with the line and the character of the match."""
        match = self._match()
        if self._pattern is None or match is None:
            self.current = None
            return None
        item, number = match
        if isinstance(item.entry, StepEntry) and not item.is_unfolded:
            self._item_list.fold(item, True)
        self._item_list.draw(item)
        places = [
            (line, found.start())
            for line, text in enumerate(item.lines)
            for found in self._pattern.finditer(text)
        ]
        line, start = places[min(number, len(places) - 1)] if places else (0, 0)
        self.current = (item, line, start)
        return self.current

    def spans(self, item: Item, line: int, context: RenderContext) -> list[tuple[int, int, Style]]:
        """Return where the matches of a logical line are, with their styles."""
        if self._pattern is None:
            return []
        palette = context.palette
        return [
            (
                found.start(),
                found.end(),
                palette.cursor if self.current == (item, line, found.start()) else palette.found,
            )
            for found in self._pattern.finditer(item.lines[line])
        ]


def _lines(item: Item) -> list[str]:
    """Return what can be found of an item: of a step also what is folded."""
    entry = item.entry
    if isinstance(entry, RunEntry):
        return []
    if isinstance(entry, StepEntry) and not (item.canvas is not None and item.is_unfolded):
        return clean("\n".join(f"{call.input}\n{call.logs}" for call in entry.calls)).split("\n")
    return item.lines
