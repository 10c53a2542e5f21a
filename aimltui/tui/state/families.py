"""The branches of a conversation in the list of threads: they are one row, the branch that was used last. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from aimltui.wire.threads import FAMILY, USED_AT, Thread, ThreadSummary


def family_of(thread: Thread) -> str:
    """Return what all branches of a conversation have in common."""
    return (thread.metadata or {}).get(FAMILY) or thread.id


def families(threads: Iterable[ThreadSummary]) -> list[list[ThreadSummary]]:
    """Return the threads with the branches of each conversation together, in the order of their first ones."""
    found: dict[str, list[ThreadSummary]] = {}
    for thread in threads:
        found.setdefault(family_of(thread), []).append(thread)
    return list(found.values())


def last_used(branches: Iterable[ThreadSummary], opened: str | None = None) -> ThreadSummary:
    """Return the branch that is open, or else the one that was chosen, or in which something was said, last."""
    return max(branches, key=lambda branch: (branch.id == opened, used_at(branch), branch.created_at))


def used_at(thread: ThreadSummary) -> float:
    """Return when a branch was used last, in Unix seconds."""
    try:
        chosen = float((thread.metadata or {}).get(USED_AT, ""))
    except ValueError:
        chosen = 0.0
    return max(chosen, float(thread.last_active_at or thread.created_at))
