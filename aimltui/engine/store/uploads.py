"""The uploads and their parts in the database."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aimltui.engine.store.database import Connection
from aimltui.wire.base import JSONObject
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.uploads import Upload

PENDING, COMPLETED, CANCELLED, EXPIRED = "pending", "completed", "cancelled", "expired"


def insert(conn: Connection, upload: Upload, private: JSONObject) -> None:
    """Insert an upload."""
    conn.execute(
        "INSERT INTO uploads (id, status, expires_at, private, body) VALUES (?, ?, ?, ?, ?)",
        (upload.id, upload.status, upload.expires_at, json.dumps(private), upload.model_dump_json()),
    )


def get(conn: Connection, upload_id: str, now: int) -> tuple[Upload, JSONObject]:
    """Return an upload with its private data.

    Raises:
        NotFound: The upload does not exist.
    """
    row = conn.execute("SELECT body, private FROM uploads WHERE id = ?", (upload_id,)).fetchone()
    if row is None:
        raise NotFound(f"No upload found with id '{upload_id}'.")
    upload = Upload.model_validate_json(row["body"])
    if upload.status == PENDING and now >= upload.expires_at:
        upload = upload.model_copy(update={"status": EXPIRED})
    return upload, json.loads(row["private"])


def pending(conn: Connection, upload_id: str, now: int) -> tuple[Upload, JSONObject]:
    """Return an upload that can still be changed.

    Raises:
        NotFound: The upload does not exist.
        BadRequest: It is completed, cancelled or expired.
    """
    upload, private = get(conn, upload_id, now)
    if upload.status != PENDING:
        raise BadRequest(
            f"Upload {upload_id} has status '{upload.status}'; only a pending upload can be changed.",
            code="invalid_upload_status",
        )
    return upload, private


def save(conn: Connection, upload: Upload) -> list[str]:
    """Store a changed upload; once it has ended, delete its parts and return their ids."""
    conn.execute(
        "UPDATE uploads SET status = ?, body = ? WHERE id = ?",
        (upload.status, upload.model_dump_json(), upload.id),
    )
    if upload.status == PENDING:
        return []
    rows = conn.execute("DELETE FROM upload_parts WHERE upload_id = ? RETURNING id", (upload.id,)).fetchall()
    return [row["id"] for row in rows]


def add_part(conn: Connection, upload_id: str, part_id: str, size: int) -> None:
    """Insert a part."""
    conn.execute(
        "INSERT INTO upload_parts (id, upload_id, bytes) VALUES (?, ?, ?)", (part_id, upload_id, size)
    )


def sizes(conn: Connection, upload_id: str, part_ids: Sequence[str]) -> list[int]:
    """Return the sizes of parts in bytes, in their order.

    Raises:
        BadRequest: One of them does not belong to this upload, or occurs twice.
    """
    rows = conn.execute("SELECT id, bytes FROM upload_parts WHERE upload_id = ?", (upload_id,)).fetchall()
    known = {row["id"]: int(row["bytes"]) for row in rows}
    for number, part_id in enumerate(part_ids):
        if part_id not in known:
            raise BadRequest(
                f"Upload {upload_id} has no part with id '{part_id}'.", param=f"part_ids[{number}]"
            )
    if len(set(part_ids)) < len(part_ids):
        raise BadRequest("Invalid 'part_ids': a part is named twice.", param="part_ids", code="invalid_value")
    return [known[part_id] for part_id in part_ids]


def has_expired(conn: Connection, now: int) -> bool:
    """Return whether `expire` would find an upload."""
    sql = "SELECT 1 FROM uploads WHERE status = 'pending' AND expires_at <= ? LIMIT 1"
    return conn.execute(sql, (now,)).fetchone() is not None


def expire(conn: Connection, now: int) -> list[str]:
    """End expired uploads and delete their parts; return the ids of the parts."""
    rows = conn.execute(
        "SELECT id FROM uploads WHERE status = 'pending' AND expires_at <= ?", (now,)
    ).fetchall()
    parts: list[str] = []
    for row in rows:
        upload, _ = get(conn, row["id"], now)
        parts += save(conn, upload)
    return parts


def part_ids(conn: Connection) -> set[str]:
    """Return the ids of the parts of all uploads."""
    return {row["id"] for row in conn.execute("SELECT id FROM upload_parts")}
