"""Run steps and function tools."""

from __future__ import annotations

import pytest

from aimltui.client.client import every
from aimltui.engine.models.base import ChatChunk
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.run_steps import ListRunSteps
from tests.conformance.world import FUNCTIONS, World, at, outputs, requirement
from tests.support.fake_model import calls, says


@requirement("steps:message")
async def test_an_answer_is_one_step(world: World) -> None:
    run = await world.run()
    (step,) = await world.steps(run)
    message = (await world.messages(run.thread_id))[-1]
    assert step.to_json()["step_details"] == {
        "type": "message_creation",
        "message_creation": {"message_id": message.id},
    }
    assert (step.status, step.completed_at, step.thread_id, step.run_id, step.assistant_id) == (
        "completed",
        at(),
        run.thread_id,
        run.id,
        run.assistant_id,
    )
    assert step.usage is not None
    assert step.usage.total_tokens == 15 or not world.is_ours
    assert await world.client.runs.get_step(run.thread_id, run.id, step.id) == step


@requirement("steps:parallel-calls")
async def test_parallel_calls_are_one_step_that_waits_for_outputs(world: World) -> None:
    world.script(calls(("weather", '{"city": "Rome"}'), ("time", "{}")), says("Sunny, and noon."))
    run = await world.run(assistant={"tools": FUNCTIONS})
    assert run.required_action is not None
    assert run.required_action.to_json() == {
        "type": "submit_tool_outputs",
        "submit_tool_outputs": {
            "tool_calls": [
                {
                    "id": "call_0",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city": "Rome"}'},
                },
                {"id": "call_1", "type": "function", "function": {"name": "time", "arguments": "{}"}},
            ]
        },
    }
    (step,) = await world.steps(run)
    assert (step.type, step.status, step.usage) == ("tool_calls", "in_progress", None)
    assert [call["function"]["output"] for call in step.to_json()["step_details"]["tool_calls"]] == [None] * 2
    told = await world.client.runs.submit_tool_outputs(outputs(run, call_1="noon", call_0="sunny"))
    assert (told.status, told.required_action) == ("queued", None)
    assert told.expires_at == run.expires_at
    done = await world.settled(run)
    assert done.status == "completed"
    first, second = await world.steps(run)
    assert first.status == "completed"
    assert [call["function"]["output"] for call in first.to_json()["step_details"]["tool_calls"]] == [
        "sunny",
        "noon",
    ]
    assert second.type == "message_creation"
    assert done.usage is not None
    assert done.usage.total_tokens == 30


@requirement("steps:model-sees-outputs")
async def test_the_model_gets_the_outputs_of_its_calls(world: World) -> None:
    world.script(calls(("weather", "{}")), says("Sunny."))
    run = await world.run(assistant={"tools": FUNCTIONS})
    await world.settled(await world.client.runs.submit_tool_outputs(outputs(run, call_0="")))
    *_, call, answer = world.model.requests[1].messages
    assert call["tool_calls"][0]["id"] == answer["tool_call_id"] == "call_0"
    assert (answer["role"], answer["content"]) == ("tool", "")


@requirement("outputs:missing")
async def test_missing_and_unknown_outputs_are_refused(world: World) -> None:
    world.script(calls(("weather", "{}"), ("time", "{}")), says("fine"))
    run = await world.run(assistant={"tools": FUNCTIONS})
    with pytest.raises(BadRequest) as caught:
        await world.client.runs.submit_tool_outputs(outputs(run, call_0="x"))
    assert caught.value.message == ("Expected tool outputs for call_ids ['call_0','call_1'], got ['call_0']")
    with pytest.raises(BadRequest, match="Expected tool outputs for call_ids"):
        await world.client.runs.submit_tool_outputs(outputs(run, call_0="x", call_1="y", call_2="z"))
    assert (await world.client.runs.get(run.thread_id, run.id)).status == "requires_action"


@requirement("outputs:state")
async def test_outputs_are_refused_where_nothing_waits_for_them(world: World) -> None:
    run = await world.run()
    with pytest.raises(BadRequest) as caught:
        await world.client.runs.submit_tool_outputs(outputs(run, call_0="x"))
    assert caught.value.message == 'Runs in status "completed" do not accept tool outputs.'


@requirement("steps:text-and-calls")
async def test_text_before_calls_is_a_step_of_its_own(world: World) -> None:
    world.script([*says("Let me look.", finish=None)[:-1], *calls(("weather", "{}"))], says("Sunny."))
    run = await world.run(assistant={"tools": FUNCTIONS})
    assert [(step.type, step.status) for step in await world.steps(run)] == [
        ("message_creation", "completed"),
        ("tool_calls", "in_progress"),
    ]


@requirement("steps:rounds")
async def test_tools_may_be_called_in_several_rounds(world: World) -> None:
    world.script(calls(("weather", "{}")), calls(("time", "{}")), says("Done."))
    run = await world.run(assistant={"tools": FUNCTIONS})
    for _ in range(2):
        assert run.status == "requires_action"
        run = await world.settled(await world.client.runs.submit_tool_outputs(outputs(run, call_0="x")))
    assert run.status == "completed"
    params = ListRunSteps(thread_id=run.thread_id, run_id=run.id, limit=1)
    kinds = [step.type async for step in every(world.client.runs.list_steps, params)]
    assert kinds == ["message_creation", "tool_calls", "tool_calls"]


@requirement("steps:unknown")
async def test_an_unknown_step_is_not_found(world: World) -> None:
    run = await world.run()
    with pytest.raises(NotFound) as caught:
        await world.client.runs.get_step(run.thread_id, run.id, "step_123")
    assert caught.value.message == "No run step found with id 'step_123'."


@requirement("steps:thought-moved")
async def test_text_before_a_lone_closing_think_tag_is_reasoning(world: World) -> None:
    world.script([ChatChunk(text="hm, "), ChatChunk(reasoning="so", ends_thought=True), *says("Hello.")])
    run = await world.run()
    assert [message.text for message in await world.messages(run.thread_id)] == ["Hi", "Hello."]
    assert [step.reasoning for step in await world.steps(run)] == ["hm, so"]
