"""The threads in the database, with the columns for lists of them."""

from __future__ import annotations

from aimltui.engine.store.database import Connection, Row
from aimltui.engine.store.paging import Listing, page
from aimltui.wire.base import Page
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.imports import ORIGIN
from aimltui.wire.threads import TITLE, TRASHED_AT, LatestRun, ListThreads, Thread, ThreadSummary

_BELOW = 10**16
_MARK = f"coalesce(json_extract(body, '$.metadata.\"{TRASHED_AT}\"'), '')"
_ACTIVITY = "(SELECT max(0, coalesce(max(activity), 0)) + 1 FROM threads)"


def insert(conn: Connection, thread: Thread) -> None:
    """Insert a thread."""
    cursor = conn.execute(
        f"INSERT INTO threads (id, created_at, activity, last_active_at, body) VALUES (?, ?, {_ACTIVITY}, ?, ?)",  # noqa: S608
        (thread.id, thread.created_at, thread.created_at, thread.model_dump_json()),
    )
    _index_title(conn, int(cursor.lastrowid or 0), thread)


def get(conn: Connection, thread_id: str) -> Thread:
    """Return a thread.

    Raises:
        NotFound: The thread does not exist.
    """
    row = conn.execute("SELECT body FROM threads WHERE id = ?", (thread_id,)).fetchone()
    if row is None:
        raise no_thread(thread_id)
    return Thread.model_validate_json(row["body"])


def require(conn: Connection, thread_id: str) -> None:
    """Check that a thread exists.

    Raises:
        NotFound: The thread does not exist.
    """
    if conn.execute("SELECT 1 FROM threads WHERE id = ?", (thread_id,)).fetchone() is None:
        raise no_thread(thread_id)


def save(conn: Connection, thread: Thread) -> None:
    """Store a changed thread."""
    row = conn.execute(
        "UPDATE threads SET body = ? WHERE id = ? RETURNING seq", (thread.model_dump_json(), thread.id)
    ).fetchone()
    _index_title(conn, int(row["seq"]), thread)


def touch(conn: Connection, thread_id: str, now: int) -> None:
    """Move a thread to the top of the list by activity."""
    conn.execute(
        f"UPDATE threads SET activity = {_ACTIVITY}, last_active_at = ? WHERE id = ?",  # noqa: S608
        (now, thread_id),
    )


def rest(conn: Connection, thread_id: str, at: int) -> None:
    """Order an imported thread by its time among imported ones, below all threads with messages from here."""
    place = at * 1_000_000 - _BELOW
    conn.execute(
        "UPDATE threads SET last_active_at = ?, activity = coalesce("
        "(SELECT max(activity) + 1 FROM threads WHERE activity >= ? AND activity < ?), ?) WHERE id = ?",
        (at, place, place + 1_000_000, place, thread_id),
    )


def of_origin(conn: Connection, origin: str) -> list[Thread]:
    """Return the threads that were imported from one conversation."""
    sql = f"SELECT body FROM threads WHERE json_extract(body, '$.metadata.{ORIGIN}') = ? ORDER BY seq"  # noqa: S608
    return [Thread.model_validate_json(row["body"]) for row in conn.execute(sql, (origin,)).fetchall()]


def delete(conn: Connection, thread_id: str) -> None:
    """Delete a thread with its messages, runs, steps and words.

    Raises:
        NotFound: The thread does not exist.
    """
    if conn.execute("DELETE FROM threads WHERE id = ?", (thread_id,)).rowcount == 0:
        raise no_thread(thread_id)


def listed(conn: Connection, params: ListThreads) -> Page[ThreadSummary]:
    """Return one page of summaries, made from the threads' rows alone.

    Raises:
        BadRequest: An unknown `order_by` or cursor.
    """
    keys = {None: "seq", "created_at": "seq", "last_active_at": "activity"}
    if params.order_by not in keys:
        raise BadRequest(
            f"Invalid value: '{params.order_by}'. Supported values are: 'created_at' and 'last_active_at'.",
            param="order_by",
            code="invalid_value",
        )
    where, args = f"{_MARK} {'!=' if params.trashed else '='} ''", list[object]()
    if params.query is not None and params.query.strip():
        expression = match_expression(params.query)
        if not expression:
            return Page[ThreadSummary]()
        where += " AND id IN (SELECT thread_id FROM words WHERE words MATCH ?)"
        args.append(expression)
    listing = Listing("threads", key=keys[params.order_by], where=where, args=args)
    return page(conn, listing, params, _summary)


def match_expression(query: str) -> str:
    """Return the user's words as an FTS5 expression: all of them, the last one as a prefix.

    Every word is quoted, so that nothing in it is syntax; words without a letter or digit match nothing and are
    left out. An empty expression means that nothing can match.
    """
    words = [word for word in query.replace("\0", " ").split() if any(char.isalnum() for char in word)]
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    return " ".join(quoted) + "*" if quoted else ""


def no_thread(thread_id: str) -> NotFound:
    """Return the refusal that the API documents."""
    return NotFound(f"No thread found with id '{thread_id}'.")


def _summary(row: Row) -> ThreadSummary:
    summary = ThreadSummary.model_validate_json(row["body"])
    latest = (
        LatestRun(id=row["latest_run_id"], status=row["latest_run_status"]) if row["latest_run_id"] else None
    )
    return summary.model_copy(
        update={"last_active_at": row["last_active_at"], "preview": row["preview"], "latest_run": latest}
    )


def _index_title(conn: Connection, seq: int, thread: Thread) -> None:
    conn.execute("DELETE FROM words WHERE rowid = ?", (-seq,))
    title = (thread.metadata or {}).get(TITLE, "")
    if title:
        conn.execute("INSERT INTO words (rowid, text, thread_id) VALUES (?, ?, ?)", (-seq, title, thread.id))
