"""The runs and their steps in the database."""

from __future__ import annotations

import json
from collections.abc import Iterable

from aimltui.common.dataclass import dataclass
from aimltui.engine.store import threads, words
from aimltui.engine.store.database import Connection, Row
from aimltui.engine.store.paging import Listing, page
from aimltui.wire.base import JSONObject, Page
from aimltui.wire.errors import NotFound
from aimltui.wire.run_steps import ListRunSteps, RunStep
from aimltui.wire.runs import TERMINAL, ListRuns, Run

ACTIVE_SQL = "status IN ('queued', 'in_progress', 'requires_action', 'cancelling')"


@dataclass(frozen=True, slots=True)
class ActiveRow:
    """The columns that decide whether an active run has to be recovered."""

    id: str
    thread_id: str
    status: str
    owner: str | None
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step with its private data."""

    step: RunStep
    private: JSONObject
    turn: int


@dataclass(frozen=True, slots=True)
class ToolTurn:
    """The tool calls of a finished step, and where the step stands in its thread."""

    seq: int
    after_message: int
    """The sequence number of the newest message when the step began."""
    run_id: str
    turn: int
    calls: list[JSONObject]


def insert(conn: Connection, run: Run, owner: str, private: JSONObject) -> None:
    """Insert a run; its thread moves to the top of the list."""
    conn.execute(
        "INSERT INTO runs (id, thread_id, status, owner, expires_at, created_at, private, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            run.id,
            run.thread_id,
            run.status,
            owner,
            run.expires_at,
            run.created_at,
            json.dumps(private),
            run.model_dump_json(),
        ),
    )
    threads.touch(conn, run.thread_id, run.created_at)
    conn.execute(
        "UPDATE threads SET latest_run_id = ?, latest_run_status = ? WHERE id = ?",
        (run.id, run.status, run.thread_id),
    )


def save(
    conn: Connection, run: Run, private: JSONObject | None = None, *, ended_at: float | None = None
) -> None:
    """Store a changed run. It has no owner while it waits for outputs and after its end."""
    let_go = run.status == "requires_action" or run.status in TERMINAL
    conn.execute(
        "UPDATE runs SET status = ?, body = ?, private = coalesce(?, private), ended_at = coalesce(?, ended_at),"
        " owner = CASE WHEN ? THEN NULL ELSE owner END WHERE id = ?",
        (
            run.status,
            run.model_dump_json(),
            json.dumps(private) if private is not None else None,
            ended_at,
            let_go,
            run.id,
        ),
    )
    conn.execute("UPDATE threads SET latest_run_status = ? WHERE latest_run_id = ?", (run.status, run.id))


def adopt(conn: Connection, run_id: str, owner: str) -> None:
    """Give the run to another owner."""
    conn.execute("UPDATE runs SET owner = ? WHERE id = ?", (owner, run_id))


def get(conn: Connection, thread_id: str, run_id: str) -> Run:
    """Return a run.

    Raises:
        NotFound: The thread does not have it.
    """
    threads.require(conn, thread_id)
    row = conn.execute("SELECT body FROM runs WHERE id = ? AND thread_id = ?", (run_id, thread_id)).fetchone()
    if row is None:
        raise NotFound(f"No run found with id '{run_id}'.")
    return Run.model_validate_json(row["body"])


def row_of(conn: Connection, run_id: str) -> Row | None:
    """Return the row of a run, or None if it does not exist."""
    row: Row | None = conn.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
    return row


def statuses_of(conn: Connection, run_ids: Iterable[str]) -> dict[str, Row]:
    """Return rows with the status of runs, by their ids; a run that does not exist has none."""
    sql = "SELECT id, status FROM runs WHERE id IN (SELECT value FROM json_each(?))"
    return {row["id"]: row for row in conn.execute(sql, (json.dumps(list(run_ids)),))}


def listed(conn: Connection, params: ListRuns) -> Page[Run]:
    """Return one page of runs.

    Raises:
        NotFound: The thread does not exist.
        BadRequest: An unknown cursor.
    """
    threads.require(conn, params.thread_id)
    listing = Listing("runs", where="thread_id = ?", args=(params.thread_id,))
    return page(conn, listing, params, lambda row: Run.model_validate_json(row["body"]))


def assistant_name(conn: Connection, thread_id: str, assistant_id: str) -> str:
    """Return the name that an assistant had in its last run in a thread; empty if it had none."""
    row = conn.execute(
        "SELECT json_extract(body, '$.assistant_name') FROM runs WHERE thread_id = ?"
        " AND json_extract(body, '$.assistant_id') = ? ORDER BY seq DESC LIMIT 1",
        (thread_id, assistant_id),
    ).fetchone()
    return (row[0] if row is not None else None) or ""


def active(conn: Connection, thread_id: str | None = None) -> list[ActiveRow]:
    """Return the active run of a thread, or those of all threads."""
    where, args = ("thread_id = ? AND ", (thread_id,)) if thread_id is not None else ("", ())
    sql = f"SELECT id, thread_id, status, owner, expires_at FROM runs WHERE {where}{ACTIVE_SQL}"  # noqa: S608
    return [ActiveRow(*row) for row in conn.execute(sql, args).fetchall()]


def statuses(conn: Connection, run_ids: Iterable[str]) -> dict[str, str]:
    """Return the statuses of some runs; deleted ones are missing."""
    found = (
        conn.execute("SELECT id, status FROM runs WHERE id = ?", (run_id,)).fetchone() for run_id in run_ids
    )
    return {row["id"]: row["status"] for row in found if row is not None}


def insert_step(
    conn: Connection, step: RunStep, *, turn: int, after_message: int, private: JSONObject
) -> None:
    """Insert a step."""
    cursor = conn.execute(
        "INSERT INTO run_steps (id, run_id, thread_id, type, status, after_message, turn, private, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            step.id,
            step.run_id,
            step.thread_id,
            step.type,
            step.status,
            after_message,
            turn,
            json.dumps(private),
            step.model_dump_json(),
        ),
    )
    words.index_step(conn, int(cursor.lastrowid or 0), step)


def save_step(conn: Connection, step: RunStep, private: JSONObject | None = None) -> None:
    """Store a changed step, and index its words once it is over."""
    row = conn.execute(
        "UPDATE run_steps SET status = ?, body = ?, private = coalesce(?, private) WHERE id = ? RETURNING seq",
        (step.status, step.model_dump_json(), json.dumps(private) if private is not None else None, step.id),
    ).fetchone()
    if row is not None:
        words.index_step(conn, int(row["seq"]), step)


def open_steps(conn: Connection, run_id: str) -> list[StepRow]:
    """Return the run's open steps."""
    rows = conn.execute(
        "SELECT * FROM run_steps WHERE run_id = ? AND status = 'in_progress' ORDER BY seq", (run_id,)
    )
    return [_step_row(row) for row in rows.fetchall()]


def step_row(conn: Connection, step_id: str) -> StepRow:
    """Return a step that is known to exist."""
    return _step_row(conn.execute("SELECT * FROM run_steps WHERE id = ?", (step_id,)).fetchone())


def get_step(conn: Connection, thread_id: str, run_id: str, step_id: str) -> RunStep:
    """Return a step.

    Raises:
        NotFound: The run does not have it.
    """
    get(conn, thread_id, run_id)
    row = conn.execute("SELECT body FROM run_steps WHERE id = ? AND run_id = ?", (step_id, run_id)).fetchone()
    if row is None:
        raise NotFound(f"No run step found with id '{step_id}'.")
    return RunStep.model_validate_json(row["body"])


def listed_steps(conn: Connection, params: ListRunSteps) -> Page[RunStep]:
    """Return one page of a run's steps.

    Raises:
        NotFound: The thread or the run does not exist.
        BadRequest: An unknown cursor.
    """
    get(conn, params.thread_id, params.run_id)
    listing = Listing("run_steps", where="run_id = ?", args=(params.run_id,))
    return page(conn, listing, params, lambda row: RunStep.model_validate_json(row["body"]))


def steps_of_run(conn: Connection, run_id: str) -> list[RunStep]:
    """Return the steps of a run, oldest first."""
    rows = conn.execute("SELECT body FROM run_steps WHERE run_id = ? ORDER BY seq", (run_id,))
    return [RunStep.model_validate_json(row["body"]) for row in rows]


def tool_turns(conn: Connection, thread_id: str, after_message: int) -> list[ToolTurn]:
    """Return the completed tool calls of a thread, oldest first, from a message's sequence number on."""
    rows = conn.execute(
        "SELECT seq, after_message, run_id, turn, private FROM run_steps WHERE thread_id = ? AND type = 'tool_calls'"
        " AND status = 'completed' AND after_message >= ? ORDER BY seq",
        (thread_id, after_message),
    )
    return [
        ToolTurn(
            row["seq"],
            row["after_message"],
            row["run_id"],
            row["turn"],
            json.loads(row["private"]).get("calls", []),
        )
        for row in rows.fetchall()
    ]


def reasoning_by_turn(conn: Connection, thread_id: str, after_message: int) -> dict[tuple[str, int], str]:
    """Return the model's reasoning before each turn's first step, by run id and turn."""
    rows = conn.execute(
        "SELECT run_id, turn, json_extract(body, '$.reasoning') AS reasoning FROM run_steps"
        " WHERE thread_id = ? AND after_message >= ? AND json_extract(body, '$.reasoning') IS NOT NULL"
        " ORDER BY seq",
        (thread_id, after_message),
    )
    return {(row["run_id"], row["turn"]): row["reasoning"] for row in rows.fetchall()}


def has_message(conn: Connection, run_id: str, last: int) -> bool:
    """Return whether a run has written a message up to a sequence number."""
    rows = conn.execute("SELECT 1 FROM messages WHERE run_id = ? AND seq <= ? LIMIT 1", (run_id, last))
    return rows.fetchone() is not None


def has_run_code(conn: Connection, thread_id: str, other_than: str) -> bool:
    """Return whether a run of the thread other than the given one has run code."""
    rows = conn.execute(
        "SELECT 1 FROM run_steps WHERE thread_id = ? AND type = 'tool_calls' AND run_id != ?"
        ' AND instr(body, \'"type":"code_interpreter"\') LIMIT 1',
        (thread_id, other_than),
    )
    return rows.fetchone() is not None


def files_made(conn: Connection, thread_id: str) -> dict[str, str]:
    """Return the ids of the files that tools made in a thread, by path; the newest of each path."""
    rows = conn.execute(
        "SELECT json_extract(private, '$.files') AS made FROM runs WHERE thread_id = ?"
        " AND json_extract(private, '$.files') IS NOT NULL ORDER BY seq",
        (thread_id,),
    )
    made: dict[str, str] = {}
    for row in rows.fetchall():
        made |= json.loads(row["made"])
    return made


def _step_row(row: Row) -> StepRow:
    return StepRow(RunStep.model_validate_json(row["body"]), json.loads(row["private"]), row["turn"])
