"""ChangeBuffer: collects the changes of a conversation and announces them at most forty times a second.

This is the only place that knows the frame rate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from aimltui.tui.state.entries import Change
from aimltui.tui.state.entry_list import joined

FRAME_S = 1 / 40
BEHIND_S = 0.25
"""Seconds between two announcements of text that is not on the screen."""


class ChangeBuffer:
    """Changes on their way to the screen.

    After an announcement it makes no other one until the changes are drained: a busy screen gets fewer and larger
    batches, and no growing queue of messages.

    Args:
        announce: Called in the event loop when there are changes to drain.
        frame_s: Seconds between two announcements.
    """

    def __init__(self, announce: Callable[[], None], frame_s: float = FRAME_S) -> None:
        self._announce = announce
        self._frame_s = self._own_frame_s = frame_s
        self._changes: list[Change] = []
        self._shows_all = False
        self._is_announced = False
        self._timer: asyncio.TimerHandle | None = None
        self._taken_at = -1.0
        self.is_behind = False
        """Whether the conversation is not on the screen: then text that arrives can wait."""

    def add(self, changes: Iterable[Change] | None, *, at_once: bool = False) -> None:
        """Add changes.

        Args:
            changes: What changed; None means that all entries must be shown again.
            at_once: Announce without waiting for the next frame: the user pressed a key.
        """
        if changes is None:
            self._shows_all = True
            self._changes.clear()
        else:
            self._changes.extend(changes)
        if self._is_announced:
            return
        loop = asyncio.get_running_loop()
        frame_s = max(BEHIND_S, self._frame_s) if self.is_behind else self._frame_s
        wait = self._taken_at + frame_s - loop.time()
        if at_once or wait <= 0:
            self._say()
        elif self._timer is None:
            self._timer = loop.call_later(wait, self._say)

    def notify(self) -> None:
        """Announce a change of the conversation that concerns no entry."""
        self.add((), at_once=True)

    def share_frames(self, count: int) -> None:
        """Make so few frames that several conversations on the screen together make as many as one.

        Args:
            count: How many conversations are on the screen.
        """
        self._frame_s = self._own_frame_s * count

    def drain(self) -> list[Change] | None:
        """Return the collected changes; None means that all entries must be shown again."""
        changes, self._changes = joined(self._changes), []
        shows_all, self._shows_all = self._shows_all, False
        self._is_announced = False
        self._taken_at = asyncio.get_running_loop().time()
        return None if shows_all else changes

    def close(self) -> None:
        """Cancel the next announcement."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _say(self) -> None:
        self.close()
        self._is_announced = True
        self._announce()
