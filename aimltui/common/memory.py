"""Has large blocks of memory returned to the system as soon as they are free."""

from __future__ import annotations

import contextlib
import sys

_THRESHOLD = -3
"""M_MMAP_THRESHOLD of glibc."""
_LARGE_BYTES = 1 << 20


def return_large_blocks() -> None:
    """Tell the C library to take every large block from the system and to return it at once.

    Without this, glibc raises its limit with every large block that is freed, and keeps the next ones: a message of 33 MB
    would stay in memory, several times. Elsewhere it does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(_THRESHOLD, _LARGE_BYTES)
