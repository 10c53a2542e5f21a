"""A transcript without a screen: applies changes to a list, as strictly as they are meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from aimltui.tui.state.entries import (
    Added,
    Appended,
    Change,
    Entry,
    MessageEntry,
    ReasoningEntry,
    Removed,
    Replaced,
)


class Mirror:
    """Holds the entries that a correct transcript would hold."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = list(entries)

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply the changes in order; one that does not fit is a failed test."""
        for change in changes:
            match change:
                case Added(index, entry):
                    assert entry.id not in self.ids, f"{entry.id} is added twice"
                    assert 0 <= index <= len(self.entries)
                    self.entries.insert(index, entry)
                case Replaced(entry):
                    self.entries[self.ids.index(entry.id)] = entry
                case Appended(entry_id, text):
                    place = self.ids.index(entry_id)
                    old = self.entries[place]
                    assert isinstance(old, MessageEntry | ReasoningEntry)
                    self.entries[place] = replace(old, text=old.text + text)
                case Removed(entry_id):
                    del self.entries[self.ids.index(entry_id)]

    @property
    def ids(self) -> list[str]:
        """The ids in order."""
        return [entry.id for entry in self.entries]
