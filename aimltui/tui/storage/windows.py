"""Window: a name for this window and a lock that others see, so that they know which files belong to a running one."""

from __future__ import annotations

import os
import weakref
from pathlib import Path

from aimltui.common.disk import ensure_private_dir, exclusive, random_name

_SUFFIX = ".lock"


class Window:
    """The name of this window. The lock goes with the process, however it ends.

    Where there are no locks (Windows, some network file systems), every other window counts as ended.

    Args:
        directory: The directory of the locks, which is created with the first lock.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._unlock: weakref.finalize[[int], Window] | None = None
        self._has_ended = False
        self.name = random_name(6)

    def announce(self) -> None:
        """Hold the lock until the window ends, and remove those of windows that have ended.

        A late write of a window that has ended takes no lock: no other window could open what it saved.

        Raises:
            ConfigError: The directory cannot be created.
            OSError: The lock cannot be written.
        """
        if self._unlock is not None or self._has_ended:
            return
        ensure_private_dir(self._directory)
        # together with the search for ended windows, which could take a file for one that is not locked yet
        with exclusive(self._directory):
            for file in self._directory.glob(f"*{_SUFFIX}"):
                if not _is_locked(file):
                    file.unlink(missing_ok=True)
            number = os.open(self._file(self.name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._unlock = weakref.finalize(self, os.close, number)
            _try_lock(number)

    def is_running(self, name: str) -> bool:
        """Whether a window of this name runs, this one included."""
        return name == self.name or _is_locked(self._file(name))

    def end(self) -> None:
        """Give the lock up: what this window saved belongs to the next one that opens it."""
        self._has_ended = True
        if self._unlock is not None:
            self._file(self.name).unlink(missing_ok=True)
            self._unlock()
            self._unlock = None

    def _file(self, name: str) -> Path:
        return self._directory / f"{name}{_SUFFIX}"


def _is_locked(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return not _try_lock(opened.fileno())
    except OSError:
        return False


def _try_lock(number: int) -> bool:
    """Lock an open file; False if another process, or another open file of this one, holds it."""
    try:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return True
    return True
