"""What a model thinks: told as it comes, kept with the step that comes of it, lost in no ending."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatChunk, ModelError
from aimltui.engine.options import RetryPolicy
from aimltui.engine.runs.reasoning import MAX_CHARACTERS, ReasoningBuffer
from aimltui.tui.state.entries import ReasoningEntry
from aimltui.tui.state.thread_view import Snapshot, ThreadView
from aimltui.wire.events import Reasoning, StreamEvent
from aimltui.wire.messages import ListMessages
from aimltui.wire.run_steps import ListRunSteps, RunStep
from aimltui.wire.runs import RunEventsParams, RunParams
from tests.support.builders import (
    PATIENCE_S,
    a_run_wanted,
    collect,
    finished,
    opened,
    play,
    run_of,
    text_of,
    until,
)
from tests.support.fake_model import FakeModel, Step, calls, says


def thinks(*texts: str) -> list[Step]:
    return [ChatChunk(reasoning=text) for text in texts]


def told(events: list[StreamEvent]) -> str:
    return "".join(event.data.text for event in events if isinstance(event.data, Reasoning))


async def steps_of(engine: Engine, events: list[StreamEvent]) -> list[RunStep]:
    run = run_of(events)
    page = await engine.runs.list_run_steps(ListRunSteps(thread_id=run.thread_id, run_id=run.id, order="asc"))
    return page.data


async def shown(engine: Engine, events: list[StreamEvent]) -> tuple[list[object], list[object]]:
    """A thread's entries as they were built live, and as they are when it is opened again."""
    live = ThreadView()
    for event in events:
        live.apply(event)
    run = run_of(events)
    messages = (await engine.messages.list_messages(ListMessages(thread_id=run.thread_id, order="asc"))).data
    whole = await engine.runs.get_run(RunParams(thread_id=run.thread_id, run_id=run.id))
    steps = {run.id: await steps_of(engine, events)}
    again = ThreadView.from_snapshot(Snapshot([m for m in messages if m.run_id], [whole], steps))
    return list(live.entries), list(again.entries)


async def test_a_thought_is_told_as_it_comes_and_stands_in_the_message_s_step(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel([*thinks("First ", "this."), *says("Done.")])) as engine:
        events = await play(engine)
        steps = await steps_of(engine, events)
        live, again = await shown(engine, events)
    assert told(events) == "First this."
    assert [step.reasoning for step in steps] == ["First this."]
    assert steps[0].reasoning_ms is not None
    assert live == again
    assert [entry.text for entry in live if isinstance(entry, ReasoningEntry)] == ["First this."]


async def test_each_turn_s_thought_stands_before_what_came_of_it(tmp_path: Path) -> None:
    model = FakeModel([*thinks("Look."), *calls(("nowhere", "{}"))], [*thinks("Now say."), *says("It is 5.")])
    async with opened(tmp_path, model) as engine:
        events = await play(engine)
        live, again = await shown(engine, events)
    assert live == again
    assert [type(entry).__name__ for entry in live] == [
        "ReasoningEntry", "StepEntry", "ReasoningEntry", "MessageEntry", "RunEntry",
    ]  # fmt: skip


async def test_what_was_thought_before_a_stop_is_kept_with_the_run(tmp_path: Path) -> None:
    model = FakeModel([*thinks("Let me see"), asyncio.Event()])
    events: list[StreamEvent] = []
    async with opened(tmp_path, model) as engine, asyncio.timeout(PATIENCE_S):
        async for event in engine.runs.stream_create_run(await a_run_wanted(engine)):
            events.append(event)
            if isinstance(event.data, Reasoning):
                run = run_of(events)
                await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
        run = await finished(engine, run_of(events))
        live, again = await shown(engine, events)
    assert (run.status, run.reasoning) == ("cancelled", "Let me see")
    assert live == again


async def test_a_turn_that_is_tried_again_takes_its_thought_back(tmp_path: Path) -> None:
    cut = ModelError("503 from host.", retryable=True, status=503)
    model = FakeModel([*thinks("wrong way"), cut], [*thinks("right way"), *says("Yes.")])
    async with opened(tmp_path, model, retry=RetryPolicy(base_s=0.0)) as engine:
        events = await play(engine)
        steps = await steps_of(engine, events)
    assert steps[-1].reasoning == "right way"
    kinds = [event.data.kind for event in events if isinstance(event.data, Reasoning)]
    assert kinds == ["grew", "cleared", "grew"]


async def test_a_model_that_only_thinks_leaves_its_thought_behind(tmp_path: Path) -> None:
    model = FakeModel([*thinks("hm"), ChatChunk(finish_reason="stop")])
    async with opened(tmp_path, model) as engine:
        events = await play(engine)
        run = await finished(engine, run_of(events))
    assert (run.status, run.reasoning) == ("failed", "hm")


@pytest.mark.parametrize("parts", [1, 7])
def test_no_more_of_a_thought_is_kept_than_its_limit(parts: int) -> None:
    thinking = ReasoningBuffer(lambda: 1.0)
    for _ in range(parts):
        thinking.add("x" * MAX_CHARACTERS)
    thought = thinking.take()
    assert thought is not None
    assert len(thought.text) == MAX_CHARACTERS
    assert thinking.take() is None


UNOPENED = [
    ChatChunk(text="The user says "),
    ChatChunk(text="hi, so"),
    ChatChunk(reasoning=" I greet.", ends_thought=True),
    *says("Hello", " there."),
]
"""An answer of a model whose template opens the thought: only the closing tag comes."""


async def test_text_that_turns_out_to_be_a_thought_moves_into_it(tmp_path: Path) -> None:
    model = FakeModel(UNOPENED)
    async with opened(tmp_path, model) as engine:
        events = await play(engine)
        steps = await steps_of(engine, events)
        live, again = await shown(engine, events)
        run = run_of(events)
        page = await engine.messages.list_messages(ListMessages(thread_id=run.thread_id, order="asc"))
        replayed = await collect(
            engine.runs.run_events(RunEventsParams(thread_id=run.thread_id, run_id=run.id))
        )
    assert [message.text for message in page.data] == ["Hi", "Hello there."]
    assert [step.reasoning for step in steps] == ["The user says hi, so I greet."]
    assert live == again
    assert [type(entry).__name__ for entry in live] == ["ReasoningEntry", "MessageEntry", "RunEntry"]
    assert text_of(replayed) == "Hello there."


async def test_the_thought_is_folded_away_while_the_answer_still_streams(tmp_path: Path) -> None:
    go = asyncio.Event()
    model = FakeModel([*UNOPENED[:3], ChatChunk(text="Hel"), go, *says("lo")])
    view = ThreadView()
    async with opened(tmp_path, model) as engine:
        wanted = await a_run_wanted(engine)
        async with asyncio.timeout(PATIENCE_S), aclosing(engine.runs.stream_create_run(wanted)) as events:
            async for event in events:
                view.apply(event)
                if [getattr(entry, "text", "") for entry in view.entries[:2]] == [
                    "The user says hi, so I greet.",
                    "Hel",
                ]:
                    go.set()
    assert go.is_set()
    assert view.facts.last_answer == "Hello"


async def test_a_held_back_text_is_a_thought_too_and_code_after_it_still_runs(tmp_path: Path) -> None:
    call = '{"name": "weather", "arguments": {}}'
    tools = [{"type": "function", "function": {"name": "weather"}}]
    model = FakeModel(
        [ChatChunk(text=call), ChatChunk(ends_thought=True), *says(call)], [*UNOPENED[:3], *says("Rain.")]
    )
    async with opened(tmp_path, model) as engine:
        run = run_of(await play(engine, assistant={"tools": tools}))
        assert run.required_action is not None
        asked = run.required_action.submit_tool_outputs.tool_calls
        assert [one.function.name for one in asked] == ["weather"]
        [step] = (await engine.runs.list_run_steps(ListRunSteps(thread_id=run.thread_id, run_id=run.id))).data
    assert step.reasoning == call


async def test_what_was_stopped_after_the_thought_keeps_only_the_answer(tmp_path: Path) -> None:
    go = asyncio.Event()
    model = FakeModel([*UNOPENED[:3], ChatChunk(text="Hel"), go])
    async with opened(tmp_path, model) as engine:
        wanted = await a_run_wanted(engine)
        run = await engine.runs.create_run(wanted)

        async def has_answer() -> bool:
            page = await engine.messages.list_messages(ListMessages(thread_id=run.thread_id, run_id=run.id))
            return [message.text for message in page.data] == ["Hel"]

        await until(has_answer)
        await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
        await finished(engine, run)
        assert await has_answer()
