"""Ends the program in good order when the system asks for it: SIGTERM, SIGHUP, a terminal that is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from typing import Final

from aimltui.tui.driver.tty_mode import STATE

GRACE_S: Final = 8.0
"""How long saving may take; after that the terminal is restored and the program ends as it stands."""

_SIGNALS = ("SIGTERM", "SIGHUP", "SIGINT")


class EndSignals:
    """Turns the first signal that asks for the end into a call; those that follow change nothing.

    Args:
        end: Begins the end; called in the loop with the exit status.
    """

    def __init__(self, end: Callable[[int], None]) -> None:
        self._end = end
        self._is_ending = False

    def install(self) -> None:
        """Listen from now on. Call it in the main thread, while the loop runs."""
        loop = asyncio.get_running_loop()
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self.ask, number)

    def ask(self, number: int) -> None:
        """Begin the end; where it does not come, end the program all the same.

        Args:
            number: The signal's.
        """
        if self._is_ending or (number == signal.SIGINT and STATE.is_lent):
            return
        self._is_ending = True
        status = 128 + number
        timer = threading.Timer(GRACE_S, _end_at_once, [status])
        timer.daemon = True
        timer.start()
        self._end(status)


def _end_at_once(status: int) -> None:
    STATE.give_back()
    os._exit(status)
