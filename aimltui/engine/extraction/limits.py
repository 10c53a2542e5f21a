"""The limits for reading one file, and the errors when it cannot be read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from aimltui.common.dataclass import dataclass

# as in `wire.vector_stores`, whose import would cost each reading process half a second
UNSUPPORTED_FILE: Final = "unsupported_file"
INVALID_FILE: Final = "invalid_file"

MAX_CHARACTERS: Final = 20_000_000
"""The limit for the text of one file."""
MAX_TOKENS: Final = 5_000_000

TOOK_TOO_LONG: Final = (
    "Reading the file's text took too long and was stopped. Split the file, and add the parts."
)
OUT_OF_MEMORY: Final = "Reading the file needs too much memory. Split the file, and add the parts."
READING_FAILED: Final = (
    "Reading the file failed: it is damaged, or its reader needs more memory than is allowed. Open it in the program "
    "that made it, save it again, and add the new file."
)


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


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What the process that reads a file may use."""

    seconds: float = 60.0
    """The longest time without progress, e.g. for one page."""
    total_s: float = 600.0
    """The longest time in all."""
    grace_s: float = 5.0
    """The time until the process is ended if it does not end by itself."""
    memory_bytes: int = 1_500_000_000
    """Address space, which includes the program itself."""


class Budget:
    """The time and the number of characters that one file may take.

    Args:
        deadline: By `time.monotonic`.
        stop: Set when the caller no longer waits.
        report: Called with the parts that were read (pages, sheets) and their number, 0 if that is unknown.
    """

    def __init__(
        self,
        deadline: float,
        stop: threading.Event | None = None,
        report: Callable[[int, int], None] | None = None,
    ) -> None:
        self._deadline = deadline
        self._stop = stop
        self._report = report
        self._characters = 0
        self._seen = (0, 0)

    def check(self) -> None:
        """Check that there is time left.

        Raises:
            Unreadable: The time is up.
            Stopped: The caller no longer waits.
        """
        if self._stop is not None:
            if self._stop.is_set():
                raise Stopped
            # releases the interpreter lock, so that other threads, above all the event loop, run first
            time.sleep(0)
        if time.monotonic() > self._deadline:
            raise Unreadable(INVALID_FILE, TOOK_TOO_LONG)

    def extend(self, deadline: float) -> None:
        """Allow more time: there was progress."""
        self._deadline = deadline

    def progress(self, done: int, total: int = 0) -> None:
        """Tell how many parts were read.

        Args:
            done: Pages, slides, sheets, letters that were read.
            total: Their number; 0 if it is unknown.
        """
        self._seen = (done, total)
        self.go_on()

    def go_on(self) -> None:
        """Tell that the part that is being read is long, and that its reading goes on."""
        if self._report is not None:
            self._report(*self._seen)

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


def budget(seconds: float, stop: threading.Event | None = None) -> Budget:
    """Return the limits for reading one file, counted from this moment."""
    return Budget(time.monotonic() + seconds, stop)
