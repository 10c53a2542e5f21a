"""Maintenance of files, inside transactions: at the start and from time to time."""

from __future__ import annotations

from aimltui.engine.files.blob_store import BlobStore
from aimltui.engine.options import EngineOptions
from aimltui.engine.store import files, unstored, uploads
from aimltui.engine.store import vector_store_files as store_files
from aimltui.engine.store.database import Connection
from aimltui.engine.store.leases import OtherOwners


def is_needed(conn: Connection, options: EngineOptions, others: OtherOwners) -> bool:
    """Return whether `maintain` would do something. For a reading connection."""
    now = options.now()
    return (
        files.has_expired(conn, now)
        or uploads.has_expired(conn, now)
        or bool(store_files.orphaned(conn, others))
        or unstored.is_left(conn, others)
    )


def maintain(conn: Connection, options: EngineOptions, others: OtherOwners) -> tuple[list[str], list[str]]:
    """Delete expired files and what dead engines left, and take over their unindexed files.

    Returns:
        The ids whose bytes are no longer needed, and those of deleted threads.
    """
    now = options.now()
    store_files.adopt(conn, others)
    left = unstored.delete_left(conn, others)
    return files.expire(conn, now) + uploads.expire(conn, now) + left["files"], left["threads"]


def delete_orphans(conn: Connection, blobs: BlobStore, others: OtherOwners) -> None:
    """Delete bytes that belong to no id, left by a process that died between the disk and the database.

    It holds the writing lock, under which bytes are also moved to their ids and ids are stored.
    """
    blobs.remove(blobs.kept() - files.every_id(conn) - uploads.part_ids(conn))
    for path, owner in blobs.arrivals().items():
        if not others.is_alive(conn, owner):
            path.unlink(missing_ok=True)
