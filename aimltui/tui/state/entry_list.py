"""Entries in order, each operation answering with the changes it made; and the difference of two such lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from aimltui.tui.state.entries import (
    Added,
    Appended,
    Change,
    Entry,
    MessageEntry,
    QueuedEntry,
    ReasoningEntry,
    Removed,
    Replaced,
)


class EntryList:
    """Entries by id and in order. A growing text is kept in pieces until somebody asks for the entry."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self._entries: dict[str, Entry] = {}
        self._growing: dict[str, list[str]] = {}

    def __contains__(self, entry_id: str) -> bool:
        return entry_id in self._entries

    def whole(self) -> list[Entry]:
        """All entries, complete."""
        return [self.get(entry_id) for entry_id in self.order]

    def get(self, entry_id: str) -> Entry:
        """An entry with all its text; pieces that came since the last time are joined now."""
        entry = self._entries[entry_id]
        pieces = self._growing.pop(entry_id, None)
        if pieces and isinstance(entry, MessageEntry | ReasoningEntry):
            entry = replace(entry, text=entry.text + "".join(pieces))
            self._entries[entry_id] = entry
        return entry

    def has_messages(self) -> bool:
        """Whether anything was said."""
        return any(isinstance(entry, MessageEntry) for entry in self._entries.values())

    def grow(self, entry_id: str, text: str) -> list[Change]:
        """Add text to a message, or to a thought."""
        if entry_id not in self._entries:
            return []
        self._growing.setdefault(entry_id, []).append(text)
        return [Appended(entry_id, text)]

    def put(self, entry: Entry, before: str | None = None) -> list[Change]:
        """Change the entry where it stands, or add it before the entry `before`, or at the end."""
        if entry.id not in self._entries:
            return self.insert(self.end(before), entry)
        unchanged = self.get(entry.id) == entry
        self._entries[entry.id] = entry
        return [] if unchanged else [Replaced(entry)]

    def insert(self, index: int, entry: Entry) -> list[Change]:
        """Add an entry at a place."""
        self.order.insert(index, entry.id)
        self._entries[entry.id] = entry
        return [Added(index, entry)]

    def remove(self, entry_id: str) -> list[Change]:
        """Take an entry out, if it is there."""
        if entry_id not in self._entries:
            return []
        self.order.remove(entry_id)
        del self._entries[entry_id]
        self._growing.pop(entry_id, None)
        return [Removed(entry_id)]

    def become(self, entries: Sequence[Entry]) -> list[Change] | None:
        """Hold these entries; answers like `difference`."""
        changes = difference(self.whole(), entries)
        self.order = [entry.id for entry in entries]
        self._entries = {entry.id: entry for entry in entries}
        self._growing.clear()
        return changes

    def end(self, before: str | None = None) -> int:
        """Where something new goes: before that entry, else before what is queued."""
        index = len(self.order)
        if before is not None and before in self._entries:
            # what grows is near the end
            return index - 1 - self.order[::-1].index(before)
        while index and isinstance(self._entries[self.order[index - 1]], QueuedEntry):
            index -= 1
        return index


def difference(old: Sequence[Entry], new: Sequence[Entry]) -> list[Change] | None:
    """What turns one list of entries into another; None if that cannot be said without moving entries."""
    before = {entry.id: entry for entry in old}
    after = {entry.id for entry in new}
    kept = [entry.id for entry in old if entry.id in after]
    if kept != [entry.id for entry in new if entry.id in before]:
        return None
    changes: list[Change] = [Removed(entry.id) for entry in old if entry.id not in after]
    for index, entry in enumerate(new):
        known = before.get(entry.id)
        if known is None:
            changes.append(Added(index, entry))
        elif known != entry:
            changes.append(Replaced(entry))
    return changes


def joined(changes: Iterable[Change]) -> list[Change]:
    """The same changes with neighbouring ones of one entry made one: pieces of a text, states that followed fast."""
    result: list[Change] = []
    pieces: list[str] = []
    growing = ""
    for change in changes:
        if isinstance(change, Appended) and (change.id == growing or not pieces):
            growing = change.id
            pieces.append(change.text)
            continue
        if pieces:
            result.append(Appended(growing, "".join(pieces)))
            pieces = []
        if isinstance(change, Appended):
            growing, pieces = change.id, [change.text]
        elif (
            isinstance(change, Replaced)
            and result
            and isinstance(result[-1], Replaced)
            and result[-1].entry.id == change.entry.id
        ):
            result[-1] = change
        else:
            result.append(change)
    if pieces:
        result.append(Appended(growing, "".join(pieces)))
    return result
