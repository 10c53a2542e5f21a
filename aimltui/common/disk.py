"""Files that several windows of this program change: one at a time."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from aimltui.common.errors import ConfigError

DATA_DIR_VARIABLE = "AIMLTUI_DATA_DIR"
CONFIG_DIR_VARIABLE = "AIMLTUI_CONFIG_DIR"

_PATIENCE_S = 5.0
_PAUSE_S = 0.01
_serial = count()


@contextlib.contextmanager
def exclusive(directory: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Let no other window of this program, and no other thread, change the files of a directory meanwhile.

    It blocks, so it is used in a worker thread. On Windows, and where a file system has no locks, nobody is kept out.

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
        end = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise TimeoutError(
                        "another window of this program has been changing it for some seconds. Try again later"
                    ) from None
                time.sleep(_PAUSE_S)
            except OSError:
                # Some network file systems have no locks: changing a file must be possible there, too.
                break
            else:
                break
        yield
    finally:
        os.close(descriptor)


def ensure_private_dir(directory: Path) -> Path:
    """Make a directory, with its missing parents, that only its owner can enter.

    A directory that is there already is left as it is: it may be one the user shares on purpose.

    Raises:
        ConfigError: it cannot be made, or something else has its name.
    """
    try:
        if not directory.is_dir():
            directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            directory.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(
            f"The directory {directory} cannot be made: {reason}. "
            f"Choose another one with --data-dir, {DATA_DIR_VARIABLE} or {CONFIG_DIR_VARIABLE}."
        ) from error
    return directory


def write_private(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put `content` in place of the file's old content in one step; the file is its owner's alone (0600).

    A reader sees the old content or the new one, never a part. A symbolic link stays a link.

    Args:
        file: The file; its directory must exist.
        content: What it holds afterwards.
        mode: Its permissions afterwards; another one than 0600 only for a file that is the user's own.

    Raises:
        OSError: the disk is full, the directory is missing or read-only, ...; the old content is untouched.
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
