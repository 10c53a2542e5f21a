"""The leases: which engine executes runs, and whether it is alive."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from aimltui.common.processes import is_running
from aimltui.engine.store.database import Connection

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
    """Store a heartbeat."""
    conn.execute(
        "INSERT INTO owners (id, host, pid, pid_started, heartbeat_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at",
        (owner.id, owner.host, owner.pid, owner.started, now),
    )


def resign(conn: Connection, owner: Owner) -> None:
    """Delete the lease of an engine that closes."""
    conn.execute("DELETE FROM owners WHERE id = ?", (owner.id,))


def is_alive(conn: Connection, owner_id: str | None, now: float, heartbeat_s: float) -> bool:
    """Return whether the owner may be alive. In doubt it is, since its runs expire anyway."""
    row = conn.execute("SELECT * FROM owners WHERE id = ?", (owner_id,)).fetchone()
    if row is None:
        return False
    fresh = bool(now - row["heartbeat_at"] <= heartbeat_s * STALE_BEATS)
    if row["host"] != platform.node() or os.name != "posix":
        return fresh
    if not is_running(row["pid"]):
        return False
    started = _started(row["pid"])
    if started is None or row["pid_started"] is None:
        return fresh
    return bool(started == row["pid_started"])


def _started(pid: int) -> str | None:
    """Return the start time, `dead` for a zombie, None where there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # the command's name is in parentheses and may contain spaces and parentheses
    fields = stat.rpartition(")")[2].split()
    return "dead" if fields[0] in ("Z", "X") else fields[19]
