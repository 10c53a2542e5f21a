"""PressedTwice: whether a key was pressed twice in a row, with no other key between."""

from __future__ import annotations

from aimltui.tui.state.dead_time import KeyTimes


class PressedTwice:
    """Tells the second press of a key from the first one. Ask it once for each press.

    Args:
        keys: When keys came.
        within_s: Seconds within which the second press has to follow.
    """

    def __init__(self, keys: KeyTimes, within_s: float) -> None:
        self._keys = keys
        self._within_s = within_s
        self._first_at = float("-inf")
        self._first = 0
        """How many keys had come at the first press."""

    def again(self) -> bool:
        """Note a press; return whether it is the second one. The one after that is a first one again."""
        keys = self._keys
        # both may have come before the first of them is handled
        is_second = keys.last - self._first_at <= self._within_s and keys.count - self._first <= 1
        self._first_at, self._first = (float("-inf") if is_second else keys.last), keys.count
        return is_second

    def forget(self) -> None:
        """Take the next press for a first one."""
        self._first_at = float("-inf")
