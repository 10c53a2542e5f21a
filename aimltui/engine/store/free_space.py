"""Gives the space of deleted rows back to the disk, in steps that are short enough for a writer to wait."""

from __future__ import annotations

import shutil
from pathlib import Path

from aimltui.engine.store.database import Connection

_WORTH_BYTES = 8 << 20
"""Less than this is left to new rows."""
_STEP_BYTES = 16 << 20
_LARGEST_BYTES = 256 << 20
"""A database of an older program is rewritten once, which takes too long for a larger one."""
_INCREMENTAL = 2


def is_worthwhile(conn: Connection, path: Path) -> bool:
    """Return whether `give_back` would do something. For a reading connection."""
    page = _number(conn, "page_size")
    free = _number(conn, "freelist_count") * page
    if free < _WORTH_BYTES:
        return False
    if _number(conn, "auto_vacuum") == _INCREMENTAL:
        return True
    used = _number(conn, "page_count") * page - free
    # the old pages stay in the write-ahead log until the new ones are in place
    return free > used // 4 and used <= _LARGEST_BYTES and shutil.disk_usage(path.parent).free > 3 * used


def give_back(conn: Connection) -> None:
    """Give back some space. For the writing connection, outside of a transaction."""
    if _number(conn, "auto_vacuum") == _INCREMENTAL:
        pages = _STEP_BYTES // _number(conn, "page_size")
        # `execute` would stop after the first page
        conn.executescript(f"PRAGMA incremental_vacuum({pages})")
    else:
        conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
        conn.execute("VACUUM")
    # only then does the file become shorter
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _number(conn: Connection, name: str) -> int:
    return int(conn.execute(f"PRAGMA {name}").fetchone()[0])
