"""The threads and files of requests that are not stored: who deletes them, and what was left of a process that is dead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aimltui.common.unstored import is_unstored
from aimltui.engine.store.database import Connection
from aimltui.engine.store.leases import OtherOwners


def mark_new(conn: Connection, owner_id: str, id_: str) -> None:
    """Mark a new thread or file if it belongs to a request that is not stored; see `common.unstored`."""
    if is_unstored():
        conn.execute("INSERT INTO unstored (id, owner) VALUES (?, ?)", (id_, owner_id))


def keep(conn: Connection, ids: Iterable[str]) -> None:
    """Let threads and files stay."""
    conn.executemany("DELETE FROM unstored WHERE id = ?", [(id_,) for id_ in ids])


def is_left(conn: Connection, others: OtherOwners) -> bool:
    """Return whether a dead process left something. For a reading connection."""
    return bool(_dead(conn, others))


def delete_left(conn: Connection, others: OtherOwners) -> Mapping[str, list[str]]:
    """Delete what dead processes left; return the ids of the deleted `threads` and `files`."""
    deleted: dict[str, list[str]] = {"threads": [], "files": []}
    for owner_id in _dead(conn, others):
        ids = [row["id"] for row in conn.execute("SELECT id FROM unstored WHERE owner = ?", (owner_id,))]
        for id_ in ids:
            for table, gone in deleted.items():
                if conn.execute(f"DELETE FROM {table} WHERE id = ?", (id_,)).rowcount:  # noqa: S608
                    gone.append(id_)
        keep(conn, ids)
    return deleted


def _dead(conn: Connection, others: OtherOwners) -> list[str]:
    owners = [row["owner"] for row in conn.execute("SELECT DISTINCT owner FROM unstored")]
    return [owner for owner in owners if owner != others.me and not others.is_alive(conn, owner)]
