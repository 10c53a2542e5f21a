"""How much may be spent on reading one file, and what is said when it cannot be read."""

from __future__ import annotations

import threading
import time
from typing import Final

from aimltui.wire.vector_stores import INVALID_FILE

MAX_CHARACTERS: Final = 20_000_000
"""Of the text of one file."""
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
    """Somebody does not want to wait any more."""


class Budget:
    """Time and size that one file may take.

    Args:
        deadline: By `time.monotonic`.
        stop: Set when nobody waits any more.
    """

    def __init__(self, deadline: float, stop: threading.Event) -> None:
        self._deadline = deadline
        self._stop = stop
        self._characters = 0

    def check(self) -> None:
        """See that there is time left.

        Raises:
            Unreadable: There is none.
            Stopped: Nobody waits any more.
        """
        if self._stop.is_set():
            raise Stopped
        # lets go of the interpreter: whoever waits for it, above all the event loop, goes first
        time.sleep(0)
        if time.monotonic() > self._deadline:
            raise Unreadable(INVALID_FILE, "Finding the text in the file took too long; it was given up.")

    def count(self, characters: int) -> None:
        """So many characters more.

        Raises:
            Unreadable: They are too many.
        """
        self._characters += characters
        if self._characters > MAX_CHARACTERS:
            raise Unreadable(
                INVALID_FILE,
                f"The file has too much text: at most {MAX_CHARACTERS:,} characters can be searched. Split it.",
            )
