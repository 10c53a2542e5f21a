"""The log file: warnings and errors, without keys and control characters."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import TextIO

from aimltui.common.patterns import pattern
from aimltui.common.redaction import Redact

_CONTROL = pattern(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LIMIT_BYTES = 2_000_000


def log_to(file: Path, redact: Redact) -> None:
    """Write warnings and errors to a file that only its owner can read (0600).

    The file is created with its first line, never at start. A file over 2 MB is renamed to `.1`, and a new one starts.
    """
    handler = _PrivateFile(file)
    handler.setFormatter(_Formatter(redact))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # a printed warning would garble the full-screen program
    logging.captureWarnings(True)
    logging.raiseExceptions = False


class _PrivateFile(logging.FileHandler):
    def __init__(self, file: Path) -> None:
        super().__init__(file, encoding="utf-8", errors="backslashreplace", delay=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line. If that fails, the line is dropped: the code that logs an error also shows it to the user."""
        with contextlib.suppress(OSError):
            super().emit(record)

    def _open(self) -> TextIO:  # type: ignore[override]  # FileHandler promises a wrapper, a text stream is enough
        file = Path(self.baseFilename)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if file.exists() and file.stat().st_size > _LIMIT_BYTES:
            file.replace(file.with_suffix(file.suffix + ".1"))
        descriptor = os.open(
            file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600
        )
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


class _Formatter(logging.Formatter):
    def __init__(self, redact: Redact) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        text = self._redact(super().format(record))
        return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
