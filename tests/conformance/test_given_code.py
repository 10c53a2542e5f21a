"""Runs that execute the caller's code instead of asking a model."""

from __future__ import annotations

from aimltui.wire.runs import CreateRun
from tests.conformance.world import World, requirement
from tests.support.fake_model import says


@requirement("runs:code")
async def test_a_run_executes_given_code_as_a_step_and_the_model_sees_it_afterwards(world: World) -> None:
    world.script(says("It printed one."))
    assistant = await world.assistant()
    thread = await world.thread("Please wait")
    run = await world.settled(
        await world.client.runs.create(
            CreateRun(thread_id=thread.id, assistant_id=assistant.id, code="print(1)")
        )
    )
    assert run.status == "completed"
    assert world.model.requests == [], "no model was asked"
    (step,) = await world.steps(run)
    (call,) = step.step_details.tool_calls  # type: ignore[union-attr]
    assert call.code_interpreter.input == "print(1)"  # type: ignore[union-attr]
    assert call.code_interpreter.outputs  # type: ignore[union-attr]
    assert [message.text for message in await world.messages(thread.id)] == ["Please wait"]

    await world.say(thread.id, "What did it print?")
    await world.settled(
        await world.client.runs.create(CreateRun(thread_id=thread.id, assistant_id=assistant.id))
    )
    assert "print(1)" in str(world.model.requests[0].messages)
    assert (await world.messages(thread.id))[-1].text == "It printed one."
