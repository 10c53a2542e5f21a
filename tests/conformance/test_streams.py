"""Event streams: their order in every ending, their deltas, coming back to a run."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.models.base import ChatChunk, ModelError
from aimltui.wire import events
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import Message, MessageDelta
from aimltui.wire.run_steps import RunStepDelta
from aimltui.wire.runs import CreateThreadAndRun, Run
from tests.conformance.world import FUNCTIONS, LEGS, World, a_world, everything, first, outputs, requirement
from tests.support.builders import LIFETIMES_S, names
from tests.support.fake_model import calls, says

BEGIN = ["run.created", "run.queued", "run.in_progress"]
STEP = ["run.step.created", "run.step.in_progress"]
MESSAGE = ["message.created", "message.in_progress", "message.delta"]
ANSWER = [*STEP, *MESSAGE, "message.completed", "run.step.completed", "run.completed", "done"]


def shown(told: list[StreamEvent]) -> list[str]:
    """The names of the API's events; the engine's own remarks are left out."""
    return names([event for event in told if event.event not in events.EXTENSIONS])


def last_run(told: list[StreamEvent]) -> Run:
    return next(event.data for event in reversed(told) if isinstance(event.data, Run))


@requirement("events:completed")
async def test_the_order_of_a_plain_answer(world: World) -> None:
    assert shown(await world.play()) == [*BEGIN, *ANSWER]


@requirement("events:thread.created")
async def test_a_stream_that_makes_the_thread_begins_with_it(world: World) -> None:
    made = await world.assistant()
    params = CreateThreadAndRun.model_validate(
        {"assistant_id": made.id, "thread": {"messages": [{"role": "user", "content": "Hi"}]}}
    )
    told = await everything(world.client.runs.stream_with_thread(params))
    assert shown(told) == ["created", *BEGIN, *ANSWER]


@requirement("events:requires_action", "traps:terminal-event-too-many")
async def test_a_stream_ends_where_outputs_are_waited_for(world: World) -> None:
    world.script(calls(("weather", "{}")))
    told = await world.play(assistant={"tools": FUNCTIONS})
    assert shown(told) == [*BEGIN, *STEP, "run.step.delta", "run.requires_action", "done"]


@requirement("events:outputs")
async def test_the_stream_after_the_outputs_begins_with_their_step(world: World) -> None:
    world.script(calls(("weather", "{}")), calls(("time", "{}")), says("fine"))
    run = last_run(await world.play(assistant={"tools": FUNCTIONS}))
    told = await everything(world.client.runs.stream_tool_outputs(outputs(run, call_0="sunny")))
    resumed = ["run.step.completed", "run.queued", "run.in_progress"]
    assert shown(told) == [*resumed, *STEP, "run.step.delta", "run.requires_action", "done"]
    step: Any = told[0].data
    assert step.to_json()["step_details"]["tool_calls"][0]["function"]["output"] == "sunny"
    assert step.usage is not None
    told = await everything(world.client.runs.stream_tool_outputs(outputs(run, call_0="noon")))
    assert shown(told) == [*resumed, *ANSWER]


@requirement("events:failed")
async def test_the_order_of_a_failure(world: World) -> None:
    world.script([ChatChunk(text="So"), ModelError("No more.")])
    told = await world.play()
    assert shown(told) == [
        *BEGIN, *STEP, *MESSAGE, "run.step.failed", "message.incomplete", "run.failed", "done",
    ]  # fmt: skip


@requirement("events:incomplete")
async def test_the_order_of_an_answer_cut_short(world: World) -> None:
    world.script(says("So", finish="length"))
    told = await world.play()
    assert shown(told) == [
        *BEGIN, *STEP, *MESSAGE, "message.incomplete", "run.step.completed", "run.incomplete", "done",
    ]  # fmt: skip


@requirement("events:cancelled")
async def test_the_order_of_a_cancelled_run(world: World) -> None:
    world.script([ChatChunk(text="So"), asyncio.Event()])
    told: list[StreamEvent] = []
    wanted = await world.wanted()
    async with asyncio.timeout(60), aclosing(world.client.runs.stream(wanted)) as stream:
        async for event in stream:
            told.append(event)
            if event.event == events.MESSAGE_DELTA:
                await world.client.runs.cancel(wanted.thread_id, last_run(told).id)
    assert shown(told) == [
        *BEGIN, *STEP, *MESSAGE,
        "run.cancelling", "run.step.cancelled", "message.incomplete", "run.cancelled", "done",
    ]  # fmt: skip


@requirement("events:deltas")
async def test_deltas_are_dense_and_add_up(world: World) -> None:
    world.script(says("Hello", ", ", "Grüße 👋", "."))
    told = await world.play()
    deltas = [event.data for event in told if isinstance(event.data, MessageDelta)]
    parts: list[Any] = [part.to_json() for delta in deltas for part in delta.delta.content or []]
    assert {part["index"] for part in parts} == {0}
    assert parts[0]["text"]["annotations"] == []
    assert all("annotations" not in part["text"] for part in parts[1:])
    message = next(e.data for e in told if e.event == events.MESSAGE_COMPLETED)
    assert isinstance(message, Message)
    assert "".join(part["text"]["value"] for part in parts) == message.text == "Hello, Grüße 👋."


@requirement("events:call-deltas")
async def test_a_calls_id_and_name_are_told_once(world: World) -> None:
    world.script(calls(("weather", '{"city": "Rome"}'), ("time", '{"zone": 1}')))
    told = await world.play(assistant={"tools": FUNCTIONS})
    created = next(event.data for event in told if event.event == events.STEP_CREATED)
    assert created.to_json()["step_details"] == {"type": "tool_calls", "tool_calls": []}  # type: ignore[union-attr]
    found: dict[int, list[Any]] = {}
    for event in told:
        if isinstance(event.data, RunStepDelta):
            details: Any = event.data.delta.step_details
            for call in details["tool_calls"]:
                found.setdefault(call["index"], []).append(call)
    assert list(found) == [0, 1]
    for index, (name, arguments) in enumerate([("weather", '{"city": "Rome"}'), ("time", '{"zone": 1}')]):
        head, *rest = found[index]
        assert (head["id"], head["function"]["name"], head["function"]["arguments"]) == (
            f"call_{index}",
            name,
            "",
        )
        assert all("id" not in call and "name" not in call["function"] for call in rest)
        assert "".join(call["function"]["arguments"] for call in rest) == arguments


@requirement("events:refusal")
async def test_a_refusal_is_told_as_one(world: World) -> None:
    world.script([ChatChunk(refusal="I will"), ChatChunk(refusal=" not"), ChatChunk(finish_reason="stop")])
    told = await world.play()
    message = next(e.data for e in told if e.event == events.MESSAGE_COMPLETED)
    assert message.to_json()["content"] == [{"type": "refusal", "refusal": "I will not"}]  # type: ignore[union-attr]


@requirement("streams:refused")
async def test_a_refusal_comes_before_the_first_event(world: World) -> None:
    wanted = await world.wanted()
    with pytest.raises(NotFound, match="No assistant found"):
        await everything(world.client.runs.stream(wanted.model_copy(update={"assistant_id": "asst_none"})))
    world.script([ChatChunk(text="So"), asyncio.Event()])
    await first(world.client.runs.stream(wanted), events.MESSAGE_DELTA)
    with pytest.raises(BadRequest, match="already has an active run"):
        await everything(world.client.runs.stream(wanted))


@requirement("streams:leaving")
async def test_a_reader_that_leaves_does_not_stop_the_run(world: World) -> None:
    go = asyncio.Event()
    world.script([ChatChunk(text="So"), go, *says(" long")])
    run: Any = (await first(world.client.runs.stream(await world.wanted()), events.RUN_CREATED)).data
    go.set()
    done = await world.settled(run)
    assert done.status == "completed"
    assert (await world.messages(run.thread_id))[-1].text == "So long"


@requirement("streams:attach")
async def test_one_can_come_back_to_a_run_where_one_left_it(world: World) -> None:
    go = asyncio.Event()
    world.script([ChatChunk(text="So"), go, *says(" long")])
    wanted = await world.wanted()
    left: Any = (await first(world.client.runs.stream(wanted), events.MESSAGE_DELTA)).data
    assert isinstance(left, MessageDelta)
    (run,) = [r async for r in _runs(world, wanted.thread_id)]
    seen = await first(world.client.runs.events(run.thread_id, run.id), events.MESSAGE_DELTA)
    assert seen.index is not None
    asyncio.get_running_loop().call_later(0.05, go.set)
    rest = await everything(world.client.runs.events(run.thread_id, run.id, after=seen.index))
    assert shown(rest) == [
        "message.delta",
        "message.completed",
        "run.step.completed",
        "run.completed",
        "done",
    ]
    again = await everything(world.client.runs.events(run.thread_id, run.id))
    assert shown(again) == [*BEGIN, *ANSWER]
    indices = [event.index for event in again if event.index is not None]
    assert indices == sorted(set(indices))


@requirement("streams:watchers")
async def test_two_readers_of_one_run_see_the_same(world: World) -> None:
    go = asyncio.Event()
    world.script([ChatChunk(text="So"), go, *says(" long")])
    run = await world.client.runs.create(await world.wanted())
    async with asyncio.TaskGroup() as group:
        readers = [
            group.create_task(everything(world.client.runs.events(run.thread_id, run.id))) for _ in range(2)
        ]
        group.create_task(_soon(go))
    one, other = (reader.result() for reader in readers)
    assert shown(one) == shown(other) == [*BEGIN, *ANSWER]


@requirement("streams:many", "traps:blocking-reads")
async def test_many_runs_stream_at_once_and_nothing_is_lost_or_reordered(world: World) -> None:
    pieces = [f"{n} " for n in range(40)]
    world.script(says(*pieces))
    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(world.play()) for _ in range(20)]
        answered = group.create_task(world.client.list_models())
    assert answered.result().data
    for reader in readers:
        text = "".join(
            part.text.value or ""
            for event in reader.result()
            if isinstance(event.data, MessageDelta)
            for part in event.data.delta.content or []
            if part.text is not None
        )
        assert text == "".join(pieces)


async def _soon(event: asyncio.Event) -> None:
    await asyncio.sleep(0.05)
    event.set()


async def _runs(world: World, thread_id: str) -> Any:
    from aimltui.wire.runs import ListRuns

    for run in (await world.client.runs.list(ListRuns(thread_id=thread_id))).data:
        yield run


@requirement("events:expired")
@pytest.mark.parametrize("leg", LEGS)
async def test_the_order_of_a_run_whose_time_is_up(tmp_path: Path, leg: str) -> None:
    for lifetime_s in LIFETIMES_S:
        directory = tmp_path / str(lifetime_s)
        async with a_world(leg, directory, run_lifetime_s=lifetime_s, clock=time.time) as world:
            world.script([ChatChunk(text="So"), asyncio.Event()])
            told = await world.play()
            if "message.delta" not in shown(told):
                continue
            assert shown(told) == [
                *BEGIN, *STEP, *MESSAGE, "run.step.expired", "message.incomplete", "run.expired", "done",
            ]  # fmt: skip
            message = next(e.data for e in told if e.event == events.MESSAGE_INCOMPLETE)
            assert isinstance(message, Message)
            assert message.incomplete_details is not None
            assert message.incomplete_details.reason == "run_expired"
            await world.say(message.thread_id, "the thread is free")
            return
    raise AssertionError("the run expired before its text each time")
