"""The terminal's mode before the screen is up, and giving the terminal back whatever happens. Needs no Textual.

Keys that are typed while the program loads stay with the terminal, as they were typed: not echoed, not turned into lines.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

RESTORE: Final = (
    "\x1b[?2026l\x1b[<u\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?7h"
    "\x1b[?1049l\x1b[0m\x1b[?25h"
)
"""Ends everything that the screen asks of a terminal."""


class TerminalState:
    """The state of the terminal before the program, and what must be restored."""

    def __init__(self) -> None:
        self.attributes: list[Any] | None = None
        """Its attributes, as `termios.tcgetattr` gives them; None if nothing was changed."""
        self.undo = ""
        """What is sent to end what is peculiar to this terminal."""
        self.is_taken = False
        """Whether the screen fills it."""
        self.is_lent = False
        """Whether another program has it, such as the user's editor: then ctrl+c is for that program."""

    def take_keys(self) -> None:
        """Have what is typed from now on neither echoed nor changed; ctrl+c still ends the program.

        Does nothing where the input is no terminal, or where the program runs in the background.
        """
        if os.name == "nt" or self.attributes is not None:
            return
        import termios

        descriptor = _input()
        if descriptor is None:
            return
        try:
            if os.tcgetpgrp(descriptor) != os.getpgrp():
                return
            self.attributes = termios.tcgetattr(descriptor)
            changed = termios.tcgetattr(descriptor)
            changed[0] &= ~(
                termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR | termios.ISTRIP
            )
            changed[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
            changed[6][termios.VMIN] = 1
            changed[6][termios.VTIME] = 0
            termios.tcsetattr(descriptor, termios.TCSANOW, changed)
        except (termios.error, OSError):
            return
        for name in ("SIGTERM", "SIGHUP"):
            # until the screen has better ones
            if signal.getsignal(getattr(signal, name)) is signal.SIG_DFL:
                signal.signal(getattr(signal, name), _end_at_once)

    @property
    def is_ours(self) -> bool:
        """Whether the keys were taken and not given back."""
        return self.attributes is not None

    def give_back(self) -> None:
        """Restore the terminal as it was before the program; does nothing that was done already."""
        if self.is_taken:
            self.is_taken = False
            _write(self.undo + RESTORE)
        attributes, self.attributes = self.attributes, None
        if attributes is not None:
            import termios

            descriptor = _input()
            try:
                if descriptor is not None:
                    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
            except (termios.error, OSError):
                # the terminal is gone
                return


STATE: Final = TerminalState()
"""The terminal of this process; there is one."""


@contextmanager
def kept_terminal() -> Iterator[TerminalState]:
    """Take the keys, and give the terminal back at the end, however it comes."""
    STATE.take_keys()
    try:
        yield STATE
    finally:
        STATE.give_back()


def _end_at_once(number: int, frame: object) -> None:
    """There is nothing to save yet."""
    STATE.give_back()
    os._exit(128 + number)


def _input() -> int | None:
    try:
        stream = sys.__stdin__
        return stream.fileno() if stream is not None and stream.isatty() else None
    except (OSError, ValueError):
        return None


def _write(text: str) -> None:
    for descriptor in (2, 1):
        try:
            if os.isatty(descriptor):
                os.write(descriptor, text.encode("ascii"))
                return
        except OSError:
            return
