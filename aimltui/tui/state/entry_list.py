"""The entries of a thread in order. Each operation returns the changes it made; `difference` compares two lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from aimltui.common.growing_text import GrowingText
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
    """Entries by id and in order.

    A growing text is stored once. The text of a message is in the fold of its run's events, which `get` asks for it;
    the text of a reasoning, which no fold has, is here.

    Args:
        text_of: Returns the text of a growing message by its id.
    """

    def __init__(self, text_of: Callable[[str], str]) -> None:
        self.order: list[str] = []
        self._text_of = text_of
        self._entries: dict[str, Entry] = {}
        self._growing: set[str] = set()
        """Messages whose entries here have no text: the fold has it."""
        self._reasoning: dict[str, GrowingText] = {}
        """Texts of growing reasonings, whose entries here have none."""

    def __contains__(self, entry_id: str) -> bool:
        return entry_id in self._entries

    def whole(self) -> list[Entry]:
        """Return all entries with all their text."""
        return [self.get(entry_id) for entry_id in self.order]

    def outlines(self, *, backwards: bool = False) -> Iterator[Entry]:
        """Yield all entries in order; those whose text grows are without it, which costs no copy of a text."""
        for entry_id in reversed(self.order) if backwards else self.order:
            yield self._entries[entry_id]

    def get(self, entry_id: str) -> Entry:
        """Return an entry with all its text."""
        entry = self._entries[entry_id]
        if isinstance(entry, MessageEntry) and entry_id in self._growing:
            return replace(entry, text=self._text_of(entry_id))
        if isinstance(entry, ReasoningEntry) and entry_id in self._reasoning:
            return replace(entry, text=str(self._reasoning[entry_id]))
        return entry

    def has_text(self, entry_id: str) -> bool:
        """Return whether a message has any text."""
        entry = self._entries[entry_id]
        return entry_id in self._growing or (isinstance(entry, MessageEntry) and bool(entry.text))

    def settle(self) -> None:
        """Store the text of all growing messages here: their fold ends."""
        for entry_id in list(self._growing):
            self._store(self.get(entry_id))

    def _store(self, entry: Entry) -> None:
        self._entries[entry.id] = entry
        self._growing.discard(entry.id)
        self._reasoning.pop(entry.id, None)

    def has_messages(self) -> bool:
        """Return whether there is a message."""
        return any(isinstance(entry, MessageEntry) for entry in self._entries.values())

    def message_before(self, index: int) -> str | None:
        """Return the id of the last message before an index that the server has; None if there is none."""
        for entry_id in reversed(self.order[:index]):
            entry = self._entries[entry_id]
            if isinstance(entry, MessageEntry) and not entry.pending:
                return entry_id
        return None

    def grow(self, entry_id: str, text: str) -> list[Change]:
        """Add text to a message, which its fold has already, or to a reasoning."""
        entry = self._entries.get(entry_id)
        if isinstance(entry, MessageEntry):
            if entry_id not in self._growing:
                self._growing.add(entry_id)
                self._entries[entry_id] = replace(entry, text="")
        elif isinstance(entry, ReasoningEntry):
            if entry_id not in self._reasoning:
                self._reasoning[entry_id] = GrowingText(entry.text)
                self._entries[entry_id] = replace(entry, text="")
            self._reasoning[entry_id].add(text)
        else:
            return []
        return [Appended(entry_id, text)]

    def put(self, entry: Entry, before: str | None = None) -> list[Change]:
        """Replace the entry of this id; if there is none, add the entry before the entry `before`, or at the end."""
        if entry.id not in self._entries:
            return self.insert(self.end(before), entry)
        unchanged = self.get(entry.id) == entry
        self._store(entry)
        return [] if unchanged else [Replaced(entry)]

    def insert(self, index: int, entry: Entry) -> list[Change]:
        """Add an entry at an index."""
        self.order.insert(index, entry.id)
        self._entries[entry.id] = entry
        return [Added(index, entry)]

    def remove(self, entry_id: str) -> list[Change]:
        """Remove an entry, if there is one of this id."""
        if entry_id not in self._entries:
            return []
        self.order.remove(entry_id)
        del self._entries[entry_id]
        self._growing.discard(entry_id)
        self._reasoning.pop(entry_id, None)
        return [Removed(entry_id)]

    def become(self, entries: Sequence[Entry]) -> list[Change] | None:
        """Replace all entries; return what `difference` returns."""
        changes = difference(self.whole(), entries)
        self.order = [entry.id for entry in entries]
        self._entries = {entry.id: entry for entry in entries}
        self._growing.clear()
        self._reasoning.clear()
        return changes

    def end(self, before: str | None = None) -> int:
        """Return the index for a new entry: before the entry `before`, or before the queued messages."""
        index = len(self.order)
        if before is not None and before in self._entries:
            # searched from the end, near which most entries are added
            return index - 1 - self.order[::-1].index(before)
        while index and isinstance(self._entries[self.order[index - 1]], QueuedEntry):
            index -= 1
        return index


def difference(old: Sequence[Entry], new: Sequence[Entry]) -> list[Change] | None:
    """Return the changes that turn one list of entries into another; None if entries would have to move."""
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
    """Join neighbouring changes of one entry: pieces of a text, and states of which only the last is shown.

    This is the only place where the UI joins changes.
    """
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
