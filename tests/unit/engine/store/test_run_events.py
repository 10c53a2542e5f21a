"""The stored events of many runs are read back as they were streamed."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimltui.engine.errors import RunGone, RunOver
from aimltui.engine.events.deltas import TEXT, Delta
from aimltui.engine.events.log import LogEntry
from aimltui.engine.runs.transaction import append_streamed
from aimltui.engine.store import events, migrations


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "events.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as opened:
        opened.row_factory = sqlite3.Row
        migrations.migrate(opened, path)
        yield opened


def a_run(conn: sqlite3.Connection, number: int, status: str = "in_progress") -> str:
    run_id = f"run_{number}"
    conn.execute(
        "INSERT INTO threads (id, created_at, activity, last_active_at, body) VALUES (?, 1, ?, 1, '{}')",
        (f"thread_{number}", number),
    )
    conn.execute(
        "INSERT INTO runs (id, thread_id, status, created_at, body) VALUES (?, ?, ?, 1, '{}')",
        (run_id, f"thread_{number}", status),
    )
    return run_id


def said(number: int, *texts: str) -> list[LogEntry]:
    return [LogEntry(Delta(f"msg_{number}", TEXT, 0, text), index) for index, text in enumerate(texts)]


@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_the_text_of_any_number_of_runs_is_read_back(conn: sqlite3.Connection, count: int) -> None:
    streamed = [
        (a_run(conn, number), said(number, f"{number} ", "\x00", "é\u2028")) for number in range(count)
    ]
    assert append_streamed(conn, streamed) == [None] * count
    for number in range(count):
        assert (
            "".join(d.text for d in events.deltas_of(conn, f"run_{number}", f"msg_{number}"))
            == f"{number} \x00é\u2028"
        )
        assert events.next_index(conn, f"run_{number}") == 3


def test_a_run_that_is_gone_or_over_is_told_and_the_others_are_stored(conn: sqlite3.Connection) -> None:
    streamed = [
        (a_run(conn, 1), said(1, "a")),
        ("run_2", said(2, "b")),
        (a_run(conn, 3, "completed"), said(3, "c")),
        (a_run(conn, 4, "cancelling"), said(4, "d")),
    ]
    refusals = append_streamed(conn, streamed)
    assert [type(refusal) for refusal in refusals] == [type(None), RunGone, RunOver, type(None)]
    stored = [row[0] for row in conn.execute("SELECT run_id FROM run_events ORDER BY run_id")]
    assert stored == ["run_1", "run_4"]
