"""The leases: which engine executes runs, and whether it is alive."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable
from pathlib import Path

from aimltui.common.dataclass import dataclass
from aimltui.common.processes import is_running
from aimltui.engine.store.database import Connection, Row

STALE_BEATS = 6
"""Missed heartbeats after which an engine counts as dead, where the kernel cannot tell."""


@dataclass(frozen=True, slots=True)
class Owner:
    """One engine in one process."""

    id: str
    host: str
    pid: int
    started: str | None
    """The process's start time as the kernel reports it, because process ids are reused."""


def this_process(owner_id: str) -> Owner:
    """Return an owner for an engine in this process."""
    pid = os.getpid()
    return Owner(owner_id, platform.node(), pid, _started(pid))


def beat(conn: Connection, owner: Owner, now: float) -> None:
    """Store a heartbeat, which differs from the one before even if the clock stands still or jumps back."""
    conn.execute(
        "INSERT INTO owners (id, host, pid, pid_started, heartbeat_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET heartbeat_at = max(excluded.heartbeat_at, heartbeat_at + 0.001)",
        (owner.id, owner.host, owner.pid, owner.started, now),
    )


def resign(conn: Connection, owner: Owner) -> None:
    """Delete the lease of an engine that closes."""
    conn.execute("DELETE FROM owners WHERE id = ?", (owner.id,))


class OtherOwners:
    """Tells which of the other engines are alive.

    Where the kernel cannot tell, an engine counts as dead once its heartbeat has stood still for `STALE_BEATS` beats of
    this process's monotonic clock: the clocks of two processes may differ, and either may jump.

    Args:
        me: The id of this engine.
        heartbeat_s: Seconds between two heartbeats of an engine that works.
        monotonic: Seconds that only go forward.
    """

    def __init__(self, me: str, heartbeat_s: float, monotonic: Callable[[], float]) -> None:
        self.me = me
        self._stale_s = heartbeat_s * STALE_BEATS
        self._monotonic = monotonic
        self._seen: dict[str, tuple[float, float, float]] = {}
        """By owner: its last heartbeat, since when it is known, and when it was last looked at."""
        self._lock = threading.Lock()

    def is_alive(self, conn: Connection, owner_id: str | None) -> bool:
        """Return whether the owner may be alive. In doubt it is."""
        row = _row(conn, owner_id)
        if row is None:
            return False
        if row["host"] != platform.node() or os.name != "posix":
            return not self._stands_still(row)
        if not is_running(row["pid"]):
            return False
        started = _started(row["pid"])
        if started is None or row["pid_started"] is None:
            return not self._stands_still(row)
        return bool(started == row["pid_started"])

    def is_stopped(self, conn: Connection, owner_id: str | None) -> bool:
        """Return whether the owner does nothing, even if its process still exists: it was suspended, or it hangs."""
        row = _row(conn, owner_id)
        return row is None or self._stands_still(row)

    def _stands_still(self, row: Row) -> bool:
        owner_id, heartbeat, now = row["id"], row["heartbeat_at"], self._monotonic()
        with self._lock:
            known, since, looked = self._seen.get(owner_id, (heartbeat, now, now))
            # an engine without work has no heartbeat, so what was seen long ago says nothing
            if known != heartbeat or now - looked > self._stale_s / 2:
                since = now
            self._seen[owner_id] = (heartbeat, since, now)
        return bool(now - since > self._stale_s)


def _row(conn: Connection, owner_id: str | None) -> Row | None:
    row: Row | None = conn.execute("SELECT * FROM owners WHERE id = ?", (owner_id,)).fetchone()
    return row


def _started(pid: int) -> str | None:
    """Return the start time, `dead` for a zombie, None where there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # the command's name is in parentheses and may contain spaces and parentheses
    fields = stat.rpartition(")")[2].split()
    return "dead" if fields[0] in ("Z", "X") else fields[19]
