"""The store on good and bad days."""

# ruff: noqa: ASYNC240
# a test may wait for the disk

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.errors import StoreError
from aimltui.engine.models.base import ChatChunk
from aimltui.engine.store import migrations
from aimltui.engine.store.database import Database
from aimltui.wire.errors import ServerError
from aimltui.wire.messages import CreateMessage
from aimltui.wire.runs import RunParams
from aimltui.wire.threads import CreateThread, ListThreads
from tests.support.builders import (
    a_run_wanted,
    a_thread,
    collect,
    finished,
    messages_of,
    names,
    opened,
    options,
    run_of,
    until,
)
from tests.support.fake_model import FakeModel, FakeModels, says


async def refused(data_dir: Path) -> str:
    with pytest.raises(StoreError) as error:
        await Engine.open(options(data_dir), FakeModels(FakeModel()))
    return error.value.message


async def test_the_database_is_its_owners_alone(tmp_path: Path) -> None:
    async with opened(tmp_path / "deep" / "data") as engine:
        await a_thread(engine)
        directory = tmp_path / "deep" / "data"
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert modes.pop("files") == 0o700
    assert modes == {"aimltui.db": 0o600, "aimltui.db-wal": 0o600, "aimltui.db-shm": 0o600}


async def test_a_newer_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "aimltui.db"
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE future (x)")
        conn.execute(f"PRAGMA user_version = {migrations.VERSION + 1}")
    conn.close()
    before = path.read_bytes()
    message = await refused(tmp_path)
    assert "newer aimltui" in message
    assert "--data-dir" in message
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["aimltui.db"]


async def test_a_file_that_is_no_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "aimltui.db"
    path.write_bytes(b"my diary, which is long enough to be mistaken for something else" * 20)
    before = path.read_bytes()
    assert "not a database" in await refused(tmp_path)
    assert path.read_bytes() == before


async def test_an_engine_that_cannot_use_its_database_closes_it(tmp_path: Path) -> None:
    async with opened(tmp_path):
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / "aimltui.db")) as conn:
        conn.execute("DROP TABLE owners")
    before = set(threading.enumerate())
    assert "no such table" in await refused(tmp_path)
    left = {thread.name for thread in threading.enumerate() if thread not in before}
    assert not any(name.startswith(("aimltui-writer", "aimltui-reader")) for name in left)


async def test_a_directory_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    message = await refused(tmp_path / "file" / "data")
    assert "cannot be used" in message
    assert "--data-dir" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_read_only_directory_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        assert "writable" in await refused(tmp_path)
    finally:
        tmp_path.chmod(0o700)


async def test_a_read_only_database_refuses_with_a_sentence(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        await engine._runtime.database.write(lambda conn: None)
        await engine._runtime.database._submit(lambda conn: conn.execute("PRAGMA query_only = 1"))
        with pytest.raises(ServerError, match="read-only") as refusal:
            await a_thread(engine)
        await engine._runtime.database._submit(lambda conn: conn.execute("PRAGMA query_only = 0"))
    assert refusal.value.code == "store_error"


async def fill(engine: Engine) -> None:
    """No page more for the database."""

    def full(conn: sqlite3.Connection) -> None:
        count = conn.execute("PRAGMA page_count").fetchone()[0]
        conn.execute(f"PRAGMA max_page_count = {count}")

    await engine._runtime.database._submit(full)


async def make_room(engine: Engine) -> None:
    await engine._runtime.database._submit(lambda conn: conn.execute("PRAGMA max_page_count = 1000000"))


async def test_a_full_disk_is_a_sentence_and_not_the_end(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        thread = await a_thread(engine)
        await fill(engine)
        big = CreateMessage(thread_id=thread.id, role="user", content="x" * 100_000)
        with pytest.raises(ServerError, match="disk is full"):
            await engine.messages.create_message(big)
        await make_room(engine)
        await engine.messages.create_message(big)


async def test_a_disk_that_fills_up_fails_the_run_and_frees_the_thread_when_there_is_room(
    tmp_path: Path,
) -> None:
    gate = asyncio.Event()
    model = FakeModel([ChatChunk(text="a"), gate, *says("b" * 200_000)])
    async with opened(tmp_path, model) as engine:
        stream = engine.runs.stream_create_run(await a_run_wanted(engine))
        events = [await anext(stream) for _ in range(8)]
        await fill(engine)
        gate.set()
        rest = await collect(stream)
        assert names(rest)[-2:] == ["run.failed", "done"]
        assert "disk is full" in run_of(rest).last_error.message  # type: ignore[union-attr]
        await make_room(engine)
        run = await finished(engine, run_of(events))
        assert run.status == "failed"
        await engine.messages.create_message(
            CreateMessage(thread_id=run.thread_id, role="user", content="again")
        )


async def test_a_closed_engine_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        pass
    with pytest.raises(ServerError, match="closed"):
        await engine.threads.list_threads(ListThreads())
    with pytest.raises(ServerError, match="closed"):
        await engine.threads.create_thread(CreateThread())


async def test_two_programs_may_make_the_database_at_once(tmp_path: Path) -> None:
    databases = [Database(tmp_path / "aimltui.db") for _ in range(4)]
    await asyncio.gather(*(database.open() for database in databases))
    for database in databases:
        await database.aclose()


async def test_a_write_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:

        def half(conn: sqlite3.Connection) -> None:
            conn.execute("DELETE FROM threads")
            raise ValueError("no")

        thread = await a_thread(engine)
        with pytest.raises(ValueError, match="no"):
            await engine._runtime.database.write(half)
        assert [found.id for found in (await engine.threads.list_threads(ListThreads())).data] == [thread.id]


async def test_readers_cannot_write(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        with pytest.raises(StoreError, match="read-only"):
            await engine._runtime.database.read(lambda conn: conn.execute("DELETE FROM threads"))


async def test_results_of_many_reads_do_not_pile_up_before_they_are_taken(tmp_path: Path) -> None:
    database = Database(tmp_path / "aimltui.db", readers=2)
    await database.open()
    read, all_read = list[int](), threading.Event()

    def look(number: int) -> int:
        read.append(number)
        if len(read) == 50:
            all_read.set()
        return number

    try:
        reading = [
            asyncio.create_task(database.read(lambda _, number=number: look(number))) for number in range(50)
        ]  # type: ignore[misc]
        await asyncio.sleep(0)
        # the event loop is busy: results can only wait for it
        assert not all_read.wait(0.1)
        assert len(read) <= 4
        assert await asyncio.gather(*reading) == list(range(50))
    finally:
        await database.aclose()


async def test_a_read_that_waits_while_the_database_is_closed_says_so(tmp_path: Path) -> None:
    database = Database(tmp_path / "aimltui.db", readers=1)
    await database.open()
    go_on = threading.Event()
    reading = [asyncio.create_task(database.read(lambda _: go_on.wait(20))) for _ in range(9)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(database.aclose())
    await asyncio.sleep(0)
    go_on.set()
    told = await asyncio.gather(*reading, return_exceptions=True)
    await closing
    refused = [one for one in told if isinstance(one, StoreError)]
    assert refused
    assert [one for one in told if one is True] == [True] * (9 - len(refused))


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        wanted = await a_run_wanted(engine)
        run = run_of(await collect(engine.runs.stream_create_run(wanted)))
    async with opened(tmp_path) as engine:
        assert await engine.runs.get_run(RunParams(thread_id=run.thread_id, run_id=run.id)) == run
        summary = (await engine.threads.list_threads(ListThreads())).data[0]
    assert (summary.preview, summary.latest_run.status) == ("Hi", "completed")  # type: ignore[union-attr]


async def test_the_logs_of_old_runs_are_forgotten_and_their_ends_are_not(tmp_path: Path) -> None:
    from aimltui.wire.runs import RunEventsParams
    from tests.support.builders import TestClock

    clock = TestClock()
    async with opened(tmp_path, clock=clock) as engine:
        run = run_of(await collect(engine.runs.stream_create_run(await a_run_wanted(engine))))
    clock.advance(2 * 86_400)
    async with opened(tmp_path, clock=clock) as engine:
        told = await collect(engine.runs.run_events(RunEventsParams(thread_id=run.thread_id, run_id=run.id)))
    assert names(told) == ["run.completed", "done"]


def test_migrations_split_the_schema_as_sqlite_does() -> None:
    script = migrations.SCHEMA.read_text(encoding="utf-8")
    whole, split = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    whole.executescript(script)
    for statement in migrations.statements(script):
        split.execute(statement)
    sql = "SELECT name, sql FROM sqlite_master ORDER BY name"
    assert whole.execute(sql).fetchall() == split.execute(sql).fetchall()
    whole.close()
    split.close()


def an_old_database(data_dir: Path, version: int = 1) -> Path:
    """A database of an older program, with a thread."""
    path = options(data_dir).database
    with contextlib.closing(sqlite3.connect(path)) as conn:
        schema = Path(__file__).parents[1] / "fixtures" / "schema_1.sql"
        conn.executescript(schema.read_text(encoding="utf-8"))
        conn.execute(
            "INSERT INTO threads (id, created_at, activity, last_active_at, body) VALUES ('t', 0, 1, 0, '{}')"
        )
        conn.execute(f"PRAGMA user_version = {version}")
        conn.commit()
    return path


async def test_a_copy_is_made_before_a_migration_and_stays_until_the_next(tmp_path: Path) -> None:
    an_old_database(tmp_path)
    (tmp_path / "aimltui-version-0.db").touch()
    (tmp_path / "aimltui-version-mine.db").touch()
    async with opened(tmp_path):
        pass
    copy = tmp_path / "aimltui-version-1.db"
    names_of_copies = {file.name for file in tmp_path.glob("aimltui-version-*")}
    assert names_of_copies == {copy.name, "aimltui-version-mine.db"}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with contextlib.closing(sqlite3.connect(copy)) as conn:
        assert migrations.version_of(conn) == 1
        assert conn.execute("SELECT id FROM threads").fetchall() == [("t",)]
    # nothing is migrated at the next start
    async with opened(tmp_path):
        assert copy.exists()


async def test_without_room_for_a_copy_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = an_old_database(tmp_path)
    full = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    message = await refused(tmp_path)
    assert "17 MB are needed for it and 1 MB are free. Free some space, then start again." in message
    with contextlib.closing(sqlite3.connect(path)) as conn:
        assert migrations.version_of(conn) == 1
    assert not list(tmp_path.glob("*-version-*"))


async def test_a_migration_that_fails_leaves_no_copy(tmp_path: Path) -> None:
    # version 2's tables are missing
    an_old_database(tmp_path, version=2)
    await refused(tmp_path)
    assert not list(tmp_path.glob("*-version-*"))


class OnAFullDisk(sqlite3.Connection):
    """A connection whose disk is full at the end of a transaction; SQLite rolls back by itself then."""

    def execute(self, sql: str, /, *args: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            super().execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(sql, *args)


def test_a_disk_that_is_full_at_the_end_of_a_migration_is_named_and_leaves_no_copy(tmp_path: Path) -> None:
    path = an_old_database(tmp_path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, factory=OnAFullDisk)) as conn:
        with pytest.raises(sqlite3.OperationalError, match="disk is full"):
            migrations.migrate(conn, path)
        assert migrations.version_of(conn) == 1
    assert not list(tmp_path.glob("*-version-*"))


async def test_a_copy_that_an_interrupted_migration_left_counts_as_free_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_old_database(tmp_path)
    left = tmp_path / "aimltui-version-1.db"
    with left.open("wb") as file:
        file.truncate(20_000_000)
    usage = shutil.disk_usage(tmp_path)

    def with_little_room(_: Path) -> Any:
        return usage._replace(free=1_000_000 if left.exists() else 21_000_000)

    monkeypatch.setattr(shutil, "disk_usage", with_little_room)
    async with opened(tmp_path):
        pass
    with contextlib.closing(sqlite3.connect(left)) as conn:
        assert migrations.version_of(conn) == 1


def free_bytes(conn: sqlite3.Connection) -> int:
    return int(conn.execute("PRAGMA freelist_count").fetchone()[0]) * 4096


@pytest.mark.parametrize("is_old", [False, True])
async def test_the_space_of_deleted_threads_is_given_back(tmp_path: Path, is_old: bool) -> None:
    path = options(tmp_path).database
    if is_old:
        with contextlib.closing(sqlite3.connect(path)) as conn:
            conn.execute("CREATE TABLE of_an_older_program (x)")
            conn.execute("DROP TABLE of_an_older_program")
    async with opened(tmp_path, quiet_s=0.01) as engine:
        modes = await engine._runtime.read(lambda conn: conn.execute("PRAGMA auto_vacuum").fetchone()[0])
        assert modes == (0 if is_old else 2)
        await engine._runtime.write(lambda conn: conn.execute("CREATE TABLE big (x)"))
        await engine._runtime.write(lambda conn: conn.execute("INSERT INTO big SELECT zeroblob(12000000)"))
        await engine._runtime.write(lambda conn: conn.execute("DROP TABLE big"))

        async def is_small() -> bool:
            return path.stat().st_size < 6_000_000

        await until(is_small)
        assert await engine._runtime.read(free_bytes) < 1_000_000
        # it can be written as before
        await a_thread(engine)


async def test_space_that_cannot_be_given_back_is_tried_again_after_an_hour(tmp_path: Path) -> None:
    now = 0.0
    tried: list[float] = []

    def refuse_vacuum(_action: int, name: str | None, *_: Any) -> int:
        if name != "incremental_vacuum":
            return sqlite3.SQLITE_OK
        tried.append(now)
        return sqlite3.SQLITE_DENY

    async with opened(tmp_path, poll_s=3600.0, monotonic=lambda: now) as engine:
        runtime = engine._runtime
        await runtime.write(lambda conn: conn.execute("CREATE TABLE big (x)"))
        await runtime.write(lambda conn: conn.execute("INSERT INTO big SELECT zeroblob(12000000)"))
        await runtime.write(lambda conn: conn.execute("DROP TABLE big"))
        await runtime.database._submit(lambda conn: conn.set_authorizer(refuse_vacuum))
        for at in (10.0, 11.0, 3000.0, 3700.0):
            now = at
            await runtime._poll()
        assert tried == [10.0, 3700.0]
        await runtime.database._submit(lambda conn: conn.set_authorizer(None))
        now = 8000.0
        await runtime._poll()
        assert await runtime.read(free_bytes) < 1_000_000


async def test_a_large_message_does_not_stay_in_memory(tmp_path: Path) -> None:
    text = "word " * 1_000_000
    async with opened(tmp_path) as engine:
        thread = await a_thread(engine)
        database = engine._runtime.database
        first = database._writer
        message = CreateMessage(thread_id=thread.id, role="user", content=text)
        await engine.messages.create_message(message)
        # SQLite's statements hold what they stored, until their connection is closed

        async def is_another() -> bool:
            return database._writer is not None and database._writer is not first

        await until(is_another)
        assert first is not None
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            first.execute("SELECT 1")
        assert (await messages_of(engine, thread.id))[-1].text == text
        second = database._writer
        await a_thread(engine)
        assert database._writer is second
