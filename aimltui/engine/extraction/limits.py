"""The limits for reading one file, and the errors when it cannot be read."""

from __future__ import annotations

import threading
import time
from typing import Final

from aimltui.wire.vector_stores import INVALID_FILE

MAX_CHARACTERS: Final = 20_000_000
"""The limit for the text of one file."""
MAX_TOKENS: Final = 5_000_000


class Unreadable(Exception):
    """The file has no text that could be searched.

    Attributes:
        code: `unsupported_file` or `invalid_file`.
        message: Why, and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Stopped(Exception):
    """The caller no longer waits."""


class Budget:
    """The time and the number of characters that one file may take.

    Args:
        deadline: By `time.monotonic`.
        stop: Set when the caller no longer waits.
    """

    def __init__(self, deadline: float, stop: threading.Event) -> None:
        self._deadline = deadline
        self._stop = stop
        self._characters = 0

    def check(self) -> None:
        """Check that there is time left.

        Raises:
            Unreadable: The time is up.
            Stopped: The caller no longer waits.
        """
        if self._stop.is_set():
            raise Stopped
        # releases the interpreter lock, so that other threads, above all the event loop, run first
        time.sleep(0)
        if time.monotonic() > self._deadline:
            raise Unreadable(INVALID_FILE, "Reading the file's text took too long and was stopped.")

    def count(self, characters: int) -> None:
        """Count more characters.

        Raises:
            Unreadable: There are too many.
        """
        self._characters += characters
        if self._characters > MAX_CHARACTERS:
            raise Unreadable(
                INVALID_FILE,
                f"The file has too much text: at most {MAX_CHARACTERS:,} characters can be searched. Split it.",
            )
