"""Lingering: steps that have just ended stay open until the answer continues, so that the user can finish reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aimltui.tui.state.entries import MessageEntry, ReasoningEntry, StepEntry
from aimltui.tui.widgets.transcript.item import Item

GOING_ON: Final = (MessageEntry, StepEntry, ReasoningEntry)
"""Entries that follow a step when the answer continues."""


class Lingering:
    """The items of finished steps that are still open."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    def note(self, item: Item, before: str, after: str, later: Sequence[Item]) -> None:
        """Note a step's new state.

        Args:
            item: The step's item.
            before: Its status before.
            after: Its status now.
            later: The items below it.
        """
        is_last = not any(isinstance(other.entry, GOING_ON) for other in later)
        if before == "in_progress" and after == "completed" and is_last:
            item.lingers = True
            self._items.append(item)
        elif after != "completed":
            item.lingers = False

    def end(self) -> list[Item]:
        """Let no step linger; return the items that did."""
        ended, self._items = self._items, []
        for item in ended:
            item.lingers = False
        return ended
