"""The store on good and bad days."""

# ruff: noqa: ASYNC240
# a test may wait for the disk

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from pathlib import Path

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
from tests.support.builders import a_run_wanted, a_thread, collect, finished, names, opened, options, run_of
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
