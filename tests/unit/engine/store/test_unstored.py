"""What was made for requests that are not stored goes once its engine is dead, and not before."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aimltui.common.unstored import unstored as for_unstored
from aimltui.engine.store import files, migrations, threads, unstored
from aimltui.wire.files import File
from aimltui.wire.threads import ListThreads, Thread
from tests.support.builders import a_thread, opened


class Others:
    """Owners of which some are alive."""

    def __init__(self, me: str, *alive: str) -> None:
        self.me = me
        self._alive = alive

    def is_alive(self, conn: sqlite3.Connection, owner: str) -> bool:
        return owner in self._alive


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "unstored.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as found:
        found.row_factory = sqlite3.Row
        found.execute("PRAGMA foreign_keys = ON")
        migrations.migrate(found, path)
        for number, owner in enumerate(("dead", "alive", "me", "")):
            threads.insert(found, Thread(id=f"thread_{number}", created_at=1))
            files.insert(
                found,
                File(id=f"file-{number}", created_at=1, bytes=1, filename="a.txt", purpose="user_data"),
            )
            with for_unstored(bool(owner)):
                unstored.mark_new(found, owner, f"thread_{number}")
                unstored.mark_new(found, owner, f"file-{number}")
        yield found


def left(conn: sqlite3.Connection, table: str) -> list[str]:
    return [row[0][-1] for row in conn.execute(f"SELECT id FROM {table} ORDER BY id")]


def test_only_what_a_dead_engine_left_is_deleted(conn: sqlite3.Connection) -> None:
    others: Any = Others("me", "alive")
    assert unstored.is_left(conn, others)
    assert unstored.delete_left(conn, others) == {"threads": ["thread_0"], "files": ["file-0"]}
    assert (left(conn, "threads"), left(conn, "files")) == (["1", "2", "3"], ["1", "2", "3"])
    assert not unstored.is_left(conn, others)


def test_what_is_kept_stays_when_its_engine_dies(conn: sqlite3.Connection) -> None:
    others: Any = Others("me")
    unstored.keep(conn, ["thread_0", "file-1", "unknown"])
    assert unstored.delete_left(conn, others) == {"threads": ["thread_1"], "files": ["file-0"]}
    assert (left(conn, "threads"), left(conn, "files")) == (["0", "2", "3"], ["1", "2", "3"])


def test_nothing_is_remembered_of_what_was_deleted(conn: sqlite3.Connection) -> None:
    conn.execute("DELETE FROM threads")
    conn.execute("DELETE FROM files")
    assert conn.execute("SELECT count(*) FROM unstored").fetchone()[0] == 0


async def test_another_engine_leaves_what_a_living_one_made(tmp_path: Path) -> None:
    async with opened(tmp_path) as first:
        with for_unstored():
            made = await a_thread(first, "Hi")
        kept = await a_thread(first, "Ho")
        async with opened(tmp_path) as second:
            found = await second.threads.list_threads(ListThreads())
            assert {thread.id for thread in found.data} == {made.id, kept.id}
    async with opened(tmp_path) as third:
        found = await third.threads.list_threads(ListThreads())
        assert [thread.id for thread in found.data] == [kept.id]
