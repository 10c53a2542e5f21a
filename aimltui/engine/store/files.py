"""The descriptions of files in the database."""

from __future__ import annotations

from collections.abc import Iterable

from aimltui.engine.store.database import Connection, Row
from aimltui.engine.store.paging import Listing, page
from aimltui.wire.base import Page
from aimltui.wire.errors import NotFound
from aimltui.wire.files import File, ListFiles

DEFAULT_LIMIT = 10_000

_ALIVE = "(expires_at IS NULL OR expires_at > ?)"


def insert(conn: Connection, file: File) -> None:
    """Insert a file."""
    conn.execute(
        "INSERT INTO files (id, created_at, purpose, filename, expires_at, body) VALUES (?, ?, ?, ?, ?, ?)",
        (file.id, file.created_at, file.purpose, file.filename, file.expires_at, file.model_dump_json()),
    )


def get(conn: Connection, file_id: str, now: int) -> File:
    """Return a file that has not expired.

    Raises:
        NotFound: The file does not exist.
    """
    sql = f"SELECT body FROM files WHERE id = ? AND {_ALIVE}"  # noqa: S608
    row = conn.execute(sql, (file_id, now)).fetchone()
    if row is None:
        raise no_file(file_id)
    return _build(row)


def require(conn: Connection, file_ids: Iterable[str], now: int, param: str = "file_id") -> None:
    """Check that files exist.

    Raises:
        NotFound: A file does not exist.
    """
    sql = f"SELECT 1 FROM files WHERE id = ? AND {_ALIVE}"  # noqa: S608
    for file_id in file_ids:
        if conn.execute(sql, (file_id, now)).fetchone() is None:
            raise no_file(file_id, param)


def keep(conn: Connection, file_ids: Iterable[str]) -> None:
    """Remove the expiry of files, because something refers to them."""
    for file_id in file_ids:
        conn.execute(
            "UPDATE files SET expires_at = NULL, body = json_set(body, '$.expires_at', NULL) WHERE id = ?",
            (file_id,),
        )


def delete(conn: Connection, file_id: str, now: int) -> None:
    """Delete a file, also from every vector store.

    Raises:
        NotFound: The file does not exist.
    """
    get(conn, file_id, now)
    conn.execute("DELETE FROM files WHERE id = ?", (file_id,))


def listed(conn: Connection, params: ListFiles, now: int) -> Page[File]:
    """Return one page of files.

    Raises:
        BadRequest: An unknown cursor.
    """
    where, args = _ALIVE, list[object]([now])
    if params.purpose is not None:
        where += " AND purpose = ?"
        args.append(params.purpose)
    return page(conn, Listing("files", where=where, args=args, default_limit=DEFAULT_LIMIT), params, _build)


def has_expired(conn: Connection, now: int) -> bool:
    """Return whether `expire` would delete something."""
    return conn.execute("SELECT 1 FROM files WHERE expires_at <= ? LIMIT 1", (now,)).fetchone() is not None


def expire(conn: Connection, now: int) -> list[str]:
    """Delete expired files and return their ids."""
    rows = conn.execute("DELETE FROM files WHERE expires_at <= ? RETURNING id", (now,)).fetchall()
    return [row["id"] for row in rows]


def every_id(conn: Connection) -> set[str]:
    """Return the ids of all files, including expired ones."""
    return {row["id"] for row in conn.execute("SELECT id FROM files")}


def no_file(file_id: str | None, param: str = "file_id") -> NotFound:
    """Return the refusal that the API documents."""
    return NotFound(f"No such File object: {file_id}", param=param)


def _build(row: Row) -> File:
    return File.model_validate_json(row["body"])
