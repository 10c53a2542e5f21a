"""What a model thinks before its next step: gathered while it comes, handed to the step that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MAX_CHARACTERS = 256 * 1024
"""So much is kept for each step."""


@dataclass(frozen=True, slots=True)
class ReasoningText:
    """What was thought."""

    text: str
    ms: int
    """Milliseconds from the first fragment to the last one."""


class ReasoningBuffer:
    """Gathers fragments.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pieces: list[str] = []
        self._length = 0
        self._began = self._last = 0.0

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(self, text: str) -> str:
        """A fragment came; answers as much of it as is kept."""
        self._last = self._clock()
        if not self._pieces:
            self._began = self._last
        kept = text[: MAX_CHARACTERS - self._length]
        if kept:
            self._pieces.append(kept)
            self._length += len(kept)
        return kept

    def take(self) -> ReasoningText | None:
        """All of it, which is then forgotten; None if nothing was thought."""
        text = "".join(self._pieces).strip()
        thought = ReasoningText(text, max(0, round((self._last - self._began) * 1000))) if text else None
        self.clear()
        return thought

    def clear(self) -> None:
        """Forget it."""
        self._pieces.clear()
        self._length = 0
