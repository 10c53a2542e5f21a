"""Several engines on one directory, in one process and in several; and what a killed one leaves behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from aimltui.engine.models.base import ChatChunk
from aimltui.wire.errors import BadRequest
from aimltui.wire.messages import CreateMessage
from aimltui.wire.run_steps import ListRunSteps
from aimltui.wire.runs import ListRuns, Run, RunEventsParams, RunParams, SubmitToolOutputs, ToolOutput
from aimltui.wire.threads import ListThreads, ThreadParams
from tests.support.builders import (
    PATIENCE_S,
    a_run_wanted,
    a_thread,
    bounded,
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
from tests.support.fake_model import FakeModel, calls, says

CHILD = """
import asyncio, sys
from pathlib import Path
from tests.support.builders import *
from tests.support.fake_model import *

async def main():
    model = FakeModel([ChatChunk(text="kept "), ChatChunk(text="text"), asyncio.Event()])
    async with opened(Path(sys.argv[1]), model) as engine:
        async for event in engine.runs.stream_create_run(await a_run_wanted(engine)):
            if event.event == "thread.message.delta":
                async def is_stored():
                    return (await messages_of(engine, run.thread_id))[-1].text == "kept text"
                await until(is_stored)
                print(run.thread_id, run.id, flush=True)
            elif isinstance(event.data, Run):
                run = event.data

asyncio.run(main())
"""


def start_child(data_dir: Path) -> tuple[subprocess.Popen[str], Run]:
    """Another process with an active run; its text is in the database."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(data_dir)], stdout=subprocess.PIPE, text=True, env=env
    )
    assert child.stdout is not None
    thread_id, run_id = child.stdout.readline().split()
    return child, Run(id=run_id, thread_id=thread_id)


def end_child(child: subprocess.Popen[str]) -> None:
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    assert child.stdout is not None
    child.stdout.close()


async def test_a_killed_process_leaves_a_failed_run_with_its_text(tmp_path: Path) -> None:
    child, run = await asyncio.to_thread(start_child, tmp_path)
    end_child(child)
    async with opened(tmp_path) as engine:
        ended = await run_now(engine, run)
        message = (await messages_of(engine, run.thread_id))[-1]
        steps = (await engine.runs.list_run_steps(ListRunSteps(thread_id=run.thread_id, run_id=run.id))).data
        told = await collect(engine.runs.run_events(RunEventsParams(thread_id=run.thread_id, run_id=run.id)))
        await engine.messages.create_message(
            CreateMessage(thread_id=run.thread_id, role="user", content="go on")
        )
        found = (await engine.threads.list_threads(ListThreads(query="kept"))).data
    assert (ended.status, ended.last_error.code) == ("failed", "server_error")  # type: ignore[union-attr]
    assert "ended during this run" in ended.last_error.message  # type: ignore[union-attr]
    assert (message.text, message.status) == ("kept text", "incomplete")
    assert message.incomplete_details.reason == "run_failed"  # type: ignore[union-attr]
    assert steps[0].status == "failed"
    assert names(told)[-4:] == ["run.step.failed", "message.incomplete", "run.failed", "done"]
    assert text_of(told) == "kept text"
    assert [thread.id for thread in found] == [run.thread_id]


async def test_the_run_of_a_living_process_is_left_alone_followed_and_cancelled(tmp_path: Path) -> None:
    child, run = await asyncio.to_thread(start_child, tmp_path)
    try:
        async with opened(tmp_path) as engine:
            assert (await run_now(engine, run)).status == "in_progress"
            with pytest.raises(BadRequest, match=f"while a run {run.id} is active"):
                await engine.messages.create_message(
                    CreateMessage(thread_id=run.thread_id, role="user", content="x")
                )
            following = asyncio.ensure_future(
                collect(engine.runs.run_events(RunEventsParams(thread_id=run.thread_id, run_id=run.id)))
            )
            await asyncio.sleep(0)
            told = await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
            assert told.status == "cancelling"
            events = await bounded(following)
        assert names(events)[-5:] == [
            "run.cancelling", "run.step.cancelled", "message.incomplete", "run.cancelled", "done",
        ]  # fmt: skip
        assert text_of(events) == "kept text"
    finally:
        end_child(child)


async def test_a_window_notices_that_its_neighbour_died(tmp_path: Path) -> None:
    child, run = await asyncio.to_thread(start_child, tmp_path)
    async with opened(tmp_path) as engine:
        following = asyncio.ensure_future(
            collect(engine.runs.run_events(RunEventsParams(thread_id=run.thread_id, run_id=run.id)))
        )
        end_child(child)
        assert names(await bounded(following))[-2:] == ["run.failed", "done"]


async def test_of_two_windows_that_start_a_run_exactly_one_wins(tmp_path: Path) -> None:
    async with (
        opened(tmp_path, FakeModel([asyncio.Event()])) as one,
        opened(tmp_path, FakeModel([asyncio.Event()])) as other,
    ):
        wanted = await a_run_wanted(one)
        results = await asyncio.gather(
            *(e.runs.create_run(wanted) for e in (one, other) * 4), return_exceptions=True
        )
        runs = [result for result in results if isinstance(result, Run)]
        refusals = [result for result in results if isinstance(result, BadRequest)]
        assert (len(runs), len(refusals)) == (1, 7)
        assert {str(error) for error in refusals} == {
            f"Thread {wanted.thread_id} already has an active run {runs[0].id}."
        }
        assert len((await one.runs.list_runs(ListRuns(thread_id=wanted.thread_id))).data) == 1


async def test_each_window_hears_of_its_own_changes_by_name(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine, aclosing(engine.changes()) as changes:
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        thread = await a_thread(engine)
        event = await bounded(waiting)
    assert event.event == "aimltui.changed"
    assert event.data.thread_ids == [thread.id]


async def test_a_window_hears_that_another_process_wrote(tmp_path: Path) -> None:
    # two engines of one process use two writing connections, as two processes do
    async with opened(tmp_path) as one, opened(tmp_path) as other, aclosing(one.changes()) as changes:
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        await a_thread(other)
        assert (await bounded(waiting)).data.thread_ids is None


async def test_many_changes_are_told_together(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine, aclosing(engine.changes()) as changes:
        first = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        threads = [await a_thread(engine) for _ in range(5)]
        told = set((await bounded(first)).data.thread_ids)
        while len(told) < 5:
            told.update((await bounded(anext(changes))).data.thread_ids)
    assert told == {thread.id for thread in threads}


async def test_the_stream_of_changes_ends_with_the_engine(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        waiting = asyncio.ensure_future(collect(engine.changes()))
        await asyncio.sleep(0)
    assert await bounded(waiting) == []


async def test_outputs_may_come_from_another_window(tmp_path: Path) -> None:
    tools = {"tools": [{"type": "function", "function": {"name": "weather"}}]}
    async with opened(tmp_path, FakeModel(calls(("weather", "{}")))) as one:
        run = run_of(await play(one, assistant=tools))
    async with opened(tmp_path, FakeModel(says("sunny"))) as other:
        assert (await run_now(other, run)).status == "requires_action"
        output = ToolOutput(tool_call_id="call_0", output="sun")
        await other.runs.submit_tool_outputs(
            SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=[output])
        )
        assert (await finished(other, run)).status == "completed"


async def test_a_thread_deleted_in_another_window_ends_the_run_quietly(tmp_path: Path) -> None:
    async with (
        opened(tmp_path, FakeModel([ChatChunk(text="x"), asyncio.Event()])) as one,
        opened(tmp_path) as other,
    ):
        stream = one.runs.stream_create_run(await a_run_wanted(one))
        run = run_of([await anext(stream) for _ in range(8)])
        await other.threads.delete_thread(ThreadParams(thread_id=run.thread_id))
        assert names(await collect(stream))[-2:] == ["error", "done"]


async def test_a_foreign_run_streams_to_a_follower_while_it_goes_on(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = FakeModel([ChatChunk(text="a"), gate, *says("b")])
    async with opened(tmp_path, model) as one, opened(tmp_path) as other:
        run = await one.runs.create_run(await a_run_wanted(one))
        seen: list[str] = []
        params = RunEventsParams(thread_id=run.thread_id, run_id=run.id)
        async with asyncio.timeout(PATIENCE_S), aclosing(other.runs.run_events(params)) as events:
            async for event in events:
                seen.append(event.event)
                if event.event == "thread.message.delta":
                    gate.set()
        await until(lambda: seen[-2:] == ["thread.run.completed", "done"])


async def test_a_run_that_another_window_cancels_at_its_very_end_is_cancelled(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = FakeModel([ChatChunk(text="a"), gate, *says("b")])
    # this window looks around so seldom that it learns of it only when it writes the end
    async with opened(tmp_path, model, poll_s=60, busy_poll_s=60) as one, opened(tmp_path) as other:
        stream = one.runs.stream_create_run(await a_run_wanted(one))
        run = run_of([await anext(stream) for _ in range(8)])
        await other.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
        gate.set()
        rest = await collect(stream)
    assert names(rest)[-5:] == [
        "run.cancelling", "run.step.cancelled", "message.incomplete", "run.cancelled", "done",
    ]  # fmt: skip
    assert text_of(rest) == "b"
