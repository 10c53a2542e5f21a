"""Ends runs that their engine can no longer end: the owner is dead or stopped. Inside transactions.

An engine expires its own runs, with their last text. Another one, whose clock may differ, does not.
"""

from __future__ import annotations

from aimltui.engine.errors import RunGone, RunOver
from aimltui.engine.options import EngineOptions
from aimltui.engine.runs.status import Outcome
from aimltui.engine.runs.supervisor import program_end
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.store import runs
from aimltui.engine.store.database import Connection
from aimltui.engine.store.leases import OtherOwners
from aimltui.wire.runs import CANCELLED, CANCELLING, EXPIRED, REQUIRES_ACTION


def end_if_orphaned(
    conn: Connection, row: runs.ActiveRow, options: EngineOptions, others: OtherOwners
) -> bool:
    """End an active run if its engine can no longer end it; return whether it was ended."""
    outcome = _verdict(conn, row, options, others)
    if outcome is None:
        return False
    try:
        RunTransaction(conn, row.id, options.clock()).end(outcome, options.new_id)
    except (RunGone, RunOver):
        return False
    return True


def active_run(
    conn: Connection, thread_id: str, options: EngineOptions, others: OtherOwners
) -> runs.ActiveRow | None:
    """Return the run that locks a thread; first end one that has expired or whose owner is dead.

    Args:
        conn: A connection inside a writing transaction.
        thread_id: The thread.
        options: The engine's options.
        others: Tells which other engines are alive.
    """
    for row in runs.active(conn, thread_id):
        if not end_if_orphaned(conn, row, options, others):
            return row
    return None


def end_orphaned_runs(conn: Connection, options: EngineOptions, others: OtherOwners) -> list[str]:
    """End all such runs; return the ids of their threads."""
    return [row.thread_id for row in runs.active(conn) if end_if_orphaned(conn, row, options, others)]


def has_orphaned_runs(conn: Connection, options: EngineOptions, others: OtherOwners) -> bool:
    """Return whether `end_orphaned_runs` would end a run. For a reading connection."""
    return any(_verdict(conn, row, options, others) is not None for row in runs.active(conn))


def _verdict(
    conn: Connection, row: runs.ActiveRow, options: EngineOptions, others: OtherOwners
) -> Outcome | None:
    if row.owner == others.me:
        return None
    is_over = row.expires_at is not None and options.clock() >= row.expires_at
    if row.status == REQUIRES_ACTION:
        return Outcome(EXPIRED) if is_over else None
    if not others.is_alive(conn, row.owner):
        if row.status == CANCELLING:
            return Outcome(CANCELLED)
        return program_end()
    # asked first, because a heartbeat has to be watched from the beginning
    return Outcome(EXPIRED) if others.is_stopped(conn, row.owner) and is_over else None
