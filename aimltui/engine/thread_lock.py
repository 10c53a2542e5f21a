"""The lock of a thread: its active run. Inside a writing transaction."""

from __future__ import annotations

from aimltui.engine.runs import recovery
from aimltui.engine.runtime import Core
from aimltui.engine.store import runs
from aimltui.engine.store.database import Connection


def active_run(conn: Connection, thread_id: str, core: Core) -> runs.ActiveRow | None:
    """The thread's active run; one that has expired, or whose owner is dead, is ended and does not count."""
    for row in runs.active(conn, thread_id):
        if not recovery.recover(conn, row, core.options, core.owner.id):
            return row
    return None
