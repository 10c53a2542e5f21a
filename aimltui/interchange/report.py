"""What became of an import."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.interchange.records import Skipped
from aimltui.interchange.survey import MAX_NAMED

CHANGED: Final = "changed"
"""Outcome beside those of the operation: it is here as it was, and came again as it is now."""


@dataclass(slots=True)
class Report:
    """What became of an import, as it goes on."""

    outcomes: dict[str, int] = field(default_factory=dict)
    """How many threads were created, extended, changed, or present already; branches count as threads."""
    thread_ids: list[str] = field(default_factory=list)
    """The new threads."""
    files: int = 0
    missing_files: int = 0
    assistants: int = 0
    loose_files: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    skipped_count: int = 0
    title: str = ""
    """The conversation that was dealt with last."""

    def count(self, outcome: str) -> None:
        """One more."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def skip(self, skipped: Skipped) -> None:
        """One that did not come."""
        self.skipped_count += 1
        if len(self.skipped) < MAX_NAMED:
            self.skipped.append(skipped)

    @property
    def done(self) -> int:
        """Threads that were dealt with."""
        return sum(self.outcomes.values())
