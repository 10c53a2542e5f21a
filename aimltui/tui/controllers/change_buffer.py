"""Outbox: gathers what changed and says so at most thirty times a second. The one place that knows the frame rate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from aimltui.tui.state.entries import Change
from aimltui.tui.state.entry_list import joined

FRAME_S = 1 / 30


class ChangeBuffer:
    """Changes on their way to the screen.

    It announces that there is something, and then waits until that was taken: a screen that is busy gets fewer
    and larger helpings, never a growing line of messages.

    Args:
        announce: Called in the event loop when there is something to take.
        frame_s: Seconds between two announcements.
    """

    def __init__(self, announce: Callable[[], None], frame_s: float = FRAME_S) -> None:
        self._announce = announce
        self._frame_s = frame_s
        self._changes: list[Change] = []
        self._anew = False
        self._is_announced = False
        self._timer: asyncio.TimerHandle | None = None
        self._taken_at = -1.0

    def add(self, changes: Iterable[Change] | None, *, at_once: bool = False) -> None:
        """Put changes in.

        Args:
            changes: What changed; None means that everything is to be shown anew.
            at_once: Do not wait for the next frame: somebody pressed a key.
        """
        if changes is None:
            self._anew = True
            self._changes.clear()
        else:
            self._changes.extend(changes)
        if self._is_announced:
            return
        loop = asyncio.get_running_loop()
        wait = self._taken_at + self._frame_s - loop.time()
        if at_once or wait <= 0:
            self._say()
        elif self._timer is None:
            self._timer = loop.call_later(wait, self._say)

    def notify(self) -> None:
        """Announce even though no entry changed: something else about the conversation did."""
        self.add((), at_once=True)

    def drain(self) -> list[Change] | None:
        """Everything gathered so far; None means that everything is to be shown anew."""
        changes, self._changes = joined(self._changes), []
        anew, self._anew = self._anew, False
        self._is_announced = False
        self._taken_at = asyncio.get_running_loop().time()
        return None if anew else changes

    def close(self) -> None:
        """Say nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _say(self) -> None:
        self.close()
        self._is_announced = True
        self._announce()
