"""Semaphores for multiprocessing in a jail, where the system's named ones cannot be created: they need hard links.

The kernel program loads it inside the jail when code imports multiprocessing. The semaphores lie in memory that a process
shares with those that it forks, so processes that are started in another way cannot use them.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import threading
import time
from typing import Any

_RECURSIVE = 0
_SLICE_S = 1.0
"""Seconds of one wait: it ends at a time of the clock, which may jump."""
_ONLY_FORK = "This sandbox only has processes that are forked: use multiprocessing without a start method, or with 'fork'."

_libc = ctypes.CDLL(None, use_errno=True)


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class SemLock:
    """Does what `_multiprocessing.SemLock` does, for the start method `fork`."""

    SEM_VALUE_MAX = 2**31 - 1

    def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:
        if not unlink:
            raise RuntimeError(_ONLY_FORK)
        self.kind = kind
        self.maxvalue = maxvalue
        self.name = None
        self._held = 0
        self._holder = 0
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)
        self._semaphore = ctypes.c_char.from_buffer(self._memory)
        self.handle = ctypes.addressof(self._semaphore)
        if _libc.sem_init(self._at, 1, ctypes.c_uint(value)):
            raise OSError(ctypes.get_errno(), "a semaphore cannot be created")

    @property
    def _at(self) -> ctypes.c_void_p:
        return ctypes.c_void_p(self.handle)

    @classmethod
    def _rebuild(cls, *state: object) -> SemLock:
        raise RuntimeError(_ONLY_FORK)

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take it; return False if it was not free in time."""
        if self.kind == _RECURSIVE and self._is_mine():
            self._held += 1
            return True
        end = None if timeout is None else time.monotonic() + max(0.0, timeout)
        while _libc.sem_trywait(self._at):
            if not block or (end is not None and time.monotonic() >= end):
                return False
            if self._wait(end) == 0:
                break
        self._held += 1
        self._holder = threading.get_ident()
        return True

    def _wait(self, end: float | None) -> int:
        if end is None:
            failed = _libc.sem_wait(self._at)
        else:
            until = time.time() + min(_SLICE_S, max(0.0, end - time.monotonic()))
            at = _Time(int(until), int(until % 1 * 1e9))
            failed = _libc.sem_timedwait(self._at, ctypes.byref(at))
        if failed and (number := ctypes.get_errno()) not in (errno.EINTR, errno.ETIMEDOUT, errno.EAGAIN):
            raise OSError(number, "the semaphore cannot be used")
        return int(failed)

    def release(self) -> None:
        """Give it back."""
        if self.kind == _RECURSIVE:
            if not self._is_mine():
                raise AssertionError("attempt to release recursive lock not owned by thread")
            if self._held > 1:
                self._held -= 1
                return
        elif self._get_value() >= self.maxvalue:
            raise ValueError("semaphore or lock released too many times")
        self._held -= 1
        _libc.sem_post(self._at)

    def _count(self) -> int:
        return self._held

    def _is_mine(self) -> bool:
        return self._held > 0 and self._holder == threading.get_ident()

    def _get_value(self) -> int:
        value = ctypes.c_int()
        _libc.sem_getvalue(self._at, ctypes.byref(value))
        return max(0, value.value)

    def _is_zero(self) -> bool:
        return self._get_value() == 0

    def _after_fork(self) -> None:
        self._held = 0

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: Any) -> None:
        self.release()
