"""Private directories, files replaced in one step, and a lock for files that several windows change."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from aimltui.common.errors import ConfigError

DATA_DIR_VARIABLE = "AIMLTUI_DATA_DIR"
CONFIG_DIR_VARIABLE = "AIMLTUI_CONFIG_DIR"

_PATIENCE_S = 5.0
_PAUSE_S = 0.001
_serial = count()
_released = {"at": float("-inf")}
"""When this program released a lock last."""

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
_MISPLACED = frozenset((errno.ENOENT, errno.ENOTDIR, errno.EISDIR))
_FORBIDDEN = frozenset((errno.EACCES, errno.EPERM, errno.EROFS))


def disk_reason(error: OSError) -> str:
    """Return why a file could not be read or written, and what to do, as the second half of a sentence."""
    if error.errno in _FULL:
        return "the disk is full. Free some space, then try again"
    advice = "Check whether the disk is full or failing"
    if error.errno in _MISPLACED:
        advice = "Check the path"
    elif error.errno in _FORBIDDEN:
        advice = "Check the permissions"
    return f"{error.strerror or error}. {advice}"


def random_name(length: int) -> str:
    """Return that many random bytes as hexadecimal digits, without the imports of `secrets`."""
    return os.urandom(length).hex()


@contextlib.contextmanager
def exclusive(directory: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Hold the lock of a directory, so that no other window of this program and no other thread changes its files.

    It blocks, so call it in a worker thread. On Windows, and on file systems without locks, it does not lock.

    Args:
        directory: The directory; it must exist.
        patience_s: Seconds to wait for another window, which may be suspended in the middle of a change.

    Raises:
        OSError: The directory cannot be opened.
        TimeoutError: Another window did not finish in time; an `OSError`, too.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if time.monotonic() - _released["at"] < 2 * _PAUSE_S:
            # A window that makes many changes in a row would hardly ever leave the lock to another one.
            time.sleep(2 * _PAUSE_S)
        end = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise TimeoutError(
                        "another window of this program is still writing it. Try again in a few seconds"
                    ) from None
                time.sleep(_PAUSE_S)
            except OSError:
                # Some network file systems have no locks, and files must be writable there, too.
                break
            else:
                break
        yield
    finally:
        os.close(descriptor)
        _released["at"] = time.monotonic()


def ensure_private_dir(directory: Path) -> Path:
    """Create a directory, with its missing parents, that only its owner can enter.

    An existing directory is not changed: the user may share it on purpose.

    Raises:
        ConfigError: It cannot be created, or a file has its name.
    """
    try:
        if not directory.is_dir():
            directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            directory.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(
            f"The directory {directory} cannot be created: {reason}. "
            f"Choose another one with --data-dir, {DATA_DIR_VARIABLE} or {CONFIG_DIR_VARIABLE}."
        ) from error
    return directory


def write_private(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace the content of a file in one step; only its owner can read the file (0600).

    A reader sees the old content or the new one, never a mixture. A symbolic link stays a link.

    Args:
        file: The file; its directory must exist.
        content: The new content.
        mode: The new permissions. Use a value other than 0600 only for a file that the user wrote.

    Raises:
        OSError: The disk is full, the directory is missing or read-only, ...; the old content is unchanged.
    """
    target = Path(os.path.realpath(file))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{next(_serial)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if mode != 0o600:
            temporary.chmod(mode)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
