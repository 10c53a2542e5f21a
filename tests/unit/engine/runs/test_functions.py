"""Function tools: the run waits for the caller's outputs and goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatChunk, ToolCallDelta
from aimltui.wire.errors import BadRequest
from aimltui.wire.events import StreamEvent
from aimltui.wire.run_steps import ListRunSteps
from aimltui.wire.runs import Run, RunEventsParams, RunParams, SubmitToolOutputs, ToolOutput
from tests.support.builders import (
    TestClock,
    collect,
    finished,
    messages_of,
    names,
    opened,
    play,
    run_now,
    run_of,
)
from tests.support.fake_model import FakeModel, calls, says

TOOLS: dict[str, Any] = {
    "tools": [
        {"type": "function", "function": {"name": name, "parameters": {}}} for name in ("weather", "time")
    ]
}


def outputs(run: Run, **given: str) -> SubmitToolOutputs:
    return SubmitToolOutputs(
        thread_id=run.thread_id,
        run_id=run.id,
        tool_outputs=[ToolOutput(tool_call_id=key, output=value) for key, value in given.items()],
    )


async def waiting(engine: Engine, **given: Any) -> tuple[Run, list[StreamEvent]]:
    events = await play(engine, assistant=TOOLS, **given)
    return run_of(events), events


async def test_a_call_stops_the_stream_at_requires_action(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(calls(("weather", '{"city":"Rome"}')))) as engine:
        run, events = await waiting(engine)
        step = (await engine.runs.list_run_steps(ListRunSteps(thread_id=run.thread_id, run_id=run.id))).data[
            0
        ]
    assert names(events) == [
        "run.created", "run.queued", "run.in_progress", "run.step.created", "run.step.in_progress",
        "run.step.delta", "run.requires_action", "done",
    ]  # fmt: skip
    assert run.required_action is not None
    pending = run.required_action.submit_tool_outputs.tool_calls
    assert [(call.function.name, call.function.arguments) for call in pending] == [
        ("weather", '{"city":"Rome"}')
    ]
    assert (step.status, step.usage) == ("in_progress", None)
    assert run.usage is not None


async def test_the_deltas_of_a_call_are_dense_and_name_it_once(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(calls(("weather", '{"a":1}'), ("time", "{}")))) as engine:
        _, events = await waiting(engine)
    deltas = [
        call
        for event in events
        if event.event == "thread.run.step.delta"
        for call in event.data.delta.step_details["tool_calls"]  # type: ignore[union-attr]
    ]
    heads = [call for call in deltas if "id" in call]
    assert [(call["index"], call["id"], call["function"]["name"]) for call in heads] == [
        (0, "call_0", "weather"),
        (1, "call_1", "time"),
    ]
    assert heads[0]["function"] == {"name": "weather", "arguments": "", "output": None}
    told = "".join(call["function"]["arguments"] for call in deltas if call["index"] == 0)
    assert told == '{"a":1}'


async def test_outputs_continue_the_same_run_to_its_answer(tmp_path: Path) -> None:
    model = FakeModel(calls(("weather", "{}")), says("It is sunny."))
    async with opened(tmp_path, model) as engine:
        run, _ = await waiting(engine)
        events = await collect(engine.runs.stream_submit_tool_outputs(outputs(run, call_0="sun")))
        steps = (
            await engine.runs.list_run_steps(
                ListRunSteps(thread_id=run.thread_id, run_id=run.id, order="asc")
            )
        ).data
        whole = await collect(engine.runs.run_events(RunEventsParams(thread_id=run.thread_id, run_id=run.id)))
    assert names(events) == [
        "run.step.completed", "run.queued", "run.in_progress", "run.step.created", "run.step.in_progress",
        "message.created", "message.in_progress", "message.delta", "message.completed", "run.step.completed",
        "run.completed", "done",
    ]  # fmt: skip
    assert steps[0].step_details.tool_calls[0].function.output == "sun"  # type: ignore[union-attr]
    assert steps[0].usage is not None
    ended = run_of(events)
    assert ended.usage is not None
    assert ended.usage.total_tokens == 30
    told = model.requests[1].messages
    assert [message["role"] for message in told] == ["user", "assistant", "tool"]
    assert told[1]["tool_calls"][0]["id"] == told[2]["tool_call_id"] == "call_0"
    assert told[2]["content"] == "sun"
    assert names(whole).count("run.requires_action") == 1
    assert names(whole)[-2:] == ["run.completed", "done"]


async def test_later_runs_know_what_tools_answered(tmp_path: Path) -> None:
    model = FakeModel(
        [ChatChunk(text="Let me see."), *calls(("weather", "{}"))], says("Sunny."), says("As I said.")
    )
    async with opened(tmp_path, model) as engine:
        run, events = await waiting(engine)
        await collect(engine.runs.stream_submit_tool_outputs(outputs(run, call_0="sun")))
        from aimltui.wire.messages import NewMessage
        from aimltui.wire.runs import CreateRun

        again = CreateRun(
            thread_id=run.thread_id,
            assistant_id=run.assistant_id,
            additional_messages=[NewMessage(role="user", content="Sure?")],
        )
        await collect(engine.runs.stream_create_run(again))
    assert names(events)[-8:] == [
        "message.delta", "message.completed", "run.step.completed", "run.step.created", "run.step.in_progress",
        "run.step.delta", "run.requires_action", "done",
    ]  # fmt: skip
    told = model.requests[2].messages
    assert [message["role"] for message in told] == ["user", "assistant", "tool", "assistant", "user"]
    assert told[1]["content"] == "Let me see."
    assert len(told[1]["tool_calls"]) == 1


async def test_without_stream_the_answer_is_a_queued_run(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(calls(("weather", "{}")), says("ok"))) as engine:
        run, _ = await waiting(engine)
        answer = await engine.runs.submit_tool_outputs(outputs(run, call_0=""))
        ended = await finished(engine, run)
    assert (answer.status, answer.required_action) == ("queued", None)
    assert ended.status == "completed"


@pytest.mark.parametrize("given", [{}, {"call_0": "x"}, {"call_0": "x", "call_9": "y"}])
async def test_incomplete_or_unknown_outputs_are_refused_with_the_known_text(
    tmp_path: Path, given: dict[str, str]
) -> None:
    async with opened(tmp_path, FakeModel(calls(("weather", "{}"), ("time", "{}")))) as engine:
        run, _ = await waiting(engine)
        with pytest.raises(BadRequest) as refusal:
            await engine.runs.submit_tool_outputs(outputs(run, **given))
        still = await run_now(engine, run)
    got = ",".join(f"'{name}'" for name in given)
    assert refusal.value.message == f"Expected tool outputs for call_ids ['call_0','call_1'], got [{got}]"
    assert still.status == "requires_action"


async def test_outputs_in_the_wrong_state_are_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        run = run_of(await play(engine))
        with pytest.raises(BadRequest, match=r'Runs in status "completed" do not accept tool outputs\.'):
            await engine.runs.submit_tool_outputs(outputs(run))


async def test_a_waiting_run_expires_by_being_looked_at(tmp_path: Path) -> None:
    clock = TestClock()
    async with opened(tmp_path, FakeModel(calls(("weather", "{}"))), clock=clock, poll_s=60) as engine:
        run, _ = await waiting(engine)
        clock.advance(601)
        assert (await run_now(engine, run)).status == "expired"
        with pytest.raises(BadRequest, match=r'Runs in status "expired" do not accept tool outputs\.'):
            await engine.runs.submit_tool_outputs(outputs(run, call_0="x"))
        step = (await engine.runs.list_run_steps(ListRunSteps(thread_id=run.thread_id, run_id=run.id))).data[
            0
        ]
    assert step.status == "expired"


async def test_a_waiting_run_expires_by_itself(tmp_path: Path) -> None:
    clock = TestClock()
    async with opened(tmp_path, FakeModel(calls(("weather", "{}"))), clock=clock) as engine:
        run, _ = await waiting(engine)
        clock.advance(601)
        params = RunEventsParams(thread_id=run.thread_id, run_id=run.id)

        async def expired() -> bool:
            return "run.expired" in names(await collect(engine.runs.run_events(params)))

        from tests.support.builders import until

        await until(expired)


async def test_cancelling_a_waiting_run_ends_it(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(calls(("weather", "{}")))) as engine:
        run, _ = await waiting(engine)
        told = await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
        whole = await collect(engine.runs.run_events(RunEventsParams(thread_id=run.thread_id, run_id=run.id)))
    assert told.status == "cancelling"
    assert names(whole)[-4:] == ["run.cancelling", "run.step.cancelled", "run.cancelled", "done"]


async def test_a_function_that_nobody_has_is_answered_to_the_model(tmp_path: Path) -> None:
    model = FakeModel(calls(("launch", "{}")), says("Then not."))
    async with opened(tmp_path, model) as engine:
        run, _ = await waiting(engine)
        messages = await messages_of(engine, run.thread_id)
    assert run.status == "completed"
    assert messages[-1].text == "Then not."
    assert "launch" in model.requests[1].messages[-1]["content"]


async def test_a_loop_of_calls_ends(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(calls(("launch", "{}"))), max_turns=4) as engine:
        run, _ = await waiting(engine)
    assert run.status == "failed"
    assert "loop" in run.last_error.message  # type: ignore[union-attr]


async def test_two_hundred_parallel_calls_are_one_step(tmp_path: Path) -> None:
    model = FakeModel(calls(*(("weather", json.dumps({"n": n})) for n in range(200))), says("done"))
    async with opened(tmp_path, model) as engine:
        run, _ = await waiting(engine)
        assert run.required_action is not None
        pending = run.required_action.submit_tool_outputs.tool_calls
        assert [call.function.arguments for call in pending] == [json.dumps({"n": n}) for n in range(200)]
        answers = {call.id: "x" for call in pending}
        ended = run_of(await collect(engine.runs.stream_submit_tool_outputs(outputs(run, **answers))))
    assert len(answers) == 200
    assert ended.status == "completed"


async def test_calls_that_share_an_id_get_their_own(tmp_path: Path) -> None:
    same = [
        ChatChunk(tool_calls=[ToolCallDelta(n, id="call_x", name="time", arguments="{}")]) for n in range(3)
    ]
    async with opened(tmp_path, FakeModel(same)) as engine:
        run, _ = await waiting(engine)
    assert run.required_action is not None
    assert len({call.id for call in run.required_action.submit_tool_outputs.tool_calls}) == 3


async def test_a_forced_choice_holds_for_the_first_turn_only(tmp_path: Path) -> None:
    model = FakeModel(calls(("weather", "{}")), says("ok"))
    async with opened(tmp_path, model) as engine:
        run, _ = await waiting(engine, tool_choice="required", parallel_tool_calls=False)
        await collect(engine.runs.stream_submit_tool_outputs(outputs(run, call_0="x")))
    assert [request.tool_choice for request in model.requests] == ["required", None]
    assert model.requests[0].parallel_tool_calls is False


async def test_tool_choice_none_shows_no_tools(tmp_path: Path) -> None:
    model = FakeModel()
    async with opened(tmp_path, model) as engine:
        await waiting(engine, tool_choice="none")
    assert list(model.requests[0].tools) == []


async def test_the_completion_limit_counts_over_all_turns(tmp_path: Path) -> None:
    from aimltui.engine.models.base import ChatUsage

    model = FakeModel(
        calls(("weather", "{}"), usage=ChatUsage(10, 200, 210)),
        calls(("time", "{}"), usage=ChatUsage(10, 100, 110)),
    )
    async with opened(tmp_path, model) as engine:
        run, _ = await waiting(engine, max_completion_tokens=256)
        run = run_of(await collect(engine.runs.stream_submit_tool_outputs(outputs(run, call_0="x"))))
        events = await collect(engine.runs.stream_submit_tool_outputs(outputs(run, call_0="y")))
    assert [request.max_tokens for request in model.requests] == [256, 56]
    assert names(events)[-2:] == ["run.incomplete", "done"]
    assert run_of(events).incomplete_details.reason == "max_completion_tokens"  # type: ignore[union-attr]


async def test_the_prompt_limit_counts_over_all_turns(tmp_path: Path) -> None:
    from aimltui.engine.models.base import ChatUsage

    model = FakeModel(calls(("weather", "{}"), usage=ChatUsage(300, 5, 305)))
    async with opened(tmp_path, model) as engine:
        run, _ = await waiting(engine, max_prompt_tokens=256)
        events = await collect(engine.runs.stream_submit_tool_outputs(outputs(run, call_0="x")))
    assert run_of(events).incomplete_details.reason == "max_prompt_tokens"  # type: ignore[union-attr]
    assert len(model.requests) == 1


async def test_an_output_given_twice_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(calls(("weather", "{}")))) as engine:
        run, _ = await waiting(engine)
        twice = [ToolOutput(tool_call_id="call_0", output=text) for text in "ab"]
        with pytest.raises(BadRequest, match=r"got \['call_0','call_0'\]"):
            await engine.runs.submit_tool_outputs(
                SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=twice)
            )
