"""Ends runs that their engine can no longer end: the owner is dead, or the run has expired. Inside transactions."""

from __future__ import annotations

from aimltui.engine.errors import RunGone, RunOver
from aimltui.engine.options import EngineOptions
from aimltui.engine.runs.status import Outcome
from aimltui.engine.runs.supervisor import ENDED
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.store import leases, runs
from aimltui.engine.store.database import Connection
from aimltui.wire.runs import CANCELLED, CANCELLING, EXPIRED, FAILED, REQUIRES_ACTION, LastError

_GRACE_S = 5.0
"""Seconds that a living owner has to expire its own run."""


def recover(conn: Connection, row: runs.ActiveRow, options: EngineOptions, me: str) -> bool:
    """End an active run if its engine can no longer end it; return whether it was ended."""
    outcome = _verdict(conn, row, options, me)
    if outcome is None:
        return False
    try:
        RunTransaction(conn, row.id, options.clock()).end(outcome, options.new_id)
    except (RunGone, RunOver):
        return False
    return True


def active_run(
    conn: Connection, thread_id: str, options: EngineOptions, owner_id: str
) -> runs.ActiveRow | None:
    """Return the run that locks a thread; first end one that has expired or whose owner is dead.

    Args:
        conn: A connection inside a writing transaction.
        thread_id: The thread.
        options: The engine's options.
        owner_id: The engine that asks.
    """
    for row in runs.active(conn, thread_id):
        if not recover(conn, row, options, owner_id):
            return row
    return None


def recover_all(conn: Connection, options: EngineOptions, me: str) -> list[str]:
    """End all such runs; return the ids of their threads."""
    return [row.thread_id for row in runs.active(conn) if recover(conn, row, options, me)]


def needs_recovery(conn: Connection, options: EngineOptions, me: str) -> bool:
    """Return whether `recover_all` would end a run. For a reading connection."""
    return any(_verdict(conn, row, options, me) is not None for row in runs.active(conn))


def _verdict(conn: Connection, row: runs.ActiveRow, options: EngineOptions, me: str) -> Outcome | None:
    if row.owner == me:
        return None
    now = options.clock()
    if row.status == REQUIRES_ACTION:
        over = row.expires_at is not None and now >= row.expires_at
        return Outcome(EXPIRED) if over else None
    if not leases.is_alive(conn, row.owner, now, options.heartbeat_s):
        if row.status == CANCELLING:
            return Outcome(CANCELLED)
        return Outcome(
            FAILED, LastError(code="server_error", message=ENDED, remedy="Send the message again.")
        )
    if row.expires_at is not None and now >= row.expires_at + _GRACE_S:
        return Outcome(EXPIRED)
    return None
