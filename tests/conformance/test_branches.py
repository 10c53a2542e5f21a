"""Copies of threads, and the branches of a conversation."""

from __future__ import annotations

import asyncio

import pytest

from aimltui.client.client import every
from aimltui.engine.models.base import ChatChunk
from aimltui.wire.branches import CopyThread
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.messages import AttachmentTool, CreateMessage, MessageAttachment
from aimltui.wire.runs import CreateRun, ListRuns, Run
from aimltui.wire.threads import (
    BRANCH_AT,
    BRANCH_OF,
    FAMILY,
    PINNED,
    TITLE,
    TRASHED_AT,
    ListThreads,
    ModifyThread,
    Thread,
)
from tests.conformance.world import World, requirement
from tests.support.fake_model import calls, says


async def talk(world: World, *texts: str) -> Thread:
    """A thread in which each text was answered."""
    assistant = await world.assistant()
    thread = await world.thread(texts[0], metadata={TITLE: "Bridges", PINNED: "true"})
    for number, text in enumerate(texts):
        if number:
            await world.say(thread.id, text)
        await world.settled(
            await world.client.runs.create(CreateRun(thread_id=thread.id, assistant_id=assistant.id))
        )
    return thread


async def texts(world: World, thread_id: str) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in await world.messages(thread_id)]


async def runs_of(world: World, thread_id: str) -> list[Run]:
    return [run async for run in every(world.client.runs.list, ListRuns(thread_id=thread_id, order="asc"))]


async def branch(world: World, thread_id: str, **given: str) -> Thread:
    return await world.client.threads.copy(CopyThread(thread_id=thread_id, branch=True, **given))


@requirement("threads:copy")
async def test_a_thread_with_all_the_metadata_it_may_have_has_branches_and_goes_to_the_trash(
    world: World,
) -> None:
    mine = {f"key_{number}": "x" for number in range(16)}
    thread = await world.thread("Hi", metadata=mine)
    made = await branch(world, thread.id)
    assert (made.metadata or {}).items() >= mine.items()
    await world.client.threads.modify(ModifyThread(thread_id=thread.id, metadata={TRASHED_AT: "1"}))
    with pytest.raises(BadRequest, match="too many properties"):
        await world.client.threads.modify(ModifyThread(thread_id=thread.id, metadata={"key_16": "x"}))


@requirement("threads:copy")
async def test_a_copy_has_the_first_messages_with_their_runs_steps_and_files(world: World) -> None:
    world.script(calls(("code_interpreter", '{"code": "print(1)"}')), says("One."), says("Two."))
    file = await world.file("a,b", "data.csv")
    assistant = await world.assistant(tools=[{"type": "code_interpreter"}])
    thread = await world.thread("Run it", metadata={TITLE: "Numbers", "mine": "x"})
    run = CreateRun(thread_id=thread.id, assistant_id=assistant.id)
    await world.settled(await world.client.runs.create(run))
    attached = [MessageAttachment(file_id=file.id, tools=[AttachmentTool(type="code_interpreter")])]
    await world.client.messages.create(
        CreateMessage(thread_id=thread.id, role="user", content="And this", attachments=attached)
    )
    await world.settled(await world.client.runs.create(run))
    before = await world.messages(thread.id)

    copy = await world.client.threads.copy(
        CopyThread(thread_id=thread.id, before=before[2].id, metadata={TITLE: "Numbers (fork)"})
    )

    metadata = copy.metadata or {}
    assert (metadata[TITLE], metadata["mine"]) == ("Numbers (fork)", "x")
    assert (metadata[BRANCH_OF], metadata[BRANCH_AT]) == (thread.id, before[1].id)
    assert FAMILY not in metadata
    # what a later message gave to the tool is not in the copy
    assert copy.tool_resources is not None
    assert copy.tool_resources.code_interpreter is None or not copy.tool_resources.code_interpreter.file_ids
    assert await texts(world, copy.id) == [("user", "Run it"), ("assistant", "One.")]
    (copied_run,) = await runs_of(world, copy.id)
    original = (await runs_of(world, thread.id))[0]
    assert (copied_run.id, copied_run.thread_id) != (original.id, original.thread_id)
    assert (copied_run.status, copied_run.usage) == ("completed", original.usage)
    steps, old_steps = await world.steps(copied_run), await world.steps(original)
    assert [step.type for step in steps] == ["tool_calls", "message_creation"]
    assert steps[0].step_details == old_steps[0].step_details
    answer = (await world.messages(copy.id))[1]
    assert (steps[1].message_id, answer.run_id) == (answer.id, copied_run.id)
    # the original stays as it was, and each can go on
    assert await world.messages(thread.id) == before
    whole = await world.client.threads.copy(CopyThread(thread_id=thread.id))
    assert [m.attachments for m in await world.messages(whole.id)] == [m.attachments for m in before]
    assert whole.tool_resources == (await world.client.threads.get(thread.id)).tool_resources
    await world.say(copy.id, "Go on")
    again = CreateRun(thread_id=copy.id, assistant_id=assistant.id)
    assert (await world.settled(await world.client.runs.create(again))).status == "completed"
    if world.is_ours:
        asked = world.model.requests[-1].messages
        assert [message["role"] for message in asked if message["role"] != "system"] == [
            "user", "assistant", "tool", "assistant", "user",
        ]  # fmt: skip


@requirement("threads:copy")
async def test_a_retry_leaves_out_the_steps_before_the_answer(world: World) -> None:
    world.script(calls(("code_interpreter", '{"code": "print(1)"}')), says("One."))
    assistant = await world.assistant(tools=[{"type": "code_interpreter"}])
    thread = await world.thread("Run it")
    await world.settled(
        await world.client.runs.create(CreateRun(thread_id=thread.id, assistant_id=assistant.id))
    )
    question = (await world.messages(thread.id))[0]
    copy = await branch(world, thread.id, through=question.id)
    assert await texts(world, copy.id) == [("user", "Run it")]
    assert await runs_of(world, copy.id) == []


@requirement("threads:copy:refused")
async def test_what_cannot_be_copied_leaves_nothing_behind(world: World) -> None:
    thread, other = await world.thread("Hi"), await world.thread("Elsewhere")
    (foreign,) = await world.messages(other.id)
    for wanted in (foreign.id, "msg_none"):
        with pytest.raises(NotFound):
            await branch(world, thread.id, before=wanted)
    with pytest.raises(BadRequest):
        await branch(world, thread.id, before=foreign.id, through=foreign.id)
    with pytest.raises(NotFound):
        await branch(world, "thread_none")
    listed = [item.id async for item in every(world.client.threads.list, ListThreads(order="asc"))]
    assert listed == [thread.id, other.id]
    assert (await world.client.threads.get(thread.id)).metadata == {}


@requirement("threads:copy:refused")
async def test_an_answer_that_is_being_written_is_not_copied_and_what_is_before_it_is(world: World) -> None:
    goes_on = asyncio.Event()
    world.script(says("Now"), [ChatChunk(text="One"), goes_on, *says(" two")])
    thread = await talk(world, "First")
    asked = await world.say(thread.id, "Second")
    assistant = await world.assistant()
    run = CreateRun(thread_id=thread.id, assistant_id=assistant.id)
    async for event in world.client.runs.stream(run):
        if event.event == "thread.message.delta":
            with pytest.raises(BadRequest, match="while a run"):
                await world.client.threads.copy(CopyThread(thread_id=thread.id))
            copy = await branch(world, thread.id, before=asked.id)
            assert await texts(world, copy.id) == [("user", "First"), ("assistant", "Now")]
            goes_on.set()


@requirement("threads:branches")
async def test_one_message_is_answered_in_several_branches_at_once(world: World) -> None:
    stopped, goes_on = asyncio.Event(), asyncio.Event()
    world.script(
        [ChatChunk(text="one"), stopped], [ChatChunk(text="two"), goes_on, *says("!")], says("three")
    )
    assistant = await world.assistant()
    root = await world.thread("Which?")
    (question,) = await world.messages(root.id)

    def run_in(thread: Thread) -> CreateRun:
        return CreateRun(thread_id=thread.id, assistant_id=assistant.id)

    others: list[Thread] = []
    async for event in world.client.runs.stream(run_in(root)):
        if event.event != "thread.message.delta":
            continue
        others.append(await branch(world, root.id, through=question.id))
        async for other in world.client.runs.stream(run_in(others[0])):
            if other.event == "thread.message.delta" and not goes_on.is_set():
                others.append(await branch(world, root.id, through=question.id))
                await world.settled(await world.client.runs.create(run_in(others[1])))
                # one of them is stopped, which does not hurt the other
                (run,) = await runs_of(world, root.id)
                await world.client.runs.cancel(root.id, run.id)
                goes_on.set()
    assert [(await texts(world, one.id))[1] for one in (root, *others)] == [
        ("assistant", "one"),
        ("assistant", "two!"),
        ("assistant", "three"),
    ]
    ends = [(await runs_of(world, one.id))[0].status for one in (root, *others)]
    assert ends == ["cancelled", "completed", "completed"]
    (place,) = (await world.client.threads.branches(others[0].id)).data
    assert (place.number, place.threads) == (2, [root.id, *(one.id for one in others)])


@requirement("threads:branches")
async def test_branches_are_found_from_each_of_them(world: World) -> None:
    world.script(*(says(str(number)) for number in range(1, 9)))
    root = await talk(world, "A", "B")
    said = await world.messages(root.id)
    assert (await world.client.threads.branches(root.id)).data == []

    edited = await branch(world, root.id, before=said[2].id)
    assert (edited.metadata or {})[TITLE] == "Bridges"
    # it ends where the other one goes on
    (end,) = (await world.client.threads.branches(edited.id)).data
    assert (end.number, end.threads) == (2, [root.id, edited.id])
    await world.say(edited.id, "B2")
    third = await branch(world, edited.id, before=(await world.messages(edited.id))[2].id)
    await world.say(third.id, "B3")
    retried = await branch(world, root.id, through=said[0].id)
    await world.say(retried.id, "another answer", role="assistant")

    for thread, number in ((root, 1), (edited, 2), (third, 3)):
        at = [message.id for message in await world.messages(thread.id)]
        answers, questions = (await world.client.threads.branches(thread.id)).data
        assert (questions.after, questions.number) == (at[1], number)
        assert questions.threads == [root.id, edited.id, third.id]
        assert (answers.after, answers.number, answers.threads[1]) == (at[0], 1, retried.id)
    # the other way at the answer is the branch that was used last
    (answers,) = (await world.client.threads.branches(retried.id)).data
    assert (answers.number, answers.threads) == (2, [third.id, retried.id])
    families = {
        (thread.metadata or {}).get(FAMILY)
        async for thread in every(world.client.threads.list, ListThreads())
    }
    assert families == {root.id}

    await world.client.threads.modify(ModifyThread(thread_id=edited.id, metadata={TRASHED_AT: "1"}))
    *_, questions = (await world.client.threads.branches(root.id)).data
    assert questions.threads == [root.id, third.id]
    # a branch outlives the thread that it was copied from
    await world.client.threads.delete(root.id)
    assert await texts(world, third.id) == [("user", "A"), ("assistant", "1"), ("user", "B3")]
    (left,) = (await world.client.threads.branches(third.id)).data
    assert left.threads == [third.id, retried.id]
