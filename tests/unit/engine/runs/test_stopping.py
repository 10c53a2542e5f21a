"""Cancelling, expiring, trying again, closing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from aimltui.engine.models.base import ChatChunk, ModelError
from aimltui.engine.options import RetryPolicy
from aimltui.wire.errors import BadRequest
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import CreateMessage
from aimltui.wire.run_steps import ListRunSteps
from aimltui.wire.runs import ListRuns, RunEventsParams, RunParams
from aimltui.wire.threads import ThreadParams
from tests.support.builders import (
    LIFETIMES_S,
    PATIENCE_S,
    a_run_wanted,
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
from tests.support.fake_session import FakeSandbox, draws, runs, writes

LIMITED = ModelError(
    "429 from host: rate limit.", "Wait.", code="rate_limit_exceeded", retryable=True, status=429
)


def stuck(*texts: str) -> FakeModel:
    """A model that says something and then nothing more."""
    return FakeModel([*(ChatChunk(text=text) for text in texts), asyncio.Event()])


async def cancelled_after(
    tmp_path: Path, model: FakeModel, event_name: str
) -> tuple[list[StreamEvent], float]:
    """A run that is cancelled at its first event of a name; its events, and how long it took from there."""
    events: list[StreamEvent] = []
    began = 0.0
    async with opened(tmp_path, model) as engine, asyncio.timeout(PATIENCE_S):
        async for event in engine.runs.stream_create_run(await a_run_wanted(engine)):
            events.append(event)
            if event.event == event_name and not began:
                began = time.monotonic()
                run = run_of(events)
                told = await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
                assert told.status == "cancelling"
        took = time.monotonic() - began
        await engine.messages.create_message(
            CreateMessage(thread_id=run.thread_id, role="user", content="next")
        )
        messages = await messages_of(engine, run.thread_id)
    assert "".join(message.text for message in messages if message.role == "assistant") == text_of(events)
    return events, took


async def quickly_cancelled(
    tmp_path: Path, event_name: str, *texts: str, within_s: float
) -> list[StreamEvent]:
    """The events of a run whose cancelling took less than a time; a machine that is busy is tried again."""
    for number in range(12):
        model = stuck(*texts)
        events, took = await cancelled_after(tmp_path / str(number), model, event_name)
        # a run that is cancelled before its first turn asks no model
        assert model.closed_early == len(model.requests)
        if took < within_s:
            return events
    raise AssertionError(f"it takes more than {within_s} seconds each time, the last time {took}")


async def test_cancelling_keeps_the_partial_text_in_the_documented_order(tmp_path: Path) -> None:
    events = await quickly_cancelled(tmp_path, "thread.message.delta", "so ", "far", within_s=0.2)
    assert names(events)[-6:] == [
        "message.delta", "run.cancelling", "run.step.cancelled", "message.incomplete", "run.cancelled", "done",
    ]  # fmt: skip
    message = events[-3].data
    assert (message.text, message.incomplete_details.reason) == ("so far", "run_cancelled")  # type: ignore[union-attr]


@pytest.mark.parametrize("moment", ["thread.run.created", "thread.run.in_progress", "thread.message.created"])
async def test_cancelling_works_at_every_moment(tmp_path: Path, moment: str) -> None:
    events = await quickly_cancelled(tmp_path, moment, "text", within_s=0.5)
    assert names(events)[-2:] == ["run.cancelled", "done"]


async def test_cancelling_before_the_first_word_leaves_no_message(tmp_path: Path) -> None:
    events, _ = await cancelled_after(tmp_path, stuck(), "thread.run.in_progress")
    assert names(events)[-3:] == ["run.cancelling", "run.cancelled", "done"]


async def test_cancelling_inside_a_call_cancels_its_step(tmp_path: Path) -> None:
    model = FakeModel([*calls(("weather", "{}"))[:-1], asyncio.Event()])
    events, _ = await cancelled_after(tmp_path, model, "thread.run.step.delta")
    assert names(events)[-4:] == ["run.cancelling", "run.step.cancelled", "run.cancelled", "done"]
    calls_made = events[-3].data.step_details.tool_calls  # type: ignore[union-attr]
    assert [call.function.name for call in calls_made] == ["weather"]


async def test_cancelling_works_while_it_waits_to_try_again(tmp_path: Path) -> None:
    events: list[StreamEvent] = []
    slow = RetryPolicy(base_s=60)
    async with opened(tmp_path, FakeModel([LIMITED]), retry=slow) as engine, asyncio.timeout(PATIENCE_S):
        async for event in engine.runs.stream_create_run(await a_run_wanted(engine)):
            events.append(event)
            if event.event == "aimltui.notice" and event.data.kind == "retry":  # type: ignore[union-attr]
                run = run_of(events)
                await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
    assert names(events)[-4:] == ["run.cancelling", "aimltui.notice", "run.cancelled", "done"] or names(events)[-4:] == [
        "aimltui.notice", "run.cancelling", "run.cancelled", "done",
    ]  # fmt: skip


async def test_a_finished_run_cannot_be_cancelled(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        run = run_of(await play(engine))
        with pytest.raises(BadRequest, match=r"Cannot cancel run with status 'completed'\."):
            await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))


async def test_a_failure_before_any_text_is_tried_again_with_a_notice(tmp_path: Path) -> None:
    model = FakeModel([LIMITED], [LIMITED], says("at last"))
    async with opened(tmp_path, model) as engine:
        events = await play(engine)
    notices = [event.data for event in events if event.event == "aimltui.notice"]
    assert [notice.kind for notice in notices] == ["retry", "retry", "cleared"]  # type: ignore[union-attr]
    assert notices[0].text == "429 from host: rate limit. Trying again in 1 s (2/3)"  # type: ignore[union-attr]
    assert notices[0].until is not None  # type: ignore[union-attr]
    assert run_of(events).status == "completed"
    assert len(model.requests) == 3


async def test_the_last_failure_is_the_runs(tmp_path: Path) -> None:
    model = FakeModel([LIMITED])
    async with opened(tmp_path, model) as engine:
        events = await play(engine)
    run = run_of(events)
    assert len(model.requests) == 3
    assert run.last_error is not None
    assert (run.last_error.code, run.last_error.status, run.last_error.remedy) == (
        "rate_limit_exceeded",
        429,
        "Wait.",
    )
    assert names(events)[-3:] == ["aimltui.notice", "run.failed", "done"]


async def test_what_cannot_succeed_is_not_tried_again(tmp_path: Path) -> None:
    model = FakeModel([ModelError("401 from host: wrong key.", status=401)])
    async with opened(tmp_path, model) as engine:
        assert run_of(await play(engine)).status == "failed"
    assert len(model.requests) == 1


def test_the_server_may_ask_for_more_patience_but_not_for_ever() -> None:
    policy = RetryPolicy(base_s=1, cap_s=60)
    assert [policy.delay_s(n, None) for n in (1, 2, 3)] == [1, 2, 4]
    assert policy.delay_s(1, 20) == 20
    assert policy.delay_s(1, 3600) == 60


async def test_a_run_expires_by_its_timer(tmp_path: Path) -> None:
    for lifetime_s in LIFETIMES_S:
        async with opened(tmp_path, stuck("some"), run_lifetime_s=lifetime_s) as engine:
            events = await play(engine)
        if text_of(events):
            break
    assert names(events)[-4:] == ["run.step.expired", "message.incomplete", "run.expired", "done"]
    assert events[-3].data.incomplete_details.reason == "run_expired"  # type: ignore[union-attr]
    assert run_of(events).expires_at is not None


async def test_leaving_the_stream_does_not_stop_the_run(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = FakeModel([ChatChunk(text="a"), gate, *says("b")])
    async with opened(tmp_path, model) as engine:
        stream = engine.runs.stream_create_run(await a_run_wanted(engine))
        events = [await anext(stream) for _ in range(4)]
        await stream.aclose()
        gate.set()
        run = await finished(engine, run_of(events))
        assert run.status == "completed"
        assert (await messages_of(engine, run.thread_id))[-1].text == "ab"


async def test_a_second_reader_joins_a_running_run(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = FakeModel([ChatChunk(text="a"), gate, *says("b")])
    async with opened(tmp_path, model) as engine:
        stream = engine.runs.stream_create_run(await a_run_wanted(engine))
        events = [await anext(stream) for _ in range(8)]
        run = run_of(events)
        joined = asyncio.ensure_future(
            collect(
                engine.runs.run_events(
                    RunEventsParams(thread_id=run.thread_id, run_id=run.id, after=events[-1].index)
                )
            )
        )
        gate.set()
        assert text_of(await bounded(joined)) == "b"
        await stream.aclose()


async def test_the_text_of_an_unfinished_message_can_be_read(tmp_path: Path) -> None:
    async with opened(tmp_path, stuck("half a ", "sentence")) as engine:
        stream = engine.runs.stream_create_run(await a_run_wanted(engine))
        events = [await anext(stream) for _ in range(8)]
        run = run_of(events)

        async def written() -> bool:
            return (await messages_of(engine, run.thread_id))[-1].text == "half a sentence"

        await until(written)
        await stream.aclose()


async def test_closing_the_engine_ends_its_runs_and_keeps_their_text(tmp_path: Path) -> None:
    async with opened(tmp_path, stuck("kept")) as engine:
        stream = engine.runs.stream_create_run(await a_run_wanted(engine))
        events = [await anext(stream) for _ in range(8)]
    rest = await collect(stream)
    # nobody stopped them, so they do not say so
    assert names(rest)[-2:] == ["run.failed", "done"]
    async with opened(tmp_path) as engine:
        run = await run_now(engine, run_of(events))
        assert run.status == "failed"
        assert run.last_error is not None
        assert run.last_error.message == "The program ended during this run; the text so far is saved."
        answer = (await messages_of(engine, run.thread_id))[-1]
        assert answer.text == "kept"
        assert answer.incomplete_details is not None
        assert answer.incomplete_details.reason == "run_failed"


async def test_deleting_a_thread_stops_its_run(tmp_path: Path) -> None:
    async with opened(tmp_path, stuck("x")) as engine:
        stream = engine.runs.stream_create_run(await a_run_wanted(engine))
        events = [await anext(stream) for _ in range(8)]
        run = run_of(events)
        await engine.threads.delete_thread(ThreadParams(thread_id=run.thread_id))
        assert names(await collect(stream))[-2:] == ["run.cancelled", "done"]


async def test_a_model_that_will_not_let_go_does_not_keep_the_run(tmp_path: Path) -> None:
    class Stubborn(FakeModel):
        async def stream(self, request):  # type: ignore[no-untyped-def]
            yield ChatChunk(text="mine")
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            # longer than the engine waits for it
            await asyncio.sleep(0.8)
            yield ChatChunk(text="more")

    events, _ = await cancelled_after(tmp_path, Stubborn(), "thread.message.delta")
    assert names(events)[-2:] == ["run.cancelled", "done"]
    assert text_of(events) == "mine"
    await asyncio.sleep(0)


async def test_a_caller_that_is_cancelled_while_the_run_is_written_does_not_lock_the_thread(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as engine:
        wanted = await a_run_wanted(engine)
        creating = asyncio.ensure_future(engine.runs.create_run(wanted))
        await asyncio.sleep(0)
        creating.cancel()
        await asyncio.wait({creating})

        async def over() -> bool:
            runs = (await engine.runs.list_runs(ListRuns(thread_id=wanted.thread_id))).data
            return bool(runs) and runs[0].status == "completed"

        await until(over)


async def test_text_that_is_not_unicode_does_not_break_the_run(tmp_path: Path) -> None:
    model = FakeModel(says("a\ud800b", "\U0001f600"), [ModelError("bad \udfff name")])
    async with opened(tmp_path, model) as engine:
        run = run_of(await play(engine))
        assert (await messages_of(engine, run.thread_id))[-1].text == "a\ufffdb\U0001f600"
        assert run_of(await play(engine)).last_error.message == "bad \ufffd name"  # type: ignore[union-attr]


async def test_an_end_that_cannot_be_written_is_written_later(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with opened(tmp_path, FakeModel([ChatChunk(text="x"), gate, *says("y")])) as engine:
        stream = engine.runs.stream_create_run(await a_run_wanted(engine))
        run = run_of([await anext(stream) for _ in range(8)])
        broken = "CREATE TRIGGER broken BEFORE INSERT ON run_events BEGIN SELECT RAISE(ABORT, 'broken'); END"
        await engine._runtime.database.write(lambda conn: conn.execute(broken))
        gate.set()
        assert names(await collect(stream))[-2:] == ["run.failed", "done"]
        assert (await run_now(engine, run)).is_active
        await engine._runtime.database.write(lambda conn: conn.execute("DROP TRIGGER broken"))
        assert (await finished(engine, run)).status == "failed"
        assert (await messages_of(engine, run.thread_id))[-1].text == "xy"


async def test_a_model_that_goes_on_talking_is_not_heard(tmp_path: Path) -> None:
    class Talkative(FakeModel):
        async def stream(self, request):  # type: ignore[no-untyped-def]
            yield ChatChunk(text="mine")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                yield ChatChunk(text=" and more")

    events, _ = await cancelled_after(tmp_path, Talkative(), "thread.message.delta")
    assert text_of(events) == "mine"
    assert names(events)[-4:] == ["run.step.cancelled", "message.incomplete", "run.cancelled", "done"]


async def test_what_tools_have_made_is_on_a_message_also_where_the_answer_never_came(tmp_path: Path) -> None:
    sandbox = FakeSandbox([*draws()[:-1], *writes("table.csv")])
    waits = asyncio.Event()
    async with opened(tmp_path, FakeModel(runs("1"), [waits]), tools=[sandbox.tool(tmp_path)]) as engine:
        wanted = await a_run_wanted(engine, assistant={"tools": [{"type": "code_interpreter"}]})
        run = await engine.runs.create_run(wanted)
        params = ListRunSteps(thread_id=run.thread_id, run_id=run.id)

        async def is_answering() -> bool:
            steps = (await engine.runs.list_run_steps(params)).data
            return bool(steps) and steps[0].status == "completed"

        await until(is_answering)
        await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
        await finished(engine, run)
        last = (await messages_of(engine, run.thread_id))[-1]
    assert (last.role, last.status, last.text) == ("assistant", "incomplete", "")
    assert [part.type for part in last.content] == ["image_file"]
    assert len(last.attachments or ()) == 1


WEATHER = {"tools": [{"type": "function", "function": {"name": "weather"}}]}
JSON = '{"name": "Oslo", "of": ["rain", "snow'


@pytest.mark.parametrize("held", [JSON, "[1, 2", "<tool_call", "See it at sandbox:/mnt/data/tab"])
async def test_text_that_might_have_become_a_call_or_a_link_is_saved_when_the_run_is_stopped(
    tmp_path: Path, held: str
) -> None:
    sandbox = FakeSandbox(writes("table.csv"))
    tools = {"tools": [*WEATHER["tools"], {"type": "code_interpreter"}]}
    for lifetime_s in LIFETIMES_S:
        model = FakeModel(runs("1"), [ChatChunk(text=held), asyncio.Event()])
        given = {"tools": [sandbox.tool(tmp_path)], "run_lifetime_s": lifetime_s}
        async with opened(tmp_path, model, **given) as engine:
            events = await play(engine, assistant=tools)
            last = (await messages_of(engine, run_of(events).thread_id))[-1]
        if text_of(events):
            break
    assert names(events)[-4:] == ["run.step.expired", "message.incomplete", "run.expired", "done"]
    assert (last.text, last.status) == (held, "incomplete")
    assert text_of(events) == held


@pytest.mark.parametrize("block", ["```json\n{", "```python\nprint(1)\n``", "Look:\n```py"])
async def test_a_block_that_was_cut_off_is_saved_when_the_model_fails(tmp_path: Path, block: str) -> None:
    broken = ModelError("The connection was lost.", "Try again.")
    sandbox = FakeSandbox()
    tools = {"tools": [*WEATHER["tools"], {"type": "code_interpreter"}]}
    model = FakeModel([ChatChunk(text=block), broken])
    changes = {"tool_protocol": "fenced", "tools": [sandbox.tool(tmp_path)]}
    async with opened(tmp_path, model, **changes) as engine:
        events = await play(engine, assistant=tools)
        run = run_of(events)
        steps = (await engine.runs.list_run_steps(ListRunSteps(thread_id=run.thread_id, run_id=run.id))).data
        text = (await messages_of(engine, run.thread_id))[-1].text
    assert run.status == "failed"
    calls_made = [
        call for step in steps if step.type == "tool_calls" for call in step.step_details.tool_calls
    ]  # type: ignore[union-attr]
    shown = "".join(call.code_interpreter.input for call in calls_made) if calls_made else text  # type: ignore[union-attr]
    assert shown == (block.removeprefix("```python\n") if calls_made else block)


async def test_text_after_calls_is_saved_when_the_run_is_stopped(tmp_path: Path) -> None:
    for lifetime_s in LIFETIMES_S:
        model = FakeModel([*calls(("weather", "{}"))[:-1], ChatChunk(text="One moment"), asyncio.Event()])
        async with opened(tmp_path, model, run_lifetime_s=lifetime_s) as engine:
            events = await play(engine, assistant=WEATHER)
            last = (await messages_of(engine, run_of(events).thread_id))[-1]
        if text_of(events):
            break
    assert run_of(events).status == "expired"
    assert (last.role, last.text) == ("assistant", "One moment")
