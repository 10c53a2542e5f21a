"""A file to write to the terminal with that goes on without it if it is gone."""

from __future__ import annotations

from typing import IO, Any


class ForgivingFile:
    """A file of which writing never fails: a writer thread that stopped would stop the screen with it.

    Args:
        file: The terminal.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> Any:
        """Write; what the terminal cannot take is dropped."""
        try:
            return self._file.write(text)
        except UnicodeError:
            return self._file.write(text.encode("ascii", "replace").decode("ascii"))
        except (OSError, ValueError):
            return None

    def flush(self) -> None:
        """Hand on what was written."""
        try:
            self._file.flush()
        except (OSError, ValueError):
            return

    def fileno(self) -> int:
        """The terminal's descriptor."""
        return self._file.fileno()
