"""Files that several windows of this program change: one at a time."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

_PATIENCE_S = 5.0
_PAUSE_S = 0.01


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
