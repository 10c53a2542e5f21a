"""Marks what is made for a request that is not stored, so that it goes even if the process is killed before it can delete it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_UNSTORED: ContextVar[bool] = ContextVar("unstored", default=False)


def is_unstored() -> bool:
    """Return whether threads and files that are made now belong to a request that is not stored."""
    return _UNSTORED.get()


@contextmanager
def unstored(is_so: bool = True) -> Iterator[None]:
    """Mark the threads and files that are made meanwhile; only around awaiting, never around a `yield`."""
    token = _UNSTORED.set(is_so)
    try:
        yield
    finally:
        _UNSTORED.reset(token)
