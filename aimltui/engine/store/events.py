"""The event log in the database: the rows from which a follower resumes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from aimltui.engine.events.deltas import IMAGE_PART, OF_STEPS, Delta, decode_kind, decode_value, encode_value
from aimltui.engine.events.log import LogEntry, batches, joined
from aimltui.engine.store.database import Connection, Row
from aimltui.wire import events
from aimltui.wire.base import Wire
from aimltui.wire.events import StreamEvent


def append(conn: Connection, run_id: str, entries: Iterable[LogEntry]) -> None:
    """Store entries; deltas that one event can report share a row."""
    append_all(conn, [(run_id, entries)])


def append_all(conn: Connection, streamed: Iterable[tuple[str, Iterable[LogEntry]]]) -> None:
    """Store entries of many runs; see `append`."""
    # not in one statement of many rows: for such a one, SQLite keeps copies of all pages in a file, to be able to take it back
    conn.executemany(
        "INSERT INTO run_events (run_id, idx, first_idx, name, object_id, pieces, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [_values(run_id, batch) for run_id, entries in streamed for batch in batches(entries)],
    )


def after(conn: Connection, run_id: str, index: int) -> list[StreamEvent]:
    """Return the events after an index, neighbouring deltas joined."""
    sql = "SELECT * FROM run_events WHERE run_id = ? AND idx > ? ORDER BY idx"
    entries = [entry for row in conn.execute(sql, (run_id, index)).fetchall() for entry in _entries(row)]
    return list(joined(entry for entry in entries if (entry.index or 0) > index))


def deltas_of(conn: Connection, run_id: str, object_id: str) -> list[Delta]:
    """Return the stored deltas of a message or a step of a run, in order."""
    return [delta for row in _rows_of(conn, run_id, object_id) for delta in _deltas(row)]


def forget_text(conn: Connection, run_id: str, message_id: str) -> None:
    """Delete the stored deltas of the text of a run's message, which turned out to be no part of it."""
    for row in _rows_of(conn, run_id, message_id):
        if json.loads(row["pieces"])["kind"] != IMAGE_PART:
            conn.execute("DELETE FROM run_events WHERE run_id = ? AND idx = ?", (run_id, row["idx"]))


def _rows_of(conn: Connection, run_id: str, object_id: str) -> list[Row]:
    sql = (
        "SELECT idx, object_id, pieces FROM run_events"
        " WHERE run_id = ? AND object_id = ? AND pieces IS NOT NULL ORDER BY idx"
    )
    return conn.execute(sql, (run_id, object_id)).fetchall()


def next_index(conn: Connection, run_id: str) -> int:
    """Return the index of the next event."""
    row = conn.execute("SELECT max(idx) FROM run_events WHERE run_id = ?", (run_id,)).fetchone()
    return 0 if row[0] is None else int(row[0]) + 1


def forget_before(conn: Connection, ended_before: float) -> None:
    """Delete the logs of runs that ended before a time; their messages and steps stay."""
    conn.execute(
        "DELETE FROM run_events WHERE run_id IN (SELECT id FROM runs WHERE ended_at < ?)", (ended_before,)
    )
    conn.execute("UPDATE runs SET ended_at = NULL WHERE ended_at < ?", (ended_before,))


def _values(run_id: str, batch: Sequence[LogEntry]) -> tuple[str | int | None, ...]:
    """Return the row of entries that one event can report, in the order of the columns of `append_all`."""
    first, last = batch[0], batch[-1]
    if isinstance(first.content, StreamEvent):
        name, object_id, pieces, body = first.content.event, None, None, _body(first.content)
        return run_id, last.index, first.index, name, object_id, pieces, body
    delta = first.content
    values = [encode_value(entry.content.value) for entry in batch if isinstance(entry.content, Delta)]
    told = {"kind": delta.kind, "slot": delta.slot, "first": delta.first, "values": values}
    if delta.part:
        told["part"] = delta.part
    name = events.STEP_DELTA if delta.kind in OF_STEPS else events.MESSAGE_DELTA
    return run_id, last.index, first.index, name, delta.object_id, json.dumps(told), None


def _body(event: StreamEvent) -> str:
    assert isinstance(event.data, Wire)
    return event.data.model_dump_json()


def _entries(row: Row) -> list[LogEntry]:
    if row["pieces"] is None:
        event = events.decode(row["name"], json.loads(row["body"]), row["idx"])
        return [LogEntry(event, row["idx"])] if event is not None else []
    return [LogEntry(delta, row["first_idx"] + offset) for offset, delta in enumerate(_deltas(row))]


def _deltas(row: Row) -> list[Delta]:
    batch = json.loads(row["pieces"])
    kind = decode_kind(batch["kind"])
    return [
        Delta(
            row["object_id"],
            kind,
            batch["slot"],
            decode_value(kind, value),
            batch["first"] and offset == 0,
            batch.get("part", 0),
        )
        for offset, value in enumerate(batch["values"])
    ]
