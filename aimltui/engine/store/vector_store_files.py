"""The files of vector stores in the database, and the queue of the indexer."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aimltui.common.dataclass import dataclass
from aimltui.engine.extraction.chunks import Chunk
from aimltui.engine.store.database import Connection, Row
from aimltui.engine.store.leases import OtherOwners
from aimltui.engine.store.paging import Listing, page
from aimltui.wire.base import Page
from aimltui.wire.errors import NotFound
from aimltui.wire.vector_stores import (
    CANCELLED,
    COMPLETED,
    FAILED,
    IN_PROGRESS,
    Attributes,
    ChunkingStrategy,
    FileError,
    FileProgress,
    ListFileBatchFiles,
    ListVectorStoreFiles,
    StaticChunking,
    VectorStoreFile,
)

WASTE_AT_ONCE = 200
"""Chunks that are deleted in one transaction, so that other writers get their turn."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the indexer's queue."""

    seq: int
    file_id: str
    filename: str
    chunking: StaticChunking
    encoding: str = ""
    """The encoding of its text that the user names by an attribute; empty to recognise it."""


def put(conn: Connection, file: VectorStoreFile, owner: str, batch_id: str | None = None) -> None:
    """Add a file, to be indexed by `owner`; a file that is already there is indexed again."""
    conn.execute("DELETE FROM store_files WHERE store_id = ? AND id = ?", (file.vector_store_id, file.id))
    conn.execute(
        "INSERT INTO store_files (store_id, id, batch_id, status, owner, body) VALUES (?, ?, ?, ?, ?, ?)",
        (file.vector_store_id, file.id, batch_id, file.status, owner, file.model_dump_json()),
    )


def get(conn: Connection, store_id: str, file_id: str) -> VectorStoreFile:
    """Return a file of a vector store.

    Raises:
        NotFound: The store does not have it.
    """
    return _build(_row(conn, store_id, file_id))


def is_there(conn: Connection, store_id: str, file_id: str) -> bool:
    """Return whether the file is in the store, and neither failed nor cancelled."""
    row = conn.execute(
        "SELECT status FROM store_files WHERE store_id = ? AND id = ?", (store_id, file_id)
    ).fetchone()
    return row is not None and row["status"] in (IN_PROGRESS, COMPLETED)


def set_attributes(
    conn: Connection, store_id: str, file_id: str, attributes: Attributes | None
) -> VectorStoreFile:
    """Replace a file's attributes.

    Raises:
        NotFound: The store does not have the file.
    """
    row = _row(conn, store_id, file_id)
    file = _build(row).model_copy(update={"attributes": attributes or {}})
    conn.execute("UPDATE store_files SET body = ? WHERE seq = ?", (file.model_dump_json(), row["seq"]))
    return file


def delete(conn: Connection, store_id: str, file_id: str) -> None:
    """Remove a file from the store.

    Raises:
        NotFound: The store does not have it.
    """
    conn.execute("DELETE FROM store_files WHERE seq = ?", (_row(conn, store_id, file_id)["seq"],))


def listed(conn: Connection, params: ListVectorStoreFiles) -> Page[VectorStoreFile]:
    """Return one page of the files of a store or a batch.

    Raises:
        BadRequest: An unknown cursor.
    """
    where, args = "store_id = ?", list[object]([params.vector_store_id])
    if isinstance(params, ListFileBatchFiles):
        where += " AND batch_id = ?"
        args.append(params.batch_id)
    if params.filter is not None:
        where += " AND status = ?"
        args.append(params.filter)
    return page(conn, Listing("store_files", where=where, args=args), params, _build)


def total(conn: Connection, store_id: str) -> int:
    """Return the number of files in a store."""
    return int(conn.execute("SELECT count(*) FROM store_files WHERE store_id = ?", (store_id,)).fetchone()[0])


def count(conn: Connection, store_ids: Sequence[str], status: str) -> int:
    """Return the number of files with a status in some stores."""
    marks = ",".join("?" * len(store_ids))
    sql = f"SELECT count(*) FROM store_files WHERE store_id IN ({marks}) AND status = ?"  # noqa: S608
    return int(conn.execute(sql, (*store_ids, status)).fetchone()[0])


def failures(conn: Connection, store_ids: Sequence[str], limit: int) -> list[tuple[str, str]]:
    """Return the names of files that could not be indexed, with the reasons; the newest ones."""
    marks = ",".join("?" * len(store_ids))
    rows = conn.execute(
        "SELECT s.body, f.filename FROM store_files s JOIN files f ON f.id = s.id "  # noqa: S608
        f"WHERE s.store_id IN ({marks}) AND s.status = ? ORDER BY s.seq DESC LIMIT ?",
        (*store_ids, FAILED, limit),
    )
    found = ((row["filename"], VectorStoreFile.model_validate_json(row["body"]).last_error) for row in rows)
    return [(name, error.message) for name, error in found if error is not None]


def being_read(conn: Connection, store_ids: Sequence[str]) -> list[tuple[str, FileProgress | None]]:
    """Return the names of files that are not indexed yet, with how much of each has been read; those in work first."""
    marks = ",".join("?" * len(store_ids))
    rows = conn.execute(
        "SELECT s.body, f.filename FROM store_files s JOIN files f ON f.id = s.id "  # noqa: S608
        f"WHERE s.store_id IN ({marks}) AND s.status = ? ORDER BY s.seq",
        (*store_ids, IN_PROGRESS),
    )
    found = [(row["filename"], _build(row).progress) for row in rows]
    return sorted(found, key=lambda file: file[1] is None)


def text_of(conn: Connection, store_id: str, file_id: str) -> str:
    """Return the text of a file; empty while there is none."""
    row = _row(conn, store_id, file_id)
    if row["status"] != COMPLETED:
        return ""
    chunks = conn.execute(
        "SELECT substr(text, overlap + 1) AS text FROM chunks WHERE entry = ? ORDER BY position",
        (row["seq"],),
    )
    return "".join(chunk["text"] for chunk in chunks)


def cancel_batch(conn: Connection, batch_id: str) -> None:
    """Cancel the files of a batch that are not indexed yet."""
    rows = conn.execute(
        "SELECT * FROM store_files WHERE batch_id = ? AND status = 'in_progress'", (batch_id,)
    ).fetchall()
    for row in rows:
        _end(conn, row, CANCELLED)


# the following functions are the indexer's


def next_entry(conn: Connection, owner: str, busy: Sequence[int]) -> Entry | None:
    """Return the oldest queued file of the owner that no task is indexing."""
    marks = ",".join("?" * len(busy))
    row = conn.execute(
        "SELECT s.seq, s.id, s.body, f.filename FROM store_files s JOIN files f ON f.id = s.id "  # noqa: S608
        f"WHERE s.owner = ? AND s.status = 'in_progress' AND s.seq NOT IN ({marks}) ORDER BY s.seq LIMIT 1",
        (owner, *busy),
    ).fetchone()
    if row is None:
        return None
    file = VectorStoreFile.model_validate_json(row["body"])
    strategy = file.chunking_strategy or ChunkingStrategy()
    encoding = (file.attributes or {}).get("encoding")
    return Entry(
        row["seq"],
        row["id"],
        row["filename"],
        strategy.static or StaticChunking(),
        encoding if isinstance(encoding, str) else "",
    )


def start_over(conn: Connection, seq: int) -> bool:
    """Delete some chunks of a dead engine's attempt; return False once there are none.

    It does nothing for a finished file: another task may have been faster.
    """
    row = conn.execute("SELECT status FROM store_files WHERE seq = ?", (seq,)).fetchone()
    return row is not None and row["status"] == IN_PROGRESS and _clear_chunks(conn, seq)


def has_work(conn: Connection, owner: str) -> bool:
    """Return whether the owner has queued files."""
    sql = "SELECT 1 FROM store_files WHERE owner = ? AND status = 'in_progress' LIMIT 1"
    return conn.execute(sql, (owner,)).fetchone() is not None


def add_chunks(conn: Connection, seq: int, position: int, chunks: Sequence[Chunk]) -> bool:
    """Store some chunks; return False if the file is no longer wanted."""
    row = conn.execute("SELECT status FROM store_files WHERE seq = ?", (seq,)).fetchone()
    if row is None or row["status"] != IN_PROGRESS:
        return False
    scope = _scope(conn, seq)
    conn.executemany(
        "INSERT INTO chunks (entry, position, overlap, text, place, context, scope, extra, places) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                seq,
                position + n,
                one.overlap,
                one.text,
                one.place,
                one.context,
                scope,
                one.extra,
                json.dumps(one.places, ensure_ascii=False) if one.places else "",
            )
            for n, one in enumerate(chunks)
        ],
    )
    return True


def tell_progress(conn: Connection, seq: int, progress: FileProgress) -> None:
    """Save how much of a file has been read; does nothing if it is no longer wanted."""
    row = conn.execute("SELECT * FROM store_files WHERE seq = ?", (seq,)).fetchone()
    if row is not None and row["status"] == IN_PROGRESS:
        body = _build(row).model_copy(update={"progress": progress}).model_dump_json()
        conn.execute("UPDATE store_files SET body = ? WHERE seq = ?", (body, seq))


def without_words(conn: Connection) -> int | None:
    """Return a file in a store with chunks that are not in the index: an older program stored them."""
    row = conn.execute(
        "SELECT entry FROM chunks c WHERE extra IS NULL "
        "AND EXISTS (SELECT 1 FROM store_files s WHERE s.seq = c.entry) LIMIT 1"
    ).fetchone()
    return int(row["entry"]) if row is not None else None


def stored_chunks(conn: Connection, seq: int) -> tuple[str, list[Chunk]]:
    """Return a file's name and its chunks in order."""
    found = conn.execute(
        "SELECT f.filename FROM store_files s JOIN files f ON f.id = s.id WHERE s.seq = ?", (seq,)
    ).fetchone()
    chunks = conn.execute(
        "SELECT text, overlap, place FROM chunks WHERE entry = ? ORDER BY position", (seq,)
    ).fetchall()
    return (found["filename"] if found is not None else ""), [Chunk(*chunk) for chunk in chunks]


def add_words(conn: Connection, seq: int, position: int, chunks: Sequence[Chunk]) -> None:
    """Put chunks that are stored into the index."""
    scope = _scope(conn, seq)
    conn.executemany(
        "UPDATE chunks SET context = ?, scope = ?, extra = ? WHERE entry = ? AND position = ? AND extra IS NULL",
        [(one.context, scope, one.extra, seq, position + n) for n, one in enumerate(chunks)],
    )


def _scope(conn: Connection, seq: int) -> str:
    """Return the word of the index for the vector store of a file."""
    row = conn.execute(
        "SELECT v.seq FROM store_files s JOIN vector_stores v ON v.id = s.store_id WHERE s.seq = ?", (seq,)
    ).fetchone()
    return f"s{row['seq']}" if row is not None else ""


def finish(
    conn: Connection,
    seq: int,
    usage_bytes: int = 0,
    error: FileError | None = None,
    remarks: Sequence[str] = (),
) -> None:
    """Mark a file as indexed or failed; does nothing if it is no longer wanted."""
    row = conn.execute("SELECT * FROM store_files WHERE seq = ?", (seq,)).fetchone()
    if row is not None and row["status"] == IN_PROGRESS:
        _end(conn, row, COMPLETED if error is None else FAILED, usage_bytes, error, remarks)


def orphaned(conn: Connection, others: OtherOwners) -> list[str | None]:
    """Return the dead owners of queued files; None stands for files without an owner."""
    rows = conn.execute(
        "SELECT DISTINCT owner FROM store_files WHERE status = 'in_progress' AND owner IS NOT ?", (others.me,)
    ).fetchall()
    return [row["owner"] for row in rows if not others.is_alive(conn, row["owner"])]


def adopt(conn: Connection, others: OtherOwners) -> bool:
    """Take over the queued files of dead owners; return whether there were any."""
    dead = orphaned(conn, others)
    for owner in dead:
        conn.execute(
            "UPDATE store_files SET owner = ? WHERE status = 'in_progress' AND owner IS ?", (others.me, owner)
        )
    return bool(dead)


def waste(conn: Connection) -> int | None:
    """Return a deleted entry whose chunks still exist."""
    row = conn.execute("SELECT entry FROM chunk_waste LIMIT 1").fetchone()
    return int(row["entry"]) if row is not None else None


def clear_waste(conn: Connection, entry: int) -> None:
    """Delete some of its chunks."""
    if not _clear_chunks(conn, entry):
        conn.execute("DELETE FROM chunk_waste WHERE entry = ?", (entry,))


def _clear_chunks(conn: Connection, entry: int) -> bool:
    """Delete some of an entry's chunks; return False once there are none."""
    sql = "DELETE FROM chunks WHERE seq IN (SELECT seq FROM chunks WHERE entry = ? LIMIT ?)"
    return conn.execute(sql, (entry, WASTE_AT_ONCE)).rowcount > 0


def _end(
    conn: Connection,
    row: Row,
    status: str,
    usage_bytes: int = 0,
    error: FileError | None = None,
    remarks: Sequence[str] = (),
) -> None:
    end: dict[str, object] = {
        "status": status,
        "last_error": error,
        "usage_bytes": usage_bytes,
        "progress": None,
        "remarks": list(remarks) or None,
    }
    if status == COMPLETED:
        sql = "SELECT count(*) FROM chunks WHERE entry = ?"
        end["chunks"] = int(conn.execute(sql, (row["seq"],)).fetchone()[0])
    file = _build(row).model_copy(update=end)
    conn.execute(
        "UPDATE store_files SET status = ?, owner = NULL, usage_bytes = ?, body = ? WHERE seq = ?",
        (status, usage_bytes, file.model_dump_json(), row["seq"]),
    )
    if status != COMPLETED:
        conn.execute("INSERT OR IGNORE INTO chunk_waste (entry) VALUES (?)", (row["seq"],))


def _row(conn: Connection, store_id: str, file_id: str) -> Row:
    row: Row | None = conn.execute(
        "SELECT * FROM store_files WHERE store_id = ? AND id = ?", (store_id, file_id)
    ).fetchone()
    if row is None:
        raise NotFound(f"No file found with id '{file_id}' in vector store '{store_id}'.")
    return row


def _build(row: Row) -> VectorStoreFile:
    return VectorStoreFile.model_validate_json(row["body"])
