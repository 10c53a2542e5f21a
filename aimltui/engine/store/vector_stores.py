"""The vector stores and batches of files in the database."""

from __future__ import annotations

from aimltui.engine.store.database import Connection, Row
from aimltui.engine.store.paging import Listing, page
from aimltui.wire.base import Page
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.vector_stores import (
    CANCELLED,
    COMPLETED,
    EXPIRED,
    FAILED,
    IN_PROGRESS,
    FileBatch,
    FileCounts,
    ListVectorStores,
    VectorStore,
)

_DAY_S = 86_400


def insert(conn: Connection, store: VectorStore) -> None:
    """Insert a vector store."""
    conn.execute(
        "INSERT INTO vector_stores (id, last_active_at, body) VALUES (?, ?, ?)",
        (store.id, store.created_at, store.model_dump_json()),
    )


def get(conn: Connection, store_id: str, now: int) -> VectorStore:
    """Return a vector store with its current counts and status.

    Raises:
        NotFound: The store does not exist.
    """
    row = conn.execute("SELECT * FROM vector_stores WHERE id = ?", (store_id,)).fetchone()
    if row is None:
        raise no_store(store_id)
    return _build(conn, row, now)


def require(conn: Connection, store_id: str) -> None:
    """Check that a vector store exists.

    Raises:
        NotFound: The store does not exist.
    """
    if conn.execute("SELECT 1 FROM vector_stores WHERE id = ?", (store_id,)).fetchone() is None:
        raise no_store(store_id)


def usable(conn: Connection, store_id: str, now: int) -> VectorStore:
    """Check that a vector store exists and has not expired.

    Raises:
        NotFound: The store does not exist.
        BadRequest: It has expired.
    """
    store = get(conn, store_id, now)
    if store.status == EXPIRED:
        raise BadRequest(f"Vector store '{store_id}' has expired.", code="vector_store_expired")
    return store


def is_usable(conn: Connection, store_id: str, now: int) -> bool:
    """Return whether a vector store exists and has not expired."""
    row = conn.execute("SELECT * FROM vector_stores WHERE id = ?", (store_id,)).fetchone()
    return row is not None and _build(conn, row, now).status != EXPIRED


def save(conn: Connection, store: VectorStore) -> None:
    """Store a changed vector store."""
    conn.execute("UPDATE vector_stores SET body = ? WHERE id = ?", (store.model_dump_json(), store.id))


def touch(conn: Connection, store_id: str, now: int) -> None:
    """Record the use of a vector store, from which its expiry counts."""
    conn.execute("UPDATE vector_stores SET last_active_at = ? WHERE id = ?", (now, store_id))


def delete(conn: Connection, store_id: str) -> None:
    """Delete a vector store; the files themselves stay.

    Raises:
        NotFound: The store does not exist.
    """
    if conn.execute("DELETE FROM vector_stores WHERE id = ?", (store_id,)).rowcount == 0:
        raise no_store(store_id)


def listed(conn: Connection, params: ListVectorStores, now: int) -> Page[VectorStore]:
    """Return one page of vector stores.

    Raises:
        BadRequest: An unknown cursor.
    """
    return page(conn, Listing("vector_stores"), params, lambda row: _build(conn, row, now))


def insert_batch(conn: Connection, batch_id: str, store_id: str, now: int) -> None:
    """Insert a batch without files."""
    conn.execute(
        "INSERT INTO file_batches (id, store_id, created_at) VALUES (?, ?, ?)", (batch_id, store_id, now)
    )


def get_batch(conn: Connection, store_id: str, batch_id: str) -> FileBatch:
    """Return a batch of a vector store.

    Raises:
        NotFound: The store or the batch does not exist.
    """
    require(conn, store_id)
    row = conn.execute(
        "SELECT * FROM file_batches WHERE id = ? AND store_id = ?", (batch_id, store_id)
    ).fetchone()
    if row is None:
        raise NotFound(f"No file batch found with id '{batch_id}' in vector store '{store_id}'.")
    counts, _ = _counts(conn, "batch_id", batch_id)
    status = COMPLETED
    if row["cancelled"]:
        status = CANCELLED
    elif counts.in_progress:
        status = IN_PROGRESS
    elif counts.total and counts.failed == counts.total:
        status = FAILED
    return FileBatch(
        id=row["id"],
        created_at=row["created_at"],
        vector_store_id=store_id,
        status=status,
        file_counts=counts,
    )


def mark_cancelled(conn: Connection, batch_id: str) -> None:
    """Mark a batch as cancelled; the caller cancels its files."""
    conn.execute("UPDATE file_batches SET cancelled = 1 WHERE id = ?", (batch_id,))


def no_store(store_id: str) -> NotFound:
    """Return the refusal that the API documents."""
    return NotFound(f"No vector store found with id '{store_id}'.")


def _build(conn: Connection, row: Row, now: int) -> VectorStore:
    store = VectorStore.model_validate_json(row["body"])
    counts, usage = _counts(conn, "store_id", store.id)
    after = store.expires_after
    expires_at = row["last_active_at"] + after.days * _DAY_S if after is not None else None
    status = IN_PROGRESS if counts.in_progress else COMPLETED
    return store.model_copy(
        update={
            "file_counts": counts,
            "usage_bytes": usage,
            "last_active_at": row["last_active_at"],
            "expires_at": expires_at,
            "status": EXPIRED if expires_at is not None and now >= expires_at else status,
        }
    )


def _counts(conn: Connection, column: str, value: str) -> tuple[FileCounts, int]:
    sql = (
        "SELECT status, count(*) AS files, coalesce(sum(usage_bytes), 0) AS bytes FROM store_files "  # noqa: S608
        f"WHERE {column} = ? GROUP BY status"
    )
    rows = conn.execute(sql, (value,)).fetchall()
    counts = {row["status"]: int(row["files"]) for row in rows}
    return FileCounts(**counts, total=sum(counts.values())), sum(int(row["bytes"]) for row in rows)
