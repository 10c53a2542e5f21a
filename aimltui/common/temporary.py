"""Ids of temporary threads, which are only in the memory of this program. Pure."""

from __future__ import annotations

from typing import Final

_PREFIX: Final = "thread_temporary"
NEW_TEMPORARY: Final = f"{_PREFIX}_new"
"""The key of the draft for a new temporary thread."""


def temporary_id(thread_id: str) -> str:
    """Return an id for a temporary thread, from one for a thread."""
    return thread_id.replace("thread_", f"{_PREFIX}_", 1)


def is_temporary(thread_id: str | None) -> bool:
    """Whether a thread is temporary, by its id or by the name of a file with its draft."""
    return thread_id is not None and thread_id.startswith(_PREFIX)
