"""Runs: what they take, how they end, what locks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aimltui.client.client import every
from aimltui.engine.models.base import ChatChunk, ChatUsage, ModelError, ToolCallDelta
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.messages import PINNED, SUMMARY, CreateMessage, ModifyMessage
from aimltui.wire.runs import CreateRun, CreateThreadAndRun, ListRuns, ModifyRun, Run
from aimltui.wire.threads import ListThreads, ModifyThread
from tests.conformance.world import FUNCTIONS, World, at, outputs, requirement
from tests.support.builders import until
from tests.support.fake_model import calls, says

SPOKEN = [ChatChunk(text="So far")]


async def busy(world: World, **given: Any) -> tuple[Run, asyncio.Event]:
    """A run that has said something and waits for the event to say the rest."""
    go = asyncio.Event()
    world.script([*SPOKEN, go, *says(" so good")])
    run = await world.client.runs.create(await world.wanted(**given))

    async def has_spoken() -> bool:
        # its step comes before its text
        return any(
            message.run_id == run.id and message.text for message in await world.messages(run.thread_id)
        )

    await until(has_spoken)
    return run, go


@requirement("runs:create:queued")
async def test_a_new_run_is_queued_with_its_deadline(world: World) -> None:
    run = await world.client.runs.create(await world.wanted())
    assert (run.status, run.created_at, run.expires_at) == ("queued", at(), at(600))
    assert run.usage is run.started_at is run.completed_at is run.required_action is run.last_error is None
    assert (run.tool_choice, run.parallel_tool_calls, run.response_format) == ("auto", True, "auto")
    assert run.truncation_strategy is not None
    assert run.truncation_strategy.to_json() == {"type": "auto", "last_messages": None}
    await world.settled(run)


@requirement("runs:completed")
async def test_a_completed_run(world: World) -> None:
    run = await world.run()
    assert run.status == "completed"
    assert (run.started_at, run.completed_at, run.expires_at) == (at(), at(), None)
    assert run.usage is not None
    used = run.usage.prompt_tokens, run.usage.completion_tokens, run.usage.total_tokens
    assert used == ((10, 5, 15) if world.is_ours else (*used[:2], used[0] + used[1]))
    messages = await world.messages(run.thread_id)
    answer = "Hello there." if world.is_ours else messages[-1].text
    assert [(m.role, m.text, m.status) for m in messages] == [
        ("user", "Hi", "completed"),
        ("assistant", answer, "completed"),
    ]
    assert answer
    assert (messages[1].assistant_id, messages[1].run_id) == (run.assistant_id, run.id)


@requirement("runs:overrides", "traps:falsy-zero")
async def test_what_a_run_says_wins_over_its_assistant_also_zero(world: World) -> None:
    run = await world.run(
        assistant={"temperature": 1.5, "top_p": 0.9, "instructions": "be long", "tools": FUNCTIONS},
        temperature=0,
        top_p=0,
        instructions="be short",
        model="other",
        tools=[],
        metadata={"a": "b"},
        max_completion_tokens=256,
    )
    assert (run.temperature, run.top_p, run.model, run.instructions) == (0, 0, "other", "be short")
    assert (run.tools, run.metadata, run.max_completion_tokens) == ([], {"a": "b"}, 256)
    asked = world.model.requests[0]
    assert (asked.model, asked.temperature, asked.top_p, asked.max_tokens) == ("other", 0, 0, 256)
    assert asked.messages[0]["content"] == "be short"
    assert not asked.tools


@requirement("runs:connection")
async def test_a_run_names_its_connection_and_an_unknown_one_is_refused(world: World) -> None:
    assert (await world.run(connection="fake")).connection == "fake"
    assert (await world.run(connection=None)).connection is None
    wanted = await world.wanted()
    with pytest.raises(BadRequest, match=r"There is no connection 'gone' here.*Available: 'fake'") as caught:
        await world.client.runs.create(wanted.model_copy(update={"connection": "gone"}))
    assert (caught.value.param, caught.value.code) == ("connection", "invalid_value")
    threads = len((await world.client.threads.list(ListThreads())).data)
    both = CreateThreadAndRun(assistant_id=wanted.assistant_id, connection="gone")
    with pytest.raises(BadRequest, match="no connection 'gone'"):
        await world.client.runs.create_with_thread(both)
    assert len((await world.client.threads.list(ListThreads())).data) == threads


@requirement("runs:hosted-tools")
async def test_a_run_says_whether_hosted_tools_are_offered(world: World) -> None:
    tools = [{"type": "code_interpreter"}, *FUNCTIONS[:1]]
    told = []
    for switch in (None, "on", "auto", "off"):
        world.script(says("Hi."))
        given = {} if switch is None else {"hosted_tools": switch}
        run = await world.run(tools=tools, model="tiny-1b", **given)
        offered = [tool["function"]["name"] for tool in world.model.requests[0].tools]
        told.append((run.tools_off, offered))
    assert told == [
        (None, ["code_interpreter", "weather"]),
        (None, ["code_interpreter", "weather"]),
        ("small model", ["weather"]),
        ("switched off", ["weather"]),
    ]


@requirement("runs:more-tools")
async def test_a_run_may_have_more_tools_than_the_api_allows(world: World) -> None:
    many = [{"type": "function", "function": {"name": f"f{number}"}} for number in range(128)]
    world.script(says("Hi."))
    run = await world.run(tools=many[:20], more_tools=many[20:])
    assert [tool["function"]["name"] for tool in world.model.requests[0].tools] == [
        f"f{number}" for number in range(128)
    ]
    assert len(run.tools) == 128


@requirement("runs:inherits")
async def test_what_a_run_does_not_say_comes_from_its_assistant(world: World) -> None:
    run = await world.run(
        assistant={"temperature": 0, "top_p": 0.5, "instructions": "be kind", "tools": FUNCTIONS},
        temperature=None,
        instructions=None,
    )
    assert (run.temperature, run.top_p, run.instructions) == (0, 0.5, "be kind")
    assert len(run.tools) == 2
    assert (world.model.requests[0].temperature, world.model.requests[0].top_p) == (0, 0.5)


@requirement("runs:additional_instructions")
async def test_additional_instructions_follow_after_one_space(world: World) -> None:
    run = await world.run(assistant={"instructions": "Be kind."}, additional_instructions="Be short.")
    assert run.instructions == "Be kind. Be short."


@requirement("runs:additional_messages")
async def test_additional_messages_are_said_first_and_stay(world: World) -> None:
    more: Any = [{"role": "user", "content": "and this"}, {"role": "assistant", "content": "hm"}]
    run = await world.run("this", additional_messages=more)
    assert [m.text for m in await world.messages(run.thread_id)] == ["this", "and this", "hm", "Hello there."]
    assert [m["content"] for m in world.model.requests[0].messages] == ["this", "and this", "hm"]


@requirement("runs:create:invalid_thread")
async def test_nothing_to_work_with_is_refused(world: World) -> None:
    made = await world.assistant()
    thread = await world.client.runs.create_with_thread(
        CreateThreadAndRun(assistant_id=(await world.assistant(instructions="go on")).id)
    )
    await world.settled(thread)
    with pytest.raises(BadRequest) as caught:
        await world.client.runs.create_with_thread(CreateThreadAndRun(assistant_id=made.id))
    assert caught.value.message == (
        "Run creation requires a Thread with a user message or an assistant with instructions."
    )
    assert caught.value.code == "invalid_thread"


@requirement("runs:create:unknown")
async def test_an_unknown_assistant_or_thread_is_not_found(world: World) -> None:
    thread, made = await world.thread(), await world.assistant()
    with pytest.raises(NotFound, match="No assistant found with id 'asst_none'"):
        await world.client.runs.create(CreateRun(thread_id=thread.id, assistant_id="asst_none"))
    with pytest.raises(NotFound, match="No thread found with id 'thread_none'"):
        await world.client.runs.create(CreateRun(thread_id="thread_none", assistant_id=made.id))
    with pytest.raises(NotFound, match="No run found with id 'run_none'"):
        await world.client.runs.get(thread.id, "run_none")


@requirement("runs:create_with_thread", "traps:threads-runs-shadowed")
async def test_a_thread_and_its_run_can_be_made_at_once(world: World) -> None:
    made = await world.assistant()
    params = CreateThreadAndRun.model_validate(
        {
            "assistant_id": made.id,
            "thread": {"messages": [{"role": "user", "content": "Hello"}], "metadata": {"a": "b"}},
        }
    )
    run = await world.settled(await world.client.runs.create_with_thread(params))
    assert run.status == "completed"
    assert (await world.client.threads.get(run.thread_id)).metadata == {"a": "b"}
    assert len(await world.messages(run.thread_id)) == 2


@requirement("lock:second-run", "traps:second-run")
async def test_a_busy_thread_takes_no_second_run(world: World) -> None:
    run, go = await busy(world)
    with pytest.raises(BadRequest) as caught:
        await world.client.runs.create(CreateRun(thread_id=run.thread_id, assistant_id=run.assistant_id))
    assert caught.value.message == f"Thread {run.thread_id} already has an active run {run.id}."
    go.set()
    await world.settled(run)
    again = await world.client.runs.create(CreateRun(thread_id=run.thread_id, assistant_id=run.assistant_id))
    assert (await world.settled(again)).status == "completed"


@requirement("lock:message")
async def test_a_busy_thread_takes_no_message(world: World) -> None:
    run, go = await busy(world)
    with pytest.raises(BadRequest) as caught:
        await world.say(run.thread_id, "one more thing")
    assert caught.value.message == (f"Can't add messages to {run.thread_id} while a run {run.id} is active.")
    go.set()
    await world.settled(run)
    await world.say(run.thread_id, "now")


@requirement("lock:reading")
async def test_a_busy_thread_can_be_read_and_its_metadata_changed(world: World) -> None:
    run, go = await busy(world)
    assert (await world.client.runs.get(run.thread_id, run.id)).status == "in_progress"
    assert len(await world.messages(run.thread_id)) >= 1
    await world.client.threads.modify(ModifyThread(thread_id=run.thread_id, metadata={"title": "x"}))
    go.set()
    await world.settled(run)


@requirement("lock:messages")
async def test_the_messages_of_a_busy_thread_stay_as_they_are(world: World) -> None:
    world.script(calls(("weather", "{}")))
    run = await world.run(assistant={"tools": FUNCTIONS})
    assert run.status == "requires_action"
    message, thread = (await world.messages(run.thread_id))[0], run.thread_id
    changed = ModifyMessage(thread_id=thread, message_id=message.id, metadata={"a": "b"})
    for what, asked in (
        ("modify", world.client.messages.modify(changed)),
        ("delete", world.client.messages.delete(thread, message.id)),
    ):
        with pytest.raises(BadRequest) as caught:
            await asked
        assert caught.value.message == f"Can't {what} messages of {thread} while a run {run.id} is active."
    assert (await world.messages(thread))[0] == message
    await world.client.runs.cancel(thread, run.id)
    await world.settled(run)
    assert (await world.client.messages.modify(changed)).metadata == {"a": "b"}
    assert (await world.client.messages.delete(thread, message.id)).deleted


@requirement("runs:cancel:in_progress")
async def test_a_cancelled_run_keeps_what_was_said(world: World) -> None:
    run, _ = await busy(world)
    told = await world.client.runs.cancel(run.thread_id, run.id)
    assert told.status == "cancelling"
    done = await world.settled(run)
    assert (done.status, done.cancelled_at, done.completed_at) == ("cancelled", at(), None)
    (step,) = await world.steps(run)
    assert (step.status, step.cancelled_at) == ("cancelled", at())
    message = (await world.messages(run.thread_id))[-1]
    assert (message.text, message.status) == ("So far", "incomplete")
    assert message.incomplete_details is not None
    assert message.incomplete_details.reason == "run_cancelled"
    assert message.incomplete_at is not None


@requirement("runs:cancel:requires_action")
async def test_a_waiting_run_can_be_cancelled(world: World) -> None:
    world.script(calls(("weather", "{}")))
    run = await world.run(assistant={"tools": FUNCTIONS})
    assert run.status == "requires_action"
    await world.client.runs.cancel(run.thread_id, run.id)
    done = await world.settled(run)
    assert done.status == "cancelled"
    assert done.required_action is None
    await world.say(run.thread_id, "the thread is free")


@requirement("runs:cancel:over")
async def test_a_run_that_is_over_cannot_be_cancelled(world: World) -> None:
    run = await world.run()
    with pytest.raises(BadRequest) as caught:
        await world.client.runs.cancel(run.thread_id, run.id)
    assert caught.value.message == "Cannot cancel run with status 'completed'."


@requirement("runs:expired")
async def test_a_run_expires_when_somebody_looks_after_its_time(world: World) -> None:
    world.script(calls(("weather", "{}")))
    run = await world.run(assistant={"tools": FUNCTIONS})
    world.clock.advance(601)
    done = await world.client.runs.get(run.thread_id, run.id)
    assert (done.status, done.required_action) == ("expired", None)
    with pytest.raises(BadRequest, match='Runs in status "expired" do not accept'):
        await world.client.runs.submit_tool_outputs(outputs(run, call_0="x"))
    (step,) = await world.steps(run)
    assert step.status == "expired"
    await world.say(run.thread_id, "the thread is free")


@requirement("runs:failed")
async def test_a_failed_model_fails_the_run_with_a_reason(world: World) -> None:
    world.script([*SPOKEN, ModelError("The server is on fire.", code="server_error")])
    run = await world.run()
    assert (run.status, run.failed_at) == ("failed", at())
    assert run.last_error is not None
    assert (run.last_error.code, run.last_error.message) == ("server_error", "The server is on fire.")
    message = (await world.messages(run.thread_id))[-1]
    assert message.incomplete_details is not None
    assert (message.text, message.incomplete_details.reason) == ("So far", "run_failed")
    (step,) = await world.steps(run)
    assert step.status == "failed"


@requirement("runs:failed:rate_limit")
async def test_a_rate_limit_that_stays_is_named(world: World) -> None:
    world.script([ModelError("Slow down.", code="rate_limit_exceeded", retryable=True, status=429)])
    run = await world.run()
    assert run.last_error is not None
    assert (run.status, run.last_error.code) == ("failed", "rate_limit_exceeded")
    assert len(world.model.requests) == 3


@requirement("runs:failed:model")
async def test_a_model_that_nobody_serves_fails_the_run(world: World) -> None:
    run = await world.run(model="gone")
    assert run.last_error is not None
    assert (run.status, run.last_error.code) == ("failed", "invalid_prompt")


@requirement("runs:incomplete")
async def test_an_answer_cut_short_is_incomplete(world: World) -> None:
    world.script(says("Once upon a", finish="length"))
    run = await world.run(max_completion_tokens=256)
    assert run.status == "incomplete"
    assert run.incomplete_details is not None
    assert run.incomplete_details.reason == "max_completion_tokens"
    message = (await world.messages(run.thread_id))[-1]
    assert message.incomplete_details is not None
    assert (message.status, message.incomplete_details.reason) == ("incomplete", "max_tokens")
    (step,) = await world.steps(run)
    assert step.status == "completed"
    assert run.usage is not None


@requirement("runs:max_completion_tokens")
async def test_the_limit_counts_all_turns(world: World) -> None:
    spent = ChatUsage(prompt_tokens=10, completion_tokens=200, total_tokens=210)
    world.script(calls(("weather", "{}"), usage=spent), says("fine"))
    run = await world.run(assistant={"tools": FUNCTIONS}, max_completion_tokens=300)
    await world.settled(await world.client.runs.submit_tool_outputs(outputs(run, call_0="sunny")))
    assert [asked.max_tokens for asked in world.model.requests] == [300, 100]


@requirement("runs:unsupported-tool", "traps:unsupported-tool")
async def test_a_tool_that_nobody_can_carry_out_does_not_hang_the_run(world: World) -> None:
    run = await world.run(assistant={"tools": [{"type": "code_interpreter"}, {"type": "file_search"}]})
    assert run.is_terminal


@requirement("runs:tool_choice")
async def test_a_forced_choice_is_for_the_first_turn(world: World) -> None:
    world.script(calls(("weather", "{}")), says("fine"))
    run = await world.run(
        assistant={"tools": FUNCTIONS},
        tool_choice={"type": "function", "function": {"name": "weather"}},
        parallel_tool_calls=False,
    )
    await world.settled(await world.client.runs.submit_tool_outputs(outputs(run, call_0="sunny")))
    first, second = world.model.requests
    assert first.tool_choice == {"type": "function", "function": {"name": "weather"}}
    assert first.parallel_tool_calls is False
    assert second.tool_choice in (None, "auto")


@requirement("runs:tool_choice:none")
async def test_no_tools_are_offered_if_none_is_chosen(world: World) -> None:
    await world.run(assistant={"tools": FUNCTIONS}, tool_choice="none")
    assert not world.model.requests[0].tools


@requirement("runs:truncation")
async def test_only_the_last_messages_are_told_if_so_asked(world: World) -> None:
    made = await world.assistant()
    thread = await world.thread("one", "two", "three")
    run = await world.client.runs.create(
        CreateRun.model_validate(
            {
                "thread_id": thread.id,
                "assistant_id": made.id,
                "truncation_strategy": {"type": "last_messages", "last_messages": 2},
            }
        )
    )
    await world.settled(run)
    assert [m["content"] for m in world.model.requests[0].messages] == ["two", "three"]


@requirement("runs:shorten")
async def test_long_messages_are_shortened_only_if_a_run_asks_for_it(world: World) -> None:
    made = await world.assistant()

    async def told(strategy: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        thread = await world.thread("word " * 3_000, "short", "last " * 100)
        wanted = {
            "thread_id": thread.id,
            "assistant_id": made.id,
            "truncation_strategy": strategy,
            "max_prompt_tokens": 1_000,
        }
        run = await world.settled(await world.client.runs.create(CreateRun.model_validate(wanted)))
        return run.to_json(), [m["content"] for m in world.model.requests[-1].messages]

    run, contents = await told({"type": "auto", "shorten": True})
    assert len(contents) == 3
    assert "characters are left out here" in contents[0]
    assert (run["shortened"], run.get("left_out")) == (1, None)
    assert run["truncation_strategy"] == {"type": "auto", "last_messages": None, "shorten": True}
    run, contents = await told({"type": "auto"})
    assert contents == ["short", "last " * 100]
    assert (run.get("shortened"), run["left_out"]) == (None, 1)


@requirement("runs:summary")
async def test_a_summary_stands_for_the_messages_before_it(world: World) -> None:
    made = await world.assistant()
    thread = await world.thread("The word is heron.", "two")
    client = world.client

    async def ask(text: str) -> list[str]:
        await client.messages.create(CreateMessage(thread_id=thread.id, role="user", content=text))
        await world.settled(await client.runs.create(CreateRun(thread_id=thread.id, assistant_id=made.id)))
        return [m["content"] for m in world.model.requests[-1].messages]

    kept = await client.messages.create(
        CreateMessage(thread_id=thread.id, role="assistant", content="A bird.", metadata={SUMMARY: "2"})
    )
    (told,) = await ask("Which?")
    assert "A bird." in told
    assert told.endswith("\n\nWhich?")
    assert [m.text for m in await world.messages(thread.id)][:3] == ["The word is heron.", "two", "A bird."]
    await client.messages.delete(thread.id, kept.id)
    assert (await ask("And now?"))[:3] == ["The word is heron.", "two", "Which?"]


@requirement("runs:pinned")
async def test_a_pinned_message_is_told_whole_whatever_is_left_out(world: World) -> None:
    made = await world.assistant()
    thread = await world.thread("The word is heron.", "two", "three")
    client = world.client
    (first, *_) = await world.messages(thread.id)

    async def pin(value: str) -> None:
        changes = ModifyMessage(thread_id=thread.id, message_id=first.id, metadata={PINNED: value})
        assert (await client.messages.modify(changes)).metadata == {PINNED: value}

    async def ask(text: str, **options: Any) -> list[str]:
        await client.messages.create(CreateMessage(thread_id=thread.id, role="user", content=text))
        wanted = CreateRun(thread_id=thread.id, assistant_id=made.id, **options)
        await world.settled(await client.runs.create(wanted))
        return [m["content"] for m in world.model.requests[-1].messages]

    await pin("true")
    newest = {"type": "last_messages", "last_messages": 1}
    assert await ask("Which?", truncation_strategy=newest) == ["The word is heron.", "Which?"]
    await client.messages.create(
        CreateMessage(thread_id=thread.id, role="assistant", content="Numbers.", metadata={SUMMARY: "2"})
    )
    told, *after = await ask("And now?")
    assert "Numbers." in told
    assert told.endswith("\n\nThe word is heron.")
    assert after == ["And now?"]
    await pin("")
    assert "heron" not in str(await ask("And then?"))


@requirement("runs:response_format")
async def test_the_format_of_the_answer_reaches_the_model(world: World) -> None:
    shape = {
        "type": "json_schema",
        "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
    }
    run = await world.run(response_format=shape, reasoning_effort="high")
    assert run.to_json()["response_format"] == shape
    assert (world.model.requests[0].response_format, world.model.requests[0].reasoning_effort) == (
        shape,
        "high",
    )


@requirement("runs:modify")
async def test_a_runs_metadata_can_be_changed(world: World) -> None:
    run = await world.run(metadata={"a": "1"})
    changed = await world.client.runs.modify(
        ModifyRun(thread_id=run.thread_id, run_id=run.id, metadata={"b": "2"})
    )
    assert changed.metadata == {"a": "1", "b": "2"}


@requirement("runs:list")
async def test_runs_are_listed_newest_first(world: World) -> None:
    run = await world.run()
    ids = [run.id]
    for _ in range(3):
        wanted = CreateRun(thread_id=run.thread_id, assistant_id=run.assistant_id)
        ids.append((await world.settled(await world.client.runs.create(wanted))).id)
    seen = [r.id async for r in every(world.client.runs.list, ListRuns(thread_id=run.thread_id, limit=3))]
    assert seen == ids[::-1]


@requirement("runs:foreign")
async def test_a_run_of_another_thread_is_not_found(world: World) -> None:
    run, other = await world.run(), await world.thread()
    with pytest.raises(NotFound):
        await world.client.runs.get(other.id, run.id)


MISBEHAVIOUR: dict[str, list[Any]] = {
    "malformed arguments": calls(("weather", "{not json")),
    "an unknown tool": calls(("teleport", "{}")),
    "an empty answer": says(),
    "an empty answer without usage": says(usage=None),
    "no finish reason": [ChatChunk(text="Well")],
    "nothing at all": [],
    "text and calls": [*SPOKEN, *calls(("weather", "{}"))],
    "two hundred calls": calls(*[("weather", f'{{"n": {n}}}') for n in range(200)]),
    "calls with indices out of order": [
        ChatChunk(tool_calls=[ToolCallDelta(7, id="call_b", name="time", arguments="{}")]),
        ChatChunk(tool_calls=[ToolCallDelta(2, id="call_a", name="weather", arguments="{}")]),
        ChatChunk(finish_reason="tool_calls"),
    ],
    "a call without an id": [
        ChatChunk(tool_calls=[ToolCallDelta(0, name="weather", arguments="{}")]),
        ChatChunk(finish_reason="tool_calls"),
    ],
    "the same id twice": [
        ChatChunk(tool_calls=[ToolCallDelta(0, id="call_1", name="weather", arguments="{}")]),
        ChatChunk(tool_calls=[ToolCallDelta(1, id="call_1", name="time", arguments="{}")]),
        ChatChunk(finish_reason="tool_calls"),
    ],
    "a bug in the model's code": [*SPOKEN, RuntimeError("bug")],
    "a refusal": [ChatChunk(refusal="I will not"), ChatChunk(finish_reason="stop")],
    "content_filter": [*SPOKEN, ChatChunk(finish_reason="content_filter")],
    "a strange finish reason": says("Hm", finish="end_turn"),
    "half a surrogate": says("a \ud800 b"),
}


@requirement("runs:misbehaviour")
@pytest.mark.parametrize("name", MISBEHAVIOUR)
async def test_a_model_that_misbehaves_never_wedges_a_run(world: World, name: str) -> None:
    world.script(MISBEHAVIOUR[name], says("fine"))
    run = await world.run(assistant={"tools": FUNCTIONS})
    for _ in range(3):
        if run.status != "requires_action":
            break
        assert run.required_action is not None
        pending = run.required_action.submit_tool_outputs.tool_calls
        assert len({call.id for call in pending}) == len(pending), "ids have to be distinct"
        given = {call.id: "x" for call in pending}
        run = await world.settled(await world.client.runs.submit_tool_outputs(outputs(run, **given)))
    assert run.is_terminal
    assert run.status == "completed" or run.last_error is not None or run.status == "incomplete"
    await world.say(run.thread_id, "the thread is free")
