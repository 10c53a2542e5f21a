"""When a question or a card may take keys: not while the user is typing something else.

A question may appear while the user types. It is dead until it has stood on the screen for `STAND_S` and no key came
for `QUIET_S`; from then on it is alive until it leaves the screen. A key that comes before that was meant for the
prompt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from weakref import WeakSet

STAND_S = 0.3
"""Seconds for which a question stands on the screen before it takes a key."""
QUIET_S = 0.5
"""Seconds without a key after which the user has stopped typing."""
HOLD_S = 0.35
"""Seconds for which a letter waits before it acts: if another one follows, both are text."""


class KeyTimes:
    """When the last key came. The app notes every key; all questions share the object.

    Args:
        clock: Returns monotonic seconds; None is the machine's clock, on which the terminal's keys carry their time.
        stand_s: Seconds for which a question stands before it takes a key.
        quiet_s: Seconds without a key after which it takes one.
        hold_s: Seconds for which a letter waits for another one before it acts.
    """

    def __init__(
        self,
        clock: Callable[[], float] | None = None,
        *,
        stand_s: float = STAND_S,
        quiet_s: float = QUIET_S,
        hold_s: float = HOLD_S,
    ) -> None:
        self._clock = clock
        self.stand_s = stand_s
        self.quiet_s = quiet_s
        self.hold_s = hold_s
        self.count = 0
        """How many keys came."""
        self.last = float("-inf")
        """When the last key came, in monotonic seconds."""
        self._watching: WeakSet[DeadTime] = WeakSet()

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic() if self._clock is None else self._clock()

    def note(self, at: float) -> None:
        """Note a key, before anything handles it.

        Args:
            at: When it came, in monotonic seconds; it may have waited since then. A clock of the caller's overrules it.
        """
        now = at if self._clock is None else self._clock()
        for dead_time in self._watching:
            dead_time.wake_at(now)
        self.last = max(self.last, now)
        self.count += 1

    def alive_from(self, shown_at: float) -> float:
        """The second from which something that was shown then takes keys, if no other key comes."""
        return max(shown_at + self.stand_s, self.last + self.quiet_s)

    def watch(self, dead_time: DeadTime) -> None:
        """Tell it of each key."""
        self._watching.add(dead_time)


class DeadTime:
    """Whether one question or card takes keys.

    Args:
        keys: When keys came.
    """

    def __init__(self, keys: KeyTimes) -> None:
        self._keys = keys
        self._shown_at = float("inf")
        self._is_alive = False
        keys.watch(self)

    def show(self) -> None:
        """It stands on the screen now, dead at first."""
        self._shown_at, self._is_alive = self._keys.now(), False

    def hide(self) -> None:
        """It is not on the screen: no key is for it."""
        self._shown_at, self._is_alive = float("inf"), False

    @property
    def is_shown(self) -> bool:
        """Whether it stands on the screen."""
        return self._shown_at < float("inf")

    @property
    def is_alive(self) -> bool:
        """Whether the key that is being handled, or a click now, may act."""
        return self.wake_at(self._keys.now())

    @property
    def left_s(self) -> float:
        """Seconds until it takes keys, if no other key comes; 0 if it does."""
        return 0.0 if self.is_alive else max(0.0, self._keys.alive_from(self._shown_at) - self._keys.now())

    def wake_at(self, now: float) -> bool:
        """Become alive if it has stood long enough, in quiet, at this second; return whether it is alive."""
        self._is_alive = self._is_alive or now >= self._keys.alive_from(self._shown_at)
        return self._is_alive
