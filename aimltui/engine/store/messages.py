"""The messages in the database, their words for the search, and the text of incomplete messages."""

from __future__ import annotations

from dataclasses import field

from aimltui.common.dataclass import dataclass
from aimltui.engine.events.deltas import (
    FILE_CITATION,
    FILE_PATH,
    IMAGE_PART,
    REFUSAL,
    TEXT,
    AnnotatedText,
    Citation,
    DeltaKind,
    FileLink,
)
from aimltui.engine.store import events, threads
from aimltui.engine.store import words as word_rows
from aimltui.engine.store.database import Connection, Row
from aimltui.engine.store.paging import Listing, page
from aimltui.wire.base import Page
from aimltui.wire.errors import NotFound
from aimltui.wire.messages import (
    PINNED,
    Content,
    ImageFile,
    ImageFileContent,
    ListMessages,
    Message,
    RefusalContent,
    Text,
    TextContent,
)

PREVIEW_LENGTH = 200


def insert(conn: Connection, message: Message, *, turn: int = 0) -> None:
    """Insert a message; its thread moves to the top of the list."""
    cursor = conn.execute(
        "INSERT INTO messages (id, thread_id, run_id, role, status, created_at, turn, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.id,
            message.thread_id,
            message.run_id,
            message.role,
            message.status,
            message.created_at,
            turn,
            message.model_dump_json(),
        ),
    )
    threads.touch(conn, message.thread_id, message.created_at)
    if message.status != "in_progress":
        word_rows.index_message(conn, int(cursor.lastrowid or 0), message)
    if message.role == "user":
        conn.execute(
            "UPDATE threads SET preview = ? WHERE id = ? AND preview IS NULL",
            (preview(message), message.thread_id),
        )


def save(conn: Connection, message: Message) -> None:
    """Store a changed message, and index its words once it is complete."""
    row = conn.execute(
        "UPDATE messages SET status = ?, body = ? WHERE id = ? RETURNING seq",
        (message.status, message.model_dump_json(), message.id),
    ).fetchone()
    if row is not None and message.status != "in_progress":
        word_rows.index_message(conn, int(row["seq"]), message)


def get(conn: Connection, thread_id: str, message_id: str) -> Message:
    """Return a message with its text so far.

    Raises:
        NotFound: The thread does not have it.
    """
    threads.require(conn, thread_id)
    row = conn.execute(
        "SELECT * FROM messages WHERE id = ? AND thread_id = ?", (message_id, thread_id)
    ).fetchone()
    if row is None:
        raise NotFound(f"No message found with id '{message_id}'.")
    return build(conn, row)


def listed(conn: Connection, params: ListMessages) -> Page[Message]:
    """Return one page of messages.

    Raises:
        NotFound: The thread does not exist.
        BadRequest: An unknown cursor.
    """
    threads.require(conn, params.thread_id)
    if params.run_id is not None:
        listing = Listing(
            "messages", where="thread_id = ? AND run_id = ?", args=(params.thread_id, params.run_id)
        )
    else:
        listing = Listing("messages", where="thread_id = ?", args=(params.thread_id,))
    return page(conn, listing, params, lambda row: build(conn, row))


def delete(conn: Connection, thread_id: str, message_id: str) -> None:
    """Delete a message, its words, and its part in the thread's preview.

    Raises:
        NotFound: The thread does not have it.
    """
    threads.require(conn, thread_id)
    found = conn.execute(
        "DELETE FROM messages WHERE id = ? AND thread_id = ?", (message_id, thread_id)
    ).rowcount
    if not found:
        raise NotFound(f"No message found with id '{message_id}'.")
    row = first_user_row(conn, thread_id)
    text = preview(Message.model_validate_json(row["body"])) if row is not None else None
    conn.execute("UPDATE threads SET preview = ? WHERE id = ?", (text, thread_id))


def newest_seq(conn: Connection, thread_id: str) -> int:
    """Return the sequence number of the thread's newest message, 0 for an empty thread."""
    row = conn.execute("SELECT max(seq) FROM messages WHERE thread_id = ?", (thread_id,)).fetchone()
    return int(row[0] or 0)


def count(conn: Connection, thread_id: str) -> int:
    """Return the number of messages in a thread."""
    return int(conn.execute("SELECT count(*) FROM messages WHERE thread_id = ?", (thread_id,)).fetchone()[0])


def has_user_message(conn: Connection, thread_id: str) -> bool:
    """Return whether the thread has a user message."""
    sql = "SELECT 1 FROM messages WHERE thread_id = ? AND role = 'user' LIMIT 1"
    return conn.execute(sql, (thread_id,)).fetchone() is not None


def newest_before(conn: Connection, thread_id: str, seq: int, limit: int) -> list[Row]:
    """Return the rows of a thread's newest messages before a sequence number, newest first."""
    sql = "SELECT * FROM messages WHERE thread_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
    return conn.execute(sql, (thread_id, seq, limit)).fetchall()


def count_before(conn: Connection, thread_id: str, seq: int) -> int:
    """Return the number of a thread's messages before a sequence number."""
    sql = "SELECT count(*) FROM messages WHERE thread_id = ? AND seq < ?"
    count: int = conn.execute(sql, (thread_id, seq)).fetchone()[0]
    return count


def has_metadata(row: Row, key: str) -> bool:
    """Return whether the message of a row has a metadata key; only a body with its name is read as a whole."""
    body: str = row["body"]
    return f'"{key}"' in body and key in (Message.model_validate_json(body).metadata or {})


def newest_with_metadata(conn: Connection, thread_id: str, seq: int, key: str) -> Row | None:
    """Return the row of a thread's newest message before a sequence number that has a metadata key, or None."""
    sql = "SELECT * FROM messages WHERE thread_id = ? AND seq < ? AND instr(body, ?) > 0 ORDER BY seq DESC"
    rows = conn.execute(sql, (thread_id, seq, f'"{key}"'))
    return next((row for row in rows if has_metadata(row, key)), None)


def pinned_before(conn: Connection, thread_id: str, seq: int) -> list[Row]:
    """Return the rows of a thread's pinned messages before a sequence number, oldest first."""
    sql = "SELECT * FROM messages WHERE thread_id = ? AND seq < ? AND instr(body, ?) > 0 ORDER BY seq"
    rows = conn.execute(sql, (thread_id, seq, f'"{PINNED}"')).fetchall()
    return [row for row in rows if Message.model_validate_json(row["body"]).is_pinned]


def first_user_row(conn: Connection, thread_id: str) -> Row | None:
    """Return the row of a thread's first user message, or None if there is none."""
    sql = "SELECT * FROM messages WHERE thread_id = ? AND role = 'user' ORDER BY seq LIMIT 1"
    row: Row | None = conn.execute(sql, (thread_id,)).fetchone()
    return row


def newest_user_row(conn: Connection, thread_id: str) -> Row | None:
    """Return the row of a thread's newest user message, or None if there is none."""
    sql = "SELECT * FROM messages WHERE thread_id = ? AND role = 'user' ORDER BY seq DESC LIMIT 1"
    row: Row | None = conn.execute(sql, (thread_id,)).fetchone()
    return row


def open_of_run(conn: Connection, run_id: str) -> list[Message]:
    """Return the run's incomplete messages with their text so far."""
    rows = conn.execute(
        "SELECT * FROM messages WHERE run_id = ? AND status = 'in_progress' ORDER BY seq", (run_id,)
    )
    return [build(conn, row) for row in rows.fetchall()]


def build(conn: Connection, row: Row) -> Message:
    """Return the message of a row."""
    message = Message.model_validate_json(row["body"])
    if row["status"] == "in_progress" and not message.content:
        return message.model_copy(update={"content": written(conn, message)})
    return message


def written(conn: Connection, message: Message) -> list[Content]:
    """Return the parts of an incomplete message of a run as far as they are stored.

    Streamed text is stored in the event log only, and in the message once that is complete: rewriting a growing body
    four times a second would write the square of its length.
    """
    parts: dict[int, _Part] = {}
    for delta in events.deltas_of(conn, message.run_id or "", message.id):
        part = parts.setdefault(
            delta.slot, _Part(TEXT if delta.kind in (FILE_PATH, FILE_CITATION) else delta.kind)
        )
        if isinstance(delta.value, FileLink | Citation):
            part.links.append(delta.value)
        part.values.append(delta.text)
    return [part.content() for _, part in sorted(parts.items())]


@dataclass(slots=True)
class _Part:
    kind: DeltaKind
    values: list[str] = field(default_factory=list)
    links: list[AnnotatedText] = field(default_factory=list)

    def content(self) -> Content:
        value = "".join(self.values)
        if self.kind == REFUSAL:
            return RefusalContent(refusal=value)
        if self.kind == IMAGE_PART:
            return ImageFileContent(image_file=ImageFile(file_id=value))
        return TextContent(text=Text(value=value, annotations=[link.annotation() for link in self.links]))


def preview(message: Message) -> str:
    """Return the start of the message's text with white space collapsed."""
    head = message.text[: PREVIEW_LENGTH * 8]
    return " ".join(head.split())[:PREVIEW_LENGTH]
