"""A run's memory is stored as earlier versions stored it, and read from what they left."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.runs.run_memory import RunMemory, Sampling, StepMemory
from aimltui.engine.runs.tool_calls import Call
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.store import migrations
from aimltui.wire.runs import Run, Usage

NEW: dict[str, Any] = {"t0": 1000.25, "turns": 0, "sampling": {"temperature": None, "top_p": 0.5}}
USAGE = Usage(prompt_tokens=7, completion_tokens=3, total_tokens=10)
FULL: dict[str, Any] = {
    "t0": 1000.25,
    "turns": 2,
    "sampling": {"temperature": 0.0, "top_p": None},
    "usage": USAGE.to_json(),
    "spent_prompt": 7,
    "spent_completion": 3,
    "files": {"/mnt/data/a.csv": "file-1"},
    "pictures": ["file-2"],
    "unlinked": ["file-3"],
    "last_calls": "abc",
    "same_calls": 1,
    "tool_turns": 2,
    "no_more_tools": True,
    "told_cancelling": True,
}


@pytest.mark.parametrize("column", [NEW, FULL])
def test_a_column_of_an_earlier_version_is_read_and_written_as_it_is(column: dict[str, Any]) -> None:
    assert RunMemory.from_json(column).to_json() == column


CALL: dict[str, Any] = {
    "id": "call_1",
    "name": "weather",
    "arguments": "{}",
    "extra": None,
    "output": None,
    "type": "function",
}


@pytest.mark.parametrize("column", [{"t0": 1.5}, {"t0": 1.5, "calls": [CALL], "usage": USAGE.to_json()}])
def test_a_steps_column_of_an_earlier_version_is_read_and_written_as_it_is(column: dict[str, Any]) -> None:
    memory = StepMemory.from_json(column)
    assert memory.to_json() == column
    assert memory.calls == tuple(Call("call_1", "weather", "{}") for _ in column.get("calls", []))


def test_a_step_of_the_first_version_has_no_memory() -> None:
    assert StepMemory.from_json({"usage": None}) == StepMemory()


def test_every_field_is_read() -> None:
    memory = RunMemory.from_json(json.loads(json.dumps(FULL)))
    assert memory == RunMemory(
        started=1000.25,
        sampling=Sampling(temperature=0.0),
        turns=2,
        spent_prompt=7,
        spent_completion=3,
        usage=USAGE,
        files={"/mnt/data/a.csv": "file-1"},
        pictures=("file-2",),
        unlinked=("file-3",),
        last_calls="abc",
        same_calls=1,
        tool_turns=2,
        no_more_tools=True,
        told_cancelling=True,
    )


@pytest.mark.parametrize("column", [{}, {"usage": None, "pictures": [], "files": {}}])
def test_what_is_missing_has_its_default(column: dict[str, Any]) -> None:
    assert RunMemory.from_json(column) == RunMemory()


def test_a_run_of_the_first_schema_goes_on_after_the_migrations(tmp_path: Path) -> None:
    first = Path(__file__).parents[1] / "fixtures" / "schema_1.sql"
    conn = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    conn.row_factory = sqlite3.Row
    conn.executescript(first.read_text(encoding="utf-8"))
    conn.execute("PRAGMA user_version = 1")
    conn.execute(
        "INSERT INTO threads (id, created_at, activity, last_active_at, body) VALUES ('t', 0, 1, 0, '{}')"
    )
    run = Run(id="run_1", thread_id="t", assistant_id="a", status="in_progress", model="m")
    conn.execute(
        "INSERT INTO runs (id, thread_id, status, created_at, private, body)"
        " VALUES ('run_1', 't', 'in_progress', 1000, ?, ?)",
        (json.dumps(FULL), run.model_dump_json()),
    )
    migrations.migrate(conn, tmp_path / "old.db")
    transaction = RunTransaction(conn, "run_1", 1002.0)
    transaction.count_turn(USAGE, 7, 3)
    private = json.loads(conn.execute("SELECT private FROM runs").fetchone()[0])
    conn.close()
    counted = {"turns": 3, "spent_prompt": 14, "spent_completion": 6}
    assert {name: private[name] for name in counted} == counted
    assert private["usage"]["total_tokens"] == 20
    assert {k: v for k, v in private.items() if k not in {*counted, "usage"}} == {
        k: v for k, v in FULL.items() if k not in {*counted, "usage"}
    }


def test_the_same_calls_three_times_in_a_row_end_the_tools() -> None:
    memory = RunMemory()
    for fingerprint in ("a", "b", "b"):
        memory = memory.after_tool_turn(fingerprint, limit=25, most_same=3)
    assert (memory.same_calls, memory.no_more_tools) == (2, False)
    assert memory.after_tool_turn("b", limit=25, most_same=3).no_more_tools
    assert memory.after_tool_turn("c", limit=4, most_same=3).no_more_tools
