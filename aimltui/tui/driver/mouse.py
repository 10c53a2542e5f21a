"""Mouse reports in the forms that older terminals send, rewritten as those of mode 1006 (SGR)."""

from __future__ import annotations

from aimltui.common.patterns import pattern

_RXVT = pattern(r"\x1b\[(\d{1,5});(\d{1,5});(\d{1,5})M")
_SGR = pattern(r"\x1b\[<(\d{1,5});(-?\d{1,5});(-?\d{1,5})([Mm])")

_RELEASE = 3
"""What the old forms say instead of the button that was let go."""
_MOTION, _WHEEL = 32, 64


class MouseForms:
    """Rewrites reports; remembers which button is down, since the old forms do not say which one is let go."""

    def __init__(self) -> None:
        self._down = 0

    def rewrite(self, sequence: str) -> str | None:
        """Return the report of mode 1006 for one of 1006 or 1015 (rxvt); None if it is neither."""
        if found := _SGR.fullmatch(sequence):
            return sequence if int(found[2]) > 0 and int(found[3]) > 0 else ""
        if found := _RXVT.fullmatch(sequence):
            return self.report(int(found[1]) - 32, int(found[2]), int(found[3]))
        return None

    def report(self, button: int, x: int, y: int) -> str:
        """Return the report of mode 1006 for the values of an old one.

        Args:
            button: The button and its modifiers.
            x: Column, from 1.
            y: Row, from 1.

        Returns:
            The report; empty if the values cannot be.
        """
        if button < 0 or x < 1 or y < 1:
            return ""
        is_press = not button & (_MOTION | _WHEEL)
        if is_press and button & 3 == _RELEASE:
            return f"\x1b[<{button & ~3 | self._down};{x};{y}m"
        if is_press:
            self._down = button & 3
        return f"\x1b[<{button};{x};{y}M"
