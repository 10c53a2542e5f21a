"""Collects a model's reasoning for the step that follows it."""

from __future__ import annotations

from collections.abc import Callable

from aimltui.common.dataclass import dataclass

MAX_CHARACTERS = 256 * 1024
"""The limit for each step."""


@dataclass(frozen=True, slots=True)
class ReasoningText:
    """A model's reasoning before a step."""

    text: str
    ms: int
    """Milliseconds from the first fragment to the last one."""


class ReasoningBuffer:
    """Collects fragments of reasoning.

    Args:
        clock: Returns seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pieces: list[str] = []
        self._length = 0
        self._began = self._last = 0.0

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(self, text: str) -> str:
        """Add a fragment and return the part of it that is within the limit."""
        self._last = self._clock()
        if not self._pieces:
            self._began = self._last
        kept = text[: MAX_CHARACTERS - self._length]
        if kept:
            self._pieces.append(kept)
            self._length += len(kept)
        return kept

    def take(self) -> ReasoningText | None:
        """Return the collected reasoning and clear the buffer; None if there is none."""
        text = "".join(self._pieces).strip()
        thought = ReasoningText(text, max(0, round((self._last - self._began) * 1000))) if text else None
        self.clear()
        return thought

    def clear(self) -> None:
        """Clear the buffer."""
        self._pieces.clear()
        self._length = 0
