"""Finder: finds words in the entries of a thread, and marks them where they are drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rich.style import Style

from aimltui.common.sanitize import clean
from aimltui.tui.state.entries import RunEntry, StepEntry
from aimltui.tui.widgets.transcript.canvas import RenderContext
from aimltui.tui.widgets.transcript.item import Item
from aimltui.tui.widgets.transcript.items import ItemList


@dataclass(frozen=True, slots=True)
class Match:
    """A match, by its place among those of its item; the lines of an item change when it is drawn."""

    item: Item
    number: int


class Finder:
    """The matches of what is searched for, and the one that is looked at."""

    def __init__(self, item_list: ItemList) -> None:
        self._item_list = item_list
        self._pattern: re.Pattern[str] | None = None
        self._matches: list[Match] = []
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
        return self._at + 1, len(self._matches)

    def set_texts(self, texts: Iterable[str]) -> None:
        """Search for any of these texts, in upper or lower case; for none to end."""
        found = [re.escape(text) for text in texts if text.strip()]
        self._pattern = re.compile("|".join(sorted(found, key=len, reverse=True)), re.I) if found else None
        self._at, self.current = -1, None
        self.look()

    def look(self) -> None:
        """Find the matches in all entries; the one that is looked at stays."""
        at = self._matches[self._at] if 0 <= self._at < len(self._matches) else None
        self._matches = []
        for item in self._item_list.items if self._pattern is not None else ():
            self._matches += [Match(item, number) for number in range(self._count(item))]
        if at is not None:
            same = (at.item.entry.id, at.number)
            places = ((match.item.entry.id, match.number) for match in self._matches)
            self._at = next((n for n, place in enumerate(places) if place == same), -1)

    def _count(self, item: Item) -> int:
        pattern = self._pattern
        return sum(len(pattern.findall(line)) for line in _lines(item)) if pattern is not None else 0

    def nearest(self, index: int) -> None:
        """Look at the last match in or above an item, or else at the first one."""
        before = [n for n, match in enumerate(self._matches) if match.item.index <= index]
        self._at = before[-1] if before else 0 if self._matches else -1

    def first_in(self, item: Item) -> None:
        """Look at an item's first match, if it has one."""
        self._at = next((n for n, match in enumerate(self._matches) if match.item is item), -1)

    def step(self, direction: int) -> None:
        """Look at the next match, or the one before; after the last comes the first."""
        if self._matches:
            self._at = (self._at + direction) % len(self._matches)

    def settle(self) -> tuple[Item, int, int] | None:
        """Draw the item of the match that is looked at, and return it with the line and the character of the match."""
        if self._pattern is None or not 0 <= self._at < len(self._matches):
            self.current = None
            return None
        match = self._matches[self._at]
        if isinstance(match.item.entry, StepEntry) and not match.item.is_unfolded:
            self._item_list.fold(match.item, True)
        self._item_list.draw(match.item)
        places = [
            (line, found.start())
            for line, text in enumerate(match.item.lines)
            for found in self._pattern.finditer(text)
        ]
        line, start = places[min(match.number, len(places) - 1)] if places else (0, 0)
        self.current = (match.item, line, start)
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
