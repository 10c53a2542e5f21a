"""The order of events in every ending, and what is left in the store by each."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from aimltui.engine.models.base import ChatChunk, ChatUsage, ModelError, ToolCallDelta
from aimltui.wire.messages import CreateMessage
from aimltui.wire.run_steps import ListRunSteps, RunStep
from aimltui.wire.runs import CreateThreadAndRun, RunEventsParams
from aimltui.wire.threads import NewThread
from tests.support.builders import collect, messages_of, names, opened, play, run_of, text_of
from tests.support.fake_model import FakeModel, FakeModels, says

BEGIN = ["run.created", "run.queued", "run.in_progress"]
WRITING = [
    "run.step.created",
    "run.step.in_progress",
    "message.created",
    "message.in_progress",
    "message.delta",
]


async def test_an_answer_is_told_in_the_documented_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        events = await play(engine)
    assert names(events) == [
        *BEGIN,
        *WRITING,
        "message.completed",
        "run.step.completed",
        "run.completed",
        "done",
    ]
    assert text_of(events) == "Hello there."
    assert [event.index for event in events[:7]] == list(range(7))


async def test_a_thread_that_is_made_with_the_run_is_told_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        from tests.support.builders import an_assistant

        assistant = await an_assistant(engine, instructions="Be brief.")
        wanted = CreateThreadAndRun(assistant_id=assistant.id, thread=NewThread())
        events = await collect(engine.runs.stream_create_thread_and_run(wanted))
    assert names(events)[:4] == ["created", *BEGIN]


async def test_a_finished_run_has_usage_cost_and_duration(tmp_path: Path) -> None:
    usage = ChatUsage(7, 3, 10, cached_tokens=2, reasoning_tokens=1, cost_usd=0.5)
    async with opened(tmp_path, FakeModel(says("x", usage=usage))) as engine:
        events = await play(engine)
        run = run_of(events)
        step = (await engine.runs.list_run_steps(ListRunSteps(thread_id=run.thread_id, run_id=run.id))).data[
            0
        ]
    assert run.usage is not None
    assert (run.usage.total_tokens, run.usage.cost_usd) == (10, 0.5)
    assert run.usage.prompt_token_details is not None
    assert run.usage.prompt_token_details.cached_tokens == 2
    assert step.usage == run.usage
    assert run.duration_ms is not None
    assert step.duration_ms is not None
    assert run.expires_at is None


async def test_a_provider_that_says_nothing_of_usage_leaves_it_unknown(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(says("x", usage=None))) as engine:
        assert run_of(await play(engine)).usage is None


async def test_the_token_limit_leaves_an_incomplete_message_and_run(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(says("half an", finish="length"))) as engine:
        events = await play(engine)
        messages = await messages_of(engine, run_of(events).thread_id)
    assert names(events) == [
        *BEGIN,
        *WRITING,
        "message.incomplete",
        "run.step.completed",
        "run.incomplete",
        "done",
    ]
    assert run_of(events).incomplete_details.reason == "max_completion_tokens"  # type: ignore[union-attr]
    assert messages[-1].incomplete_details.reason == "max_tokens"  # type: ignore[union-attr]
    assert messages[-1].text == "half an"


async def test_the_content_filter_leaves_an_incomplete_message_and_run(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(says("well", finish="content_filter"))) as engine:
        events = await play(engine)
        messages = await messages_of(engine, run_of(events).thread_id)
    assert names(events)[-4:] == ["message.incomplete", "run.step.completed", "run.incomplete", "done"]
    assert messages[-1].incomplete_details.reason == "content_filter"  # type: ignore[union-attr]


async def test_a_filter_before_the_first_word_fails_the_run_with_a_reason(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(says(finish="content_filter"))) as engine:
        run = run_of(await play(engine))
    assert (run.status, run.last_error.code) == ("failed", "invalid_prompt")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("chunk", "word"),
    [(ChatChunk(finish_reason="stop"), "no answer"), (ChatChunk(reasoning="hm"), "reasoning")],
)
async def test_an_empty_answer_fails_the_run_with_a_reason(
    tmp_path: Path, chunk: ChatChunk, word: str
) -> None:
    async with opened(tmp_path, FakeModel([chunk])) as engine:
        events = await play(engine)
    told = [name for name in names(events) if name != "aimltui.reasoning"]
    assert told == [*BEGIN, "run.failed", "done"]
    assert word in run_of(events).last_error.message  # type: ignore[union-attr]


async def test_a_cut_stream_fails_the_run_and_keeps_the_text(tmp_path: Path) -> None:
    cut = ModelError(
        "The connection to host broke.", "Try again.", retryable=True, cut=True, request_id="req_9"
    )
    model = FakeModel([ChatChunk(text="some text"), cut])
    async with opened(tmp_path, model) as engine:
        events = await play(engine)
        run = run_of(events)
        messages = await messages_of(engine, run.thread_id)
    assert names(events) == [*BEGIN, *WRITING, "run.step.failed", "message.incomplete", "run.failed", "done"]
    assert len(model.requests) == 1
    assert messages[-1].text == "some text"
    assert messages[-1].incomplete_details.reason == "run_failed"  # type: ignore[union-attr]
    assert run.last_error is not None
    assert (run.last_error.remedy, run.last_error.request_id) == ("Try again.", "req_9")


async def test_an_unexpected_exception_fails_the_run_and_unlocks_the_thread(tmp_path: Path) -> None:
    model = FakeModel([ChatChunk(text="a"), KeyError("oops")], says("fine"))
    async with opened(tmp_path, model) as engine:
        run = run_of(await play(engine))
        assert (run.status, run.last_error.code) == ("failed", "server_error")  # type: ignore[union-attr]
        assert "oops" not in run.last_error.message  # type: ignore[union-attr]
        await engine.messages.create_message(
            CreateMessage(thread_id=run.thread_id, role="user", content="again")
        )


async def test_an_unknown_model_fails_the_run_with_its_remedy(tmp_path: Path) -> None:
    from aimltui.engine.engine import Engine
    from tests.support.builders import options

    engine = await Engine.open(options(tmp_path), FakeModels(FakeModel(), unknown=["nope"]))
    try:
        run = run_of(await play(engine, model="nope"))
    finally:
        await engine.aclose()
    assert (run.status, run.last_error.code) == ("failed", "invalid_prompt")  # type: ignore[union-attr]
    assert run.last_error.remedy == "Choose another one."  # type: ignore[union-attr]


async def test_a_tool_that_this_engine_lacks_fails_the_run(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        run = run_of(await play(engine, assistant={"tools": [{"type": "code_interpreter"}]}))
    assert run.status == "failed"
    assert "code_interpreter" in run.last_error.message  # type: ignore[union-attr]


async def test_a_refusal_is_a_part_of_its_own(tmp_path: Path) -> None:
    model = FakeModel([ChatChunk(refusal="I "), ChatChunk(refusal="won't."), ChatChunk(finish_reason="stop")])
    async with opened(tmp_path, model) as engine:
        events = await play(engine)
        messages = await messages_of(engine, run_of(events).thread_id)
    assert messages[-1].content[0].refusal == "I won't."  # type: ignore[union-attr]
    assert text_of(events) == "I won't."


async def test_reasoning_is_not_text(tmp_path: Path) -> None:
    model = FakeModel([ChatChunk(reasoning="hm"), ChatChunk(text="yes"), ChatChunk(finish_reason="stop")])
    async with opened(tmp_path, model) as engine:
        assert text_of(await play(engine)) == "yes"


async def test_the_first_delta_alone_carries_annotations(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = FakeModel([ChatChunk(text="a"), gate, ChatChunk(text="b"), ChatChunk(finish_reason="stop")])
    async with opened(tmp_path, model) as engine:
        from tests.support.builders import a_run_wanted

        deltas = []
        async for event in engine.runs.stream_create_run(await a_run_wanted(engine)):
            if event.event == "thread.message.delta":
                deltas.append(event.data.to_json()["delta"]["content"][0])  # type: ignore[union-attr]
                gate.set()
    assert deltas == [
        {"index": 0, "type": "text", "text": {"value": "a", "annotations": []}},
        {"index": 0, "type": "text", "text": {"value": "b"}},
    ]


async def test_what_was_told_live_is_what_is_told_again(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(says("one ", "two ", "three"))) as engine:
        live = await play(engine)
        run = run_of(live)
        again = await collect(engine.runs.run_events(RunEventsParams(thread_id=run.thread_id, run_id=run.id)))
    assert names(again) == names(live)
    assert text_of(again) == text_of(live)
    assert [e.data for e in again if isinstance(e.data, RunStep)] == [
        e.data for e in live if isinstance(e.data, RunStep)
    ]


@pytest.mark.parametrize("after", range(-1, 14))
async def test_a_replay_resumes_after_any_index_without_loss_or_repetition(
    tmp_path: Path, after: int
) -> None:
    async with opened(tmp_path, FakeModel(says("0", "1", "2", "3"))) as engine:
        run = run_of(await play(engine))
        params = RunEventsParams(thread_id=run.thread_id, run_id=run.id, after=after)
        told = await collect(engine.runs.run_events(params))
    # deltas have the indices 7 to 10
    assert text_of(told) == "0123"[max(0, after - 6) :]
    indices = [event.index for event in told if event.index is not None]
    assert indices == sorted(indices)
    assert all(index > after for index in indices)
    assert told[-1].event == "done"


async def test_fragments_of_a_call_without_name_or_id_do_not_wedge_the_run(tmp_path: Path) -> None:
    garbage = [
        ChatChunk(tool_calls=[ToolCallDelta(7, arguments="{not json")]),
        ChatChunk(tool_calls=[ToolCallDelta(3)]),
        ChatChunk(text="late words"),
    ]
    async with opened(tmp_path, FakeModel(garbage, says("ok"))) as engine:
        events = await play(engine)
        messages = await messages_of(engine, run_of(events).thread_id)
    assert run_of(events).status == "completed"
    assert [message.text for message in messages] == ["Hi", "late words", "ok"]
