"""A clock that jumps, in either direction, neither ends a run nor loses its text."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest

from aimltui.engine.models.base import ChatChunk
from tests.support.builders import (
    LIFETIMES_S,
    TestClock,
    a_run_wanted,
    collect,
    finished,
    messages_of,
    names,
    opened,
    play,
    run_now,
    run_of,
    text_of,
    until,
)
from tests.support.fake_model import FakeModel, says

HOUR_S = 3600.0
NOW = 1_800_000_000.0


class JumpingClock:
    """A clock that jumps after somebody has looked at it a number of times."""

    def __init__(self, jump: float, *, after: int = 0) -> None:
        self._jump = jump
        self.left = after

    def __call__(self) -> float:
        self.left -= 1
        return NOW if self.left >= 0 else NOW + self._jump


class RestlessClock:
    """A clock that jumps there and back whenever somebody looks at it."""

    def __init__(self, jump: float) -> None:
        self._times = itertools.cycle((NOW, NOW + jump))

    def __call__(self) -> float:
        return next(self._times)


@pytest.mark.parametrize("jump", [-HOUR_S, HOUR_S])
async def test_another_process_leaves_the_run_of_a_living_one_alone_whatever_the_clocks_say(
    tmp_path: Path, jump: float
) -> None:
    gate = asyncio.Event()
    model = FakeModel([ChatChunk(text="so "), gate, *says("far")])
    async with (
        opened(tmp_path, model, clock=TestClock(NOW + jump)) as owner,
        opened(tmp_path, clock=TestClock(NOW)) as other,
    ):
        stream = owner.runs.stream_create_run(await a_run_wanted(owner))
        run = run_of([await anext(stream) for _ in range(8)])
        assert (await run_now(other, run)).status == "in_progress"
        gate.set()
        assert names(await collect(stream))[-2:] == ["run.completed", "done"]
        assert (await messages_of(other, run.thread_id))[-1].text == "so far"


@pytest.mark.parametrize("jump", [-HOUR_S, HOUR_S])
async def test_a_run_is_not_ended_by_a_clock_that_jumps(tmp_path: Path, jump: float) -> None:
    clock = JumpingClock(jump)
    async with opened(tmp_path, FakeModel(says("all ", "of it")), clock=clock, poll_s=60) as engine:
        for looks in range(12):
            wanted = await a_run_wanted(engine)
            clock.left = looks
            events = await collect(engine.runs.stream_create_run(wanted))
            assert run_of(events).status == "completed"
            assert text_of(events) == "all of it"


@pytest.mark.parametrize("jump", [-HOUR_S, HOUR_S])
async def test_a_run_expires_after_its_time_with_its_text_while_the_clock_jumps(
    tmp_path: Path, jump: float
) -> None:
    for lifetime_s in LIFETIMES_S:
        model = FakeModel([ChatChunk(text="so far"), asyncio.Event()])
        changes = {"run_lifetime_s": lifetime_s, "checkpoint_s": 600}
        async with opened(tmp_path, model, clock=RestlessClock(jump), **changes) as engine:
            events = await play(engine)
            last = (await messages_of(engine, run_of(events).thread_id))[-1]
        if text_of(events):
            break
    assert last.text == "so far"
    assert names(events)[-4:] == ["run.step.expired", "message.incomplete", "run.expired", "done"]


async def test_the_run_of_a_process_that_hangs_expires(tmp_path: Path) -> None:
    clock, monotonic = TestClock(NOW), TestClock(0.0)
    model = FakeModel([ChatChunk(text="so far"), asyncio.Event()])
    async with (
        # an engine that looks around so seldom has no heartbeat
        opened(tmp_path, model, poll_s=60, busy_poll_s=60) as owner,
        opened(tmp_path, clock=clock, monotonic=monotonic) as other,
    ):
        stream = owner.runs.stream_create_run(await a_run_wanted(owner))
        run = run_of([await anext(stream) for _ in range(8)])

        async def is_stored() -> bool:
            return (await messages_of(other, run.thread_id))[-1].text == "so far"

        await until(is_stored)
        clock.now += 10 * 365 * 86_400.0
        assert (await run_now(other, run)).is_active
        for _ in range(8):
            assert (await run_now(other, run)).is_active or monotonic.now > 30
            monotonic.advance(5)
        assert (await finished(other, run)).status == "expired"
        assert (await messages_of(other, run.thread_id))[-1].text == "so far"
        await stream.aclose()
