"""BranchMarks: at which messages of a thread its conversation has other branches. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aimltui.tui.state.entries import Entry, GuideEntry, GuideOption, MessageEntry

if TYPE_CHECKING:
    from aimltui.wire.branches import BranchPlace

END_ID: Final = "local:branch-end"
"""The id of the entry that says that the conversation goes on in another branch."""
PREVIOUS: Final = "branch:-1"
NEXT: Final = "branch:1"
"""The choices at a message: the branch before, and the one behind."""


class BranchMarks:
    """Marks the messages with which one of several branches begins."""

    def __init__(self) -> None:
        self._places: dict[str, BranchPlace] = {}
        """By the message before the place; empty for the beginning."""
        self._of: dict[str, BranchPlace] = {}
        """By the message at the place."""

    def __bool__(self) -> bool:
        return bool(self._places)

    def take(self, places: Iterable[BranchPlace]) -> None:
        """Replace all places; `marked` marks the messages at them."""
        self._places = {place.after or "": place for place in places}
        self._of.clear()

    def place_of(self, entry_id: str) -> BranchPlace | None:
        """The place of a message, or of the end."""
        return self._of.get(entry_id)

    @property
    def last(self) -> str | None:
        """The message at the last place; None if no place is known."""
        return next(reversed(self._of), None)

    def same(self, place: BranchPlace, step: int) -> str | None:
        """The message at a place that was left for the branch before or behind; None if it is not shown.

        Args:
            place: The place, as the thread that was left has it.
            step: -1 or 1.
        """
        left = place.threads[place.number - 1]
        alike = [
            (left in other.threads, entry_id)
            for entry_id, other in self._of.items()
            if (other.number, len(other.threads)) == (place.number + step, len(place.threads))
        ]
        return max(alike, key=lambda found: found[0])[1] if alike else None

    def mark(self, entry: MessageEntry, previous: Callable[[], str]) -> MessageEntry:
        """Return a message with its mark.

        Args:
            entry: The message.
            previous: Returns the id of the message before it; empty for none.
        """
        if not self._places:
            return entry
        return self._marked(entry, self._of.get(entry.id) or self._places.get(previous()))

    def _marked(self, entry: MessageEntry, place: BranchPlace | None) -> MessageEntry:
        if place is None:
            return entry
        self._of[entry.id] = place
        return replace(entry, branch=(place.number, len(place.threads)))

    def marked(self, entries: Sequence[Entry], *, is_whole: bool, shows_end: bool) -> list[Entry]:
        """Return the entries with their marks, and with the end of the branch if others go on from there.

        Args:
            entries: The entries of the thread.
            is_whole: Whether they begin with its first message.
            shows_end: Whether the thread ends where they end.
        """
        self._of.clear()
        # what comes before the first entry of a part is not known
        previous = "" if is_whole else None
        result: list[Entry] = []
        for entry in entries:
            if entry.id == END_ID:
                continue
            if isinstance(entry, MessageEntry) and not entry.pending:
                place = self._places.get(previous) if previous is not None else None
                previous = entry.id
                result.append(self._marked(replace(entry, branch=None), place))
            else:
                result.append(entry)
        place = self._places.get(previous) if shows_end and previous is not None else None
        if place is not None:
            self._of[END_ID] = place
            result.append(_end(place))
        return result


def _end(place: BranchPlace) -> GuideEntry:
    others = len(place.threads) - 1
    told = "another branch" if others == 1 else f"{others} other branches"
    return GuideEntry(END_ID, f"The conversation goes on in {told}.", (GuideOption(PREVIOUS, "Go there"),))
