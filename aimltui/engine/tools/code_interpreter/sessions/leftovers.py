"""The directory of an engine's sessions, which is locked while the engine lives; what killed engines left is removed."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from aimltui.common.processes import is_running
from aimltui.engine.tools.code_interpreter.files import directory as place

_LOCK = ".lock"


class EngineDirectory:
    """A directory for the sessions of one engine.

    The lock stands beside the directory and is held before that exists, so that another engine never takes a new
    directory for a leftover. The system releases it when the process dies, whatever becomes of the process's number.

    Args:
        top: The directory for the sessions of all engines.
    """

    def __init__(self, top: Path) -> None:
        self._top = top
        self.path = top / f"{os.getpid()}-{os.urandom(4).hex()}"
        self._lock: int | None = None

    def create(self) -> None:
        """Create the directory if it does not exist.

        Raises:
            OSError: It cannot be created.
        """
        if self.path.exists():
            return
        self._top.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = os.open(_lock_of(self.path), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            _try_lock(self._lock)
        self.path.mkdir(mode=0o700, exist_ok=True)

    def remove(self) -> None:
        """Delete the directory with everything in it, and its lock."""
        delete(self.path)
        if self._lock is not None:
            _lock_of(self.path).unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def remove_leftovers(top: Path) -> None:
    """Delete the directories of engines that no longer live."""
    try:
        names = sorted(os.listdir(top))
    except OSError:
        return
    for name in names:
        own = name.removesuffix(_LOCK)
        if own.partition("-")[0].isdigit() and (name == own or own not in names):
            with contextlib.suppress(OSError):
                _remove_leftover(top / own)


def delete(directory: Path) -> None:
    """Delete a directory that code has written to; the next start deletes what remains.

    Not with `shutil.rmtree`, which recurses and fails where directories are nested too deeply.
    """
    with contextlib.suppress(OSError):
        place.remove(directory)


def _remove_leftover(directory: Path) -> None:
    lock = _lock_of(directory)
    try:
        number = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        # `remove` has deleted the lock, but could not delete all of the directory
        if not is_running(int(directory.name.partition("-")[0])):
            delete(directory)
        return
    try:
        # a lock without a directory may belong to an engine that creates it in this moment
        is_left = _try_lock(number) and (
            directory.exists() or not is_running(int(lock.name.partition("-")[0]))
        )
        if is_left:
            delete(directory)
            lock.unlink(missing_ok=True)
    finally:
        os.close(number)


def _try_lock(number: int) -> bool:
    """Take a lock; return False if another process holds it, or if the file system has no locks."""
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _lock_of(directory: Path) -> Path:
    return directory.with_name(f"{directory.name}{_LOCK}")
