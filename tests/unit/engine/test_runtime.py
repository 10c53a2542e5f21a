"""A job that has to be finished is finished, and its error is not lost."""

from __future__ import annotations

import asyncio
import gc
import logging
import sqlite3
from contextlib import aclosing, closing
from pathlib import Path

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.errors import StoreError
from aimltui.engine.models.base import ChatChunk
from aimltui.wire.events import DONE, MESSAGE_DELTA
from aimltui.wire.operations import RUN_EVENTS
from aimltui.wire.run_steps import RunStep
from aimltui.wire.runs import Run, RunEventsParams
from aimltui.wire.search import SearchParams
from tests.support.builders import a_run_wanted, a_thread, bounded, collect, names, opened, until
from tests.support.fake_model import FakeModel


async def test_the_error_of_a_job_whose_caller_was_cancelled_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def job() -> None:
        started.set()
        await go.wait()
        raise OSError("the disk is full")

    def logged() -> bool:
        mine = [r for r in caplog.records if r.name == "aimltui.engine.runtime" and r.exc_info]
        return any("the disk is full" in str(record.exc_info[1]) for record in mine if record.exc_info)

    async with opened(tmp_path) as engine:
        with caplog.at_level(logging.ERROR):
            caller = asyncio.ensure_future(engine._runtime.run_to_completion(job()))
            await started.wait()
            caller.cancel()
            with pytest.raises(asyncio.CancelledError):
                await caller
            go.set()
            await until(logged)


async def test_a_caller_that_waits_receives_the_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def job() -> None:
        raise OSError("the disk is full")

    async with opened(tmp_path) as engine:
        with pytest.raises(OSError, match="full"):
            await engine._runtime.run_to_completion(job())
    assert not caplog.records


async def test_those_who_follow_a_silent_run_hold_nothing_that_they_were_told(tmp_path: Path) -> None:
    silence = asyncio.Event()
    model = FakeModel([ChatChunk(text="Wait"), silence, ChatChunk(text="!")])
    async with opened(tmp_path, model) as engine:
        run = await engine.runs.create_run(await a_run_wanted(engine))
        asked = RunEventsParams(thread_id=run.thread_id, run_id=run.id)
        heard: list[str] = []

        async def follow() -> None:
            async with aclosing(engine.stream(RUN_EVENTS.name, asked)) as told:
                async for event in told:
                    heard.append(event.event)
                    del event

        def held() -> int:
            gc.collect()
            return sum(isinstance(one, Run | RunStep) for one in gc.get_objects())

        first = asyncio.create_task(follow())
        await until(lambda: MESSAGE_DELTA in heard)
        before = held()
        others = [asyncio.create_task(follow()) for _ in range(20)]
        await until(lambda: heard.count(MESSAGE_DELTA) == 21)
        assert held() - before <= 5
        silence.set()
        await asyncio.gather(first, *others)
        assert heard.count(DONE) == 21


async def test_a_run_whose_end_can_never_be_stored_hinders_neither_other_windows_nor_the_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    go = asyncio.Event()
    async with opened(tmp_path, FakeModel([ChatChunk(text="Wait"), go, ChatChunk(text="!")])) as engine:
        run = await engine.runs.create_run(await a_run_wanted(engine))
        supervisor = engine._runtime.supervisor
        log = supervisor.log_of(run.id)
        assert log is not None
        told = asyncio.create_task(collect(log.follow()))
        await until(lambda: saved_steps(tmp_path))
        with closing(sqlite3.connect(tmp_path / "aimltui.db")) as conn, conn:
            conn.execute("UPDATE run_steps SET body = 'not JSON'")
        go.set()
        assert names(await told)[-2:] == ["run.failed", "done"]
        await until(lambda: not supervisor.live)
        heard = asyncio.create_task(hear_of_a_change(engine))
        async with opened(tmp_path) as other:
            await a_thread(other)
            await bounded(heard)
    assert "the end of run" in caplog.text


async def hear_of_a_change(engine: Engine) -> None:
    async with aclosing(engine.changes()) as changes:
        await anext(changes)


def saved_steps(data_dir: Path) -> int:
    with closing(sqlite3.connect(data_dir / "aimltui.db")) as conn:
        return int(conn.execute("SELECT count(*) FROM run_steps").fetchone()[0])


async def test_what_waits_for_changes_of_a_closed_engine_ends(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        pass
    assert await collect(engine.changes()) == []


async def test_older_messages_are_indexed_although_the_store_refused_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def change(sql: str) -> None:
        with closing(sqlite3.connect(tmp_path / "aimltui.db")) as conn, conn:
            conn.executescript(sql)

    async def is_found() -> bool:
        return bool((await engine.search.search(SearchParams(query="needle"))).data)

    async with opened(tmp_path) as engine:
        await a_thread(engine, "a needle")
        change("DELETE FROM words; ALTER TABLE not_indexed RENAME TO elsewhere")
        engine._runtime.index_words()
        await until(lambda: "not_indexed" in caplog.text)
        change("ALTER TABLE elsewhere RENAME TO not_indexed; INSERT INTO not_indexed VALUES ('messages', 99)")
        engine._runtime.index_words()
        await until(is_found)


async def test_all_that_is_open_is_closed_although_a_part_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []

    async def fail() -> None:
        raise OSError("the disk is full")

    async def note() -> None:
        closed.append("models")

    async with opened(tmp_path) as engine:
        runtime = engine._runtime
        with monkeypatch.context() as broken:
            broken.setattr(runtime.tools, "aclose", fail)
            broken.setattr(runtime.models, "aclose", note)
            with pytest.raises(OSError, match="full"):
                await runtime.aclose()
    assert closed == ["models"]
    with pytest.raises(StoreError, match="closed"):
        await runtime.database.read(lambda conn: None)
    async with opened(tmp_path) as again:
        assert (
            await again._runtime.read(lambda conn: conn.execute("SELECT count(*) FROM owners").fetchone()[0])
            == 1
        )
