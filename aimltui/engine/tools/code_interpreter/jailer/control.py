"""A keeper's connection to the program: commands and messages as lines of JSON, and passed descriptors.

The keeper reads commands from its standard input and writes messages to its standard output. The input ends when the
program ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

_PIECE = 65536


class Control:
    """The keeper's end of the pipes to the program."""

    def __init__(self) -> None:
        self._buffer = b""

    def read_plan(self) -> dict[str, Any] | None:
        """Wait for the first line, the plan of the jail.

        Returns:
            The plan; None if the program has ended.
        """
        for number in (signal.SIGINT, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        while b"\n" not in self._buffer:
            if not self.receive():
                return None
        return next(self.commands())

    def receive(self) -> bool:
        """Wait for input and read it; False if the program has ended."""
        piece = os.read(0, _PIECE)
        self._buffer += piece
        return bool(piece)

    def commands(self) -> Iterator[dict[str, Any]]:
        """The complete commands that have arrived."""
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            yield json.loads(line)

    def send(self, **message: object) -> None:
        """Send a message; nothing happens if the program has ended."""
        with suppress(OSError):
            os.write(1, json.dumps(message).encode() + b"\n")


def take_descriptors(given: list[int]) -> None:
    """In a forked process: move the given descriptors to 1, 2, 3 and so on, make 0 empty and close all others."""
    # moved up first, because a new number may be the old one of another descriptor
    moved = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 100) for number in given]
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    for target, number in enumerate(moved, start=1):
        os.dup2(number, target)
    os.closerange(len(moved) + 1, 1 << 16)


def silence_errors() -> None:
    """Discard the keeper's standard error from now on, because the code writes to the same pipe."""
    os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
