"""While a model is waited for: when nothing comes, when it is tried again, and how soon that can be stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatChunk, ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.options import RetryPolicy
from aimltui.wire.events import Notice, StreamEvent
from aimltui.wire.runs import Run, RunParams
from tests.support.builders import a_run_wanted, bounded, finished, opened, text_of, until
from tests.support.fake_model import USAGE, FakeModel, says

QUICK = {"first_byte_notice_s": 0.03, "silence_notice_s": 0.05}


class Watched:
    """A run and what is remarked about it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.events: list[StreamEvent] = []

    @property
    def notices(self) -> list[Notice]:
        return [event.data for event in self.events if isinstance(event.data, Notice)]

    @property
    def kinds(self) -> list[str]:
        return [notice.kind for notice in self.notices]


async def watch(engine: Engine) -> tuple[Watched, asyncio.Task[None]]:
    run = await engine.runs.create_run(await a_run_wanted(engine))
    log = engine._runtime.supervisor.log_of(run.id)
    assert log is not None
    watched = Watched(run)

    async def follow() -> None:
        async for event in log.follow():
            watched.events.append(event)

    return watched, asyncio.create_task(follow())


class AtHost(FakeModel):
    endpoint = Endpoint("x", "https://llm.test/v1")


async def test_when_nothing_comes_it_is_said_and_taken_back_when_something_does(tmp_path: Path) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    end = ChatChunk(finish_reason="stop", usage=USAGE)
    model = AtHost([first, ChatChunk(text="At last"), second, ChatChunk(text=", the rest"), end])
    async with opened(tmp_path, model, **QUICK) as engine:
        watched, task = await watch(engine)
        await until(lambda: watched.kinds == ["silent"])
        assert watched.notices[0].what == "No answer from llm.test"
        assert watched.notices[0].since is not None
        first.set()
        await until(lambda: watched.kinds == ["silent", "cleared", "silent"])
        second.set()
        await bounded(task)
        assert watched.kinds == ["silent", "cleared", "silent", "cleared"]
        assert (await finished(engine, watched.run)).status == "completed"


async def test_a_model_that_keeps_talking_is_not_called_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = [asyncio.Event() for _ in range(6)]
    steps = [step for moment in moments for step in (moment, ChatChunk(text="word "))]
    model = FakeModel([*steps, *says("end")])
    loop = asyncio.get_running_loop()
    now = loop.time()
    # a clock that only this test turns: each pause is shorter than the limit, all of them are longer
    monkeypatch.setattr(loop, "time", lambda: now)
    async with opened(tmp_path, model, first_byte_notice_s=10.0, silence_notice_s=10.0) as engine:
        watched, task = await watch(engine)
        for count, moment in enumerate(moments, 1):
            while len(model.requests) < 1 or text_of(watched.events) != "word " * (count - 1):  # noqa: ASYNC110  # no timer fires
                await asyncio.sleep(0)
            now += 9.0
            await asyncio.sleep(0)
            moment.set()
        await bounded(task)
    assert text_of(watched.events) == "word " * 6 + "end"
    assert watched.kinds == []


async def test_a_run_that_is_tried_again_says_when_and_ends_at_once_when_stopped(tmp_path: Path) -> None:
    model = FakeModel([ModelError("llm.test gets too many requests.", retryable=True, retry_after_s=58.0)])
    retry = RetryPolicy(tries=3, base_s=1.0, cap_s=60.0)
    async with opened(tmp_path, model, retry=retry) as engine:
        watched, task = await watch(engine)
        await until(lambda: watched.notices)
        (notice,) = watched.notices
        assert (notice.kind, notice.attempt) == ("retry", "2/3")
        assert notice.what == "llm.test gets too many requests"
        assert "58 s (2/3)" in notice.text
        await engine.runs.cancel_run(RunParams(thread_id=watched.run.thread_id, run_id=watched.run.id))
        await bounded(task)
        assert (await finished(engine, watched.run)).status == "cancelled"
        assert watched.kinds == ["retry", "cleared"]


async def test_a_wait_that_the_server_asks_for_is_capped(tmp_path: Path) -> None:
    model = FakeModel([ModelError("busy", retryable=True, retry_after_s=86_400.0)], says("Hi"))
    async with opened(tmp_path, model) as engine:
        watched, task = await watch(engine)
        await bounded(task)
        assert (await finished(engine, watched.run)).status == "completed"
    assert watched.kinds == ["retry", "cleared"]


async def test_what_a_gateway_has_tried_several_times_is_tried_once_more_at_most(tmp_path: Path) -> None:
    model = FakeModel([ModelError("The gateway failed.", retryable=True, gateway=True)])
    async with opened(tmp_path, model) as engine:
        run = await finished(engine, await engine.runs.create_run(await a_run_wanted(engine)))
    assert run.status == "failed"
    assert len(model.requests) == 2
