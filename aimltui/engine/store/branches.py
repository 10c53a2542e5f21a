"""Copies of messages and runs in another thread, and the branches that they make of a conversation."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import field

from aimltui.common.dataclass import dataclass
from aimltui.engine.store import messages, threads, words
from aimltui.engine.store.database import Connection, Row
from aimltui.wire import ids
from aimltui.wire.errors import NotFound
from aimltui.wire.messages import Message
from aimltui.wire.runs import TERMINAL
from aimltui.wire.threads import FAMILY, TRASHED_AT, USED_AT, Thread

_FAMILY = f"json_extract(body, '$.metadata.\"{FAMILY}\"')"
_LINK = "INSERT OR IGNORE INTO copies (id, origin) VALUES (?, coalesce((SELECT origin FROM copies WHERE id = ?), ?))"
_WRITES = "message_creation"
"""The type of a step that wrote a message."""

_WORDS_AT_ONCE = 500


def last_copied(conn: Connection, thread_id: str, before: str | None, through: str | None) -> int:
    """Return the sequence number up to which messages are copied.

    Raises:
        NotFound: The thread does not have the message.
    """
    if before is None and through is None:
        return messages.newest_seq(conn, thread_id)
    wanted = before if before is not None else through
    row = conn.execute(
        "SELECT seq FROM messages WHERE id = ? AND thread_id = ?", (wanted, thread_id)
    ).fetchone()
    if row is None:
        raise NotFound(f"No message found with id '{wanted}'.")
    return int(row["seq"]) - (before is not None)


def message_at(conn: Connection, thread_id: str, last: int) -> str | None:
    """Return the id of the newest message up to a sequence number, or None if there is none."""
    row = conn.execute(
        "SELECT id FROM messages WHERE thread_id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1",
        (thread_id, last),
    ).fetchone()
    return row["id"] if row is not None else None


def files_only_after(conn: Connection, thread_id: str, last: int) -> set[str]:
    """Return the files that messages after a sequence number gave to the code interpreter, and none before it."""
    sql = "SELECT body FROM messages WHERE thread_id = ? AND seq {} ? AND body LIKE '%\"code_interpreter\"%'"
    later = _code_files(conn.execute(sql.format(">"), (thread_id, last)).fetchall())
    return later - _code_files(conn.execute(sql.format("<="), (thread_id, last)).fetchall())


def _code_files(rows: list[Row]) -> set[str]:
    attachments = (file for row in rows for file in json.loads(row["body"]).get("attachments") or ())
    return {
        file["file_id"]
        for file in attachments
        if file.get("file_id") and any(tool["type"] == "code_interpreter" for tool in file.get("tools") or ())
    }


@dataclass
class Copier:
    """Copies the first messages of a thread, with their runs and steps, into a new and empty one."""

    conn: Connection
    source: str
    target: str
    last: int
    """The sequence number of the last message that is copied."""
    new_id: Callable[[str], str]
    _runs: dict[str, str] = field(default_factory=dict)
    _messages: dict[str, str] = field(default_factory=dict)
    _places: dict[int, int] = field(default_factory=dict)
    """The sequence number of each copy, by that of its original."""

    def copy(self) -> None:
        """Copy the messages up to `last`, their runs, steps and files; the target thread exists already.

        The rows are copied within the database: a thread may have 10,000 messages.
        """
        rows = self.conn.execute(
            "SELECT seq, id, run_id FROM messages WHERE thread_id = ? AND seq <= ? ORDER BY seq",
            (self.source, self.last),
        ).fetchall()
        wanted = self._wanted_runs({row["run_id"] for row in rows if row["run_id"]})
        self._runs = {row["id"]: self.new_id(ids.RUN) for row in wanted}
        self._copy_messages(rows)
        self._copy_words()
        self._copy_runs(wanted)
        for row in wanted:
            self._copy_steps(row["id"])

    def _wanted_runs(self, spoke: set[str]) -> list[Row]:
        """Return the runs that wrote one of the messages, and those that only called tools before the last one."""
        rows = self.conn.execute(
            "SELECT seq, id, status, created_at FROM runs WHERE thread_id = ? ORDER BY seq", (self.source,)
        )
        silent = {
            row["run_id"]
            for row in self.conn.execute(
                "SELECT run_id, max(after_message) AS place FROM run_steps WHERE thread_id = ?"
                " AND run_id NOT IN (SELECT run_id FROM messages WHERE thread_id = ? AND run_id IS NOT NULL)"
                " GROUP BY run_id",
                (self.source, self.source),
            )
            if row["place"] < self.last
        }
        return [row for row in rows.fetchall() if row["id"] in spoke | silent and row["status"] in TERMINAL]

    def _copy_messages(self, rows: list[Row]) -> None:
        self._messages = {row["id"]: self.new_id(ids.MESSAGE) for row in rows}
        self.conn.executemany(
            "INSERT INTO messages (id, thread_id, run_id, role, status, created_at, turn, body)"
            " SELECT :id, :thread, :run, role, status, created_at, turn,"
            " json_set(body, '$.id', :id, '$.thread_id', :thread, '$.run_id', :run) FROM messages WHERE seq = :seq",
            [
                {
                    "id": self._messages[row["id"]],
                    "thread": self.target,
                    "run": self._runs.get(row["run_id"]),
                    "seq": row["seq"],
                }
                for row in rows
            ],
        )
        copied = self.conn.execute(
            "SELECT seq FROM messages WHERE thread_id = ? ORDER BY seq", (self.target,)
        ).fetchall()
        self._places = {old["seq"]: new["seq"] for old, new in zip(rows, copied, strict=True)}
        self.conn.executemany(_LINK, [(new, old, old) for old, new in self._messages.items()])
        first = messages.first_user_row(self.conn, self.target)
        if first is not None:
            shown = messages.preview(Message.model_validate_json(first["body"]))
            self.conn.execute("UPDATE threads SET preview = ? WHERE id = ?", (shown, self.target))

    def _copy_words(self) -> None:
        """Copy the indexed words of the newest messages; those of the others are indexed in the background."""
        newest = list(self._places.items())[-_WORDS_AT_ONCE:]
        self.conn.executemany(
            "INSERT INTO words (rowid, text, thread_id) SELECT ?, text, ? FROM words WHERE rowid = ?",
            [(new, self.target, old) for old, new in newest],
        )
        self.conn.executemany(
            "INSERT INTO more_words (rowid, text, extra) SELECT ?, text, extra FROM more_words WHERE rowid = ?",
            [(2 * new + 1, 2 * old + 1) for old, new in newest],
        )
        if len(newest) < len(self._places) or not words.is_complete(self.conn):
            words.index_later(self.conn)

    def _copy_runs(self, rows: list[Row]) -> None:
        self.conn.executemany(
            "INSERT INTO runs (id, thread_id, status, expires_at, ended_at, created_at, private, body)"
            " SELECT :id, :thread, status, expires_at, ended_at, created_at, private,"
            " json_set(body, '$.id', :id, '$.thread_id', :thread) FROM runs WHERE seq = :seq",
            [{"id": self._runs[row["id"]], "thread": self.target, "seq": row["seq"]} for row in rows],
        )
        if rows:
            self.conn.execute(
                "UPDATE threads SET latest_run_id = ?, latest_run_status = ? WHERE id = ?",
                (self._runs[rows[-1]["id"]], rows[-1]["status"], self.target),
            )

    def _copy_steps(self, run_id: str) -> None:
        rows = self.conn.execute(
            "SELECT seq, type, run_id, after_message,"
            " json_extract(body, '$.step_details.message_creation.message_id') AS wrote"
            " FROM run_steps WHERE run_id = ? ORDER BY seq",
            (run_id,),
        )
        for row in rows.fetchall():
            if row["type"] == _WRITES:
                # not of what was written after the last message that is copied, or deleted
                is_wanted = row["wrote"] in self._messages
            else:
                is_wanted = row["after_message"] < self.last or not self._goes_on(run_id)
            if is_wanted:
                self._copy_step(row)

    def _copy_step(self, row: Row) -> None:
        change = "'$.id', :id, '$.run_id', :run, '$.thread_id', :thread"
        if row["type"] == _WRITES:
            change += ", '$.step_details.message_creation.message_id', :wrote"
        cursor = self.conn.execute(
            "INSERT INTO run_steps (id, run_id, thread_id, type, status, after_message, turn, private, body)"  # noqa: S608
            f" SELECT :id, :run, :thread, type, status, :place, turn, private, json_set(body, {change})"
            " FROM run_steps WHERE seq = :seq",
            {
                "id": self.new_id(ids.STEP),
                "run": self._runs[row["run_id"]],
                "thread": self.target,
                "place": self._place(row["after_message"]),
                "seq": row["seq"],
                "wrote": self._messages.get(row["wrote"]),
            },
        )
        self.conn.execute(
            "INSERT INTO more_words (rowid, text, extra) SELECT ?, text, extra FROM more_words WHERE rowid = ?",
            (2 * int(cursor.lastrowid or 0), 2 * row["seq"]),
        )

    def _goes_on(self, run_id: str) -> bool:
        """Return whether a run wrote messages after the last one that is copied."""
        sql = "SELECT 1 FROM messages WHERE run_id = ? AND seq > ? LIMIT 1"
        return self.conn.execute(sql, (run_id, self.last)).fetchone() is not None

    def _place(self, place: int) -> int:
        """Return the place of a copied step; its original may stand after a message that was deleted."""
        found = self._places.get(place)
        return (
            found
            if found is not None
            else max((new for old, new in self._places.items() if old <= place), default=0)
        )


def link(conn: Connection, message_id: str, original: str) -> None:
    """Note that a message is a copy of another, or of the one of which that is a copy."""
    conn.execute(_LINK, (message_id, original, original))


_Used = tuple[float, int]
"""When a thread was used last: Unix seconds, and its place in the order by activity."""


def link_beginning(conn: Connection, thread_id: str, other: str) -> None:
    """Note that the messages with which two threads begin alike are the same."""
    sql = "SELECT id, body FROM messages WHERE thread_id = ? ORDER BY seq"
    pairs = zip(
        conn.execute(sql, (thread_id,)).fetchall(), conn.execute(sql, (other,)).fetchall(), strict=False
    )
    for here, there in pairs:
        if _what_was_said(here) != _what_was_said(there):
            return
        link(conn, here["id"], there["id"])


def _what_was_said(row: Row) -> tuple[str, str]:
    message = Message.model_validate_json(row["body"])
    return message.role, message.text


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a thread where its conversation has several branches."""

    after: str | None
    number: int
    threads: list[str]


def places(conn: Connection, thread_id: str) -> list[Place]:
    """Return where a thread's conversation has several branches, the first place first; threads in the trash are left out.

    Raises:
        NotFound: The thread does not exist.
    """
    thread = threads.get(conn, thread_id)
    family = (thread.metadata or {}).get(FAMILY)
    if not family:
        return []
    own = _nodes(conn, thread_id)
    order = {node: index for index, (_, node, _) in enumerate(own)}
    found: dict[int, _Fork] = {}
    for other, used in _others(conn, family, thread_id):
        theirs = _nodes(conn, other)
        here = 1 + max((order[node] for _, node, _ in theirs if node in order), default=-1)
        there = 1 + max((index for index, (_, node, _) in enumerate(theirs) if node in order), default=-1)
        if there < len(theirs):
            found.setdefault(here, _Fork()).add(theirs[there], other, used)
    return [found[index].place(own, index, thread_id) for index in sorted(found)]


@dataclass
class _Fork:
    """The branches other than the thread's own at one place, by the message with which they begin."""

    branches: dict[str, tuple[int, _Used, str]] = field(default_factory=dict)
    """When it began, when it was used last, and the thread."""

    def add(self, first: tuple[str, str, int], thread_id: str, used: _Used) -> None:
        _, node, born = first
        known = self.branches.get(node)
        if known is None:
            self.branches[node] = (born, used, thread_id)
        else:
            latest = max(known[1:], (used, thread_id))
            self.branches[node] = (min(known[0], born), *latest)

    def place(self, own: list[tuple[str, str, int]], index: int, thread_id: str) -> Place:
        # a thread that ends here has no branch yet; its next message will be the newest one
        born = own[index][2] if index < len(own) else 2**62
        ordered = sorted([*((at, other) for at, _, other in self.branches.values()), (born, thread_id)])
        others = [other for _, other in ordered]
        return Place(own[index - 1][0] if index else None, 1 + others.index(thread_id), others)


def _nodes(conn: Connection, thread_id: str) -> list[tuple[str, str, int]]:
    """Return the messages of a thread in order: their ids, those of their first originals, and sequence numbers.

    The sequence number is that of the original while it exists: it tells which of two branches began first.
    """
    rows = conn.execute(
        "SELECT m.id, coalesce(c.origin, m.id) AS node, coalesce(o.seq, m.seq) AS born FROM messages m"
        " LEFT JOIN copies c ON c.id = m.id LEFT JOIN messages o ON o.id = c.origin"
        " WHERE m.thread_id = ? ORDER BY m.seq",
        (thread_id,),
    )
    return [(row["id"], row["node"], row["born"]) for row in rows.fetchall()]


def _others(conn: Connection, family: str, thread_id: str) -> list[tuple[str, _Used]]:
    """Return the other branches of a conversation that are not in the trash, and when each was used last."""
    sql = f"SELECT body, last_active_at, activity FROM threads WHERE {_FAMILY} = ? AND id != ? ORDER BY seq"  # noqa: S608
    found: list[tuple[str, _Used]] = []
    for row in conn.execute(sql, (family, thread_id)).fetchall():
        thread = Thread.model_validate_json(row["body"])
        metadata = thread.metadata or {}
        if not metadata.get(TRASHED_AT):
            at = max(_seconds(metadata.get(USED_AT, "")), float(row["last_active_at"]))
            found.append((thread.id, (at, row["activity"])))
    return found


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
