"""Searches everything that was said: messages, and what tools were given and returned. The newest hits come first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aimltui.engine.store import words
from aimltui.engine.store.database import Connection, Row
from aimltui.engine.store.search.said_query import SaidQuery
from aimltui.engine.store.search.typed_word import newest as newest_rows
from aimltui.formatting.quoting import quote
from aimltui.wire.run_steps import RunStep
from aimltui.wire.search import SearchHit
from aimltui.wire.threads import TRASHED_AT

_NO_LIMIT: Final = 2**61
"""Above all sequence numbers; twice as much is a number of SQLite, too."""

_SHOWN = (
    "EXISTS (SELECT 1 FROM threads t WHERE t.id = {0}.thread_id"  # noqa: S608
    f" AND coalesce(json_extract(t.body, '$.metadata.\"{TRASHED_AT}\"'), '') = '')"
)
# a copy is a hit where the thread of the original is in the trash
_NO_COPY = (
    "NOT EXISTS (SELECT 1 FROM copies c JOIN messages o ON o.id = c.origin"  # noqa: S608
    f" WHERE c.id = m.id AND {_SHOWN.format('o')})"
)
# looked up once for a search, in an index that has the names
_ANSWERED_BY = (
    "{0}.thread_id IN (SELECT r.thread_id FROM runs r INDEXED BY runs_by_name"
    " WHERE instr(lower(json_extract(r.body, '$.{1}')), ?))"
)


def search(conn: Connection, query: SaidQuery, limit: int) -> list[SearchHit]:
    """Return the newest places that have all words of a query.

    Args:
        conn: The database.
        query: What is searched for.
        limit: Hits at most.
    """
    newest = _newest(conn, query)
    if query.is_empty or newest is None:
        return []
    hits = _messages(conn, query, newest, limit)
    if query.expression and not query.has_file:
        hits += _steps(conn, query, newest, limit)
        hits.sort(key=lambda hit: hit.created_at, reverse=True)
    return hits[:limit]


def unknown_names(conn: Connection, query: SaidQuery) -> Iterator[str]:
    """Yield a sentence for each filter whose assistant or model has answered nowhere."""
    for value, column, kind in (
        (query.assistant, "assistant_name", "assistant"),
        (query.model, "model", "model"),
    ):
        sql = f"SELECT 1 FROM runs r WHERE {_ANSWERED_BY.format('r', column)} LIMIT 1"  # noqa: S608
        if value and conn.execute(sql, (value,)).fetchone() is None:
            yield f"no {kind} with “{value}” in its name has answered yet"


def _newest(conn: Connection, query: SaidQuery) -> int | None:
    """Return the highest sequence number of a message before the date that is asked for; None if there is none."""
    if query.before is None:
        return _NO_LIMIT
    sql = "SELECT max(seq) AS seq FROM messages INDEXED BY messages_by_time WHERE created_at < ?"
    row = conn.execute(sql, (query.before,)).fetchone()
    return None if row is None or row["seq"] is None else int(row["seq"])


def _messages(conn: Connection, query: SaidQuery, newest: int, limit: int) -> list[SearchHit]:
    where, args = _filters(query, "m")
    where = [*where, _SHOWN.format("m"), _NO_COPY]
    if query.has_file:
        where.append("instr(m.body, '\"attachments\":[{') > 0")
    columns = "m.id, m.thread_id, m.role, m.created_at"
    # the index is read backwards and only as far as needed, so that a frequent word costs no more than a rare one
    if not query.expression:
        sql = (
            f"SELECT {columns}, m.body AS text FROM messages m WHERE m.seq <= ? AND {' AND '.join(where)}"  # noqa: S608
            " ORDER BY m.seq DESC LIMIT ?"
        )
        rows = conn.execute(sql, (newest, *args, limit)).fetchall()
    else:
        table, seq = ("more_words", "(w.rowid - 1) / 2") if query.is_wide else ("words", "w.rowid")
        only, upto = ("w.rowid % 2 = 1", 2 * newest + 1) if query.is_wide else ("w.rowid > 0", newest)
        sql = (
            f"SELECT w.rowid, {columns}, w.text FROM {table} w CROSS JOIN messages m ON m.seq = {seq}"  # noqa: S608
            f" WHERE {table} MATCH ? AND w.rowid <= ? AND {' AND '.join([only, *where])} ORDER BY w.rowid DESC LIMIT ?"
        )

        def ask(expression: str, most: int) -> Iterator[Row]:
            return conn.execute(sql, (expression, upto, *args, most))

        rows = newest_rows(ask, query.expression, query.typed, limit)
    return [_message_hit(conn, row, query) for row in rows]


def _message_hit(conn: Connection, row: Row, query: SaidQuery) -> SearchHit:
    text = row["text"]
    if not query.expression:
        found = conn.execute(
            "SELECT text FROM words WHERE rowid = (SELECT seq FROM messages WHERE id = ?)", (row["id"],)
        ).fetchone()
        text = found["text"] if found is not None else ""
    shown, marks = quote(text, query.pattern, is_markdown=True)
    return SearchHit(
        thread_id=row["thread_id"],
        message_id=row["id"],
        role=row["role"],
        created_at=row["created_at"],
        text=shown,
        marks=marks,
    )


def _steps(conn: Connection, query: SaidQuery, newest: int, limit: int) -> list[SearchHit]:
    where, args = _filters(query, "s")
    if query.before is not None:
        where[-1] = "json_extract(s.body, '$.created_at') < ?"
    # a step is not older than the message after which it stands, whose number costs less than the step's date
    where = ["w.rowid % 2 = 0", "s.after_message <= ?", *where, _SHOWN.format("s")]
    sql = (
        "SELECT w.rowid, w.text, s.body FROM more_words w CROSS JOIN run_steps s ON s.seq = w.rowid / 2"  # noqa: S608
        f" WHERE more_words MATCH ? AND {' AND '.join(where)} ORDER BY w.rowid DESC LIMIT ?"
    )

    def ask(expression: str, most: int) -> Iterator[Row]:
        return conn.execute(sql, (expression, newest, *args, most))

    hits = []
    for row in newest_rows(ask, query.expression, query.typed, limit):
        step = RunStep.model_validate_json(row["body"])
        shown, marks = quote(words.step_text(step), query.pattern, is_markdown=False)
        hits.append(
            SearchHit(
                thread_id=step.thread_id,
                run_id=step.run_id,
                step_id=step.id,
                role="tool",
                created_at=step.created_at,
                text=shown,
                marks=marks,
            )
        )
    return hits


def _filters(query: SaidQuery, table: str) -> tuple[list[str], list[object]]:
    """Return the conditions of the filters with their values; that of the date is the last one."""
    where: list[str] = []
    args: list[object] = []
    for value, column in ((query.assistant, "assistant_name"), (query.model, "model")):
        if value:
            where.append(_ANSWERED_BY.format(table, column))
            args.append(value)
    if query.before is not None:
        where.append(f"{table}.created_at < ?")
        args.append(query.before)
    return where, args
