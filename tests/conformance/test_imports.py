"""Conversations that were held elsewhere, and the extension that writes them down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aimltui.client.client import every
from aimltui.interchange.importing import Importer
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.files import FileExpiresAfter
from aimltui.wire.imports import COUNT, ImportThread
from aimltui.wire.run_steps import ListRunSteps
from aimltui.wire.runs import ListRuns, Run
from aimltui.wire.threads import TRASHED_AT, ListThreads, ModifyThread
from tests.conformance.world import World, requirement

SAMPLES = Path(__file__).parents[1] / "unit" / "interchange" / "samples"

T = 1_700_000_000
"""A time long before that of the tests."""


def said(role: str, text: str, at: int = 0, **more: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": {"value": text, "annotations": []}}] if text else []
    return {"role": role, "content": content, "created_at": T + at, **more}


def conversation(*messages: dict[str, Any], **more: Any) -> ImportThread:
    given = {
        "origin": "elsewhere:1",
        "digest": "2:abc",
        "messages": messages or (said("user", "Hi", 100),),
    } | more
    return ImportThread.model_validate(given)


async def runs_of(world: World, thread_id: str) -> list[Run]:
    return [run async for run in every(world.client.runs.list, ListRuns(thread_id=thread_id, order="asc"))]


@requirement("threads:import")
async def test_a_conversation_keeps_its_times_and_models(world: World) -> None:
    told = await world.client.threads.write_down(
        conversation(
            said("user", "How long is it?", 1_000),
            said("assistant", "112 metres.", 1_005, model="gpt-5"),
            said("user", "Thanks", 1_010),
            created_at=T + 990,
            metadata={"title": "Bridge"},
            instructions="Be brief.",
        )
    )
    assert told.outcome == "created"
    thread = await world.client.threads.get(told.id)
    assert thread == told.thread
    assert (thread.created_at, (thread.metadata or {})["title"]) == (T + 990, "Bridge")
    messages = await world.messages(told.id)
    assert [(m.role, m.text, m.created_at) for m in messages] == [
        ("user", "How long is it?", T + 1_000),
        ("assistant", "112 metres.", T + 1_005),
        ("user", "Thanks", T + 1_010),
    ]
    (run,) = await runs_of(world, told.id)
    assert (run.model, run.status, run.created_at, run.instructions) == (
        "gpt-5",
        "completed",
        T + 1_000,
        "Be brief.",
    )
    assert run.completed_at == T + 1_005
    assert messages[1].run_id == run.id
    assert (await world.client.threads.list(ListThreads())).data[0].last_active_at == T + 1_010
    assert (await world.client.threads.list(ListThreads(query="metres"))).data[0].id == told.id


@requirement("threads:import")
async def test_a_thread_without_times_of_messages_was_active_when_it_was_made(world: World) -> None:
    await world.client.threads.write_down(conversation(said("user", "Hi", -T), created_at=T + 990))
    assert (await world.client.threads.list(ListThreads())).data[0].last_active_at == T + 990


@requirement("threads:import")
async def test_steps_stand_before_the_message_that_came_of_them(world: World) -> None:
    call = {"name": "web.run", "arguments": '{"q": "bridge"}', "output": "112 m"}
    code = {"kind": "code_interpreter", "arguments": "print(1)", "output": "1\n"}
    steps = [
        {"reasoning": "Look it up."},
        {"calls": [call]},
        {"reasoning": "Count.", "calls": [code]},
        {"reasoning": "Done."},
    ]
    told = await world.client.threads.write_down(
        conversation(
            said("user", "?", 1),
            said("assistant", "One.", 5, steps=steps),
            said("user", "!", 6),
            said("assistant", "", 9, steps=[{"calls": [call]}]),
        )
    )
    first, second = await runs_of(world, told.id)
    listed = (
        await world.client.runs.list_steps(ListRunSteps(thread_id=told.id, run_id=first.id, order="asc"))
    ).data
    assert [(step.type, step.reasoning) for step in listed] == [
        ("tool_calls", "Look it up."),
        ("tool_calls", "Count."),
        ("message_creation", "Done."),
    ]
    details = [step.step_details.to_json() for step in listed]
    assert details[0]["tool_calls"][0]["function"] == {
        "name": "web.run",
        "arguments": '{"q": "bridge"}',
        "output": "112 m",
    }
    assert details[1]["tool_calls"][0]["code_interpreter"] == {
        "input": "print(1)",
        "outputs": [{"type": "logs", "logs": "1\n"}],
    }
    assert [step.type for step in await world.steps(second)] == ["tool_calls"]
    assert [m.text for m in await world.messages(told.id)] == ["?", "One.", "!"]


@requirement("threads:import")
async def test_answers_that_broke_off_or_failed_are_told_as_such(world: World) -> None:
    told = await world.client.threads.write_down(
        conversation(
            said("user", "a", 1),
            said("assistant", "half of", 2, status="incomplete"),
            said("user", "b", 3),
            said("assistant", "Connection error.", 4, status="failed"),
        )
    )
    cut, failed = await runs_of(world, told.id)
    messages = await world.messages(told.id)
    assert [(m.text, m.status) for m in messages] == [
        ("a", "completed"),
        ("half of", "incomplete"),
        ("b", "completed"),
    ]
    assert (cut.status, failed.status) == ("cancelled", "failed")
    assert failed.last_error is not None
    assert failed.last_error.message == "Connection error."


@requirement("threads:import")
async def test_files_of_a_conversation_are_no_longer_forgotten(world: World) -> None:
    hour = FileExpiresAfter(anchor="created_at", seconds=3_600)
    picture, paper = (
        await world.file(b"x", "a.png", expires_after=hour),
        await world.file(b"y", "b.txt", expires_after=hour),
    )
    plot = await world.file(b"z", "plot.png", expires_after=hour)
    image = {"type": "image_file", "image_file": {"file_id": picture.id}}
    code = {"kind": "code_interpreter", "arguments": "plot()", "images": [plot.id]}
    await world.client.threads.write_down(
        conversation(
            {"role": "user", "content": [image], "attachments": [{"file_id": paper.id}]},
            said("assistant", "See.", 0, steps=[{"calls": [code]}]),
        )
    )
    if world.is_ours:
        world.clock.now += 10_000
    for file in (picture, paper, plot):
        assert (await world.client.files.get(file.id)).expires_at is None


@requirement("threads:import:once")
async def test_twice_is_once(world: World) -> None:
    first = await world.client.threads.write_down(conversation())
    again = await world.client.threads.write_down(conversation(said("user", "not looked at", 5)))
    assert (again.id, again.outcome) == (first.id, "present")
    assert [m.text for m in await world.messages(first.id)] == ["Hi"]
    await world.client.threads.modify(ModifyThread(thread_id=first.id, metadata={TRASHED_AT: "5.0"}))
    assert (await world.client.threads.write_down(conversation())).outcome == "present"
    assert (await world.client.threads.get(first.id)).trashed_at is None, "it was taken out of the trash"
    await world.client.threads.delete(first.id)
    assert (await world.client.threads.write_down(conversation())).outcome == "created"


@requirement("threads:import:extends")
async def test_what_was_said_since_is_put_after_it(world: World) -> None:
    first = await world.client.threads.write_down(
        conversation(said("user", "a", 1), said("assistant", "b", 2))
    )
    more = conversation(said("user", "c", 3), digest="3:def", extends=first.id)
    told = await world.client.threads.write_down(more)
    assert (told.id, told.outcome) == (first.id, "extended")
    assert [m.text for m in await world.messages(first.id)] == ["a", "b", "c"]
    assert (told.thread.metadata or {})[COUNT] == "3"
    assert (await world.client.threads.write_down(more)).outcome == "present"


@requirement("threads:import:extends")
async def test_a_thread_that_was_continued_here_is_left_alone(world: World) -> None:
    first = await world.client.threads.write_down(conversation())
    await world.say(first.id, "said here")
    with pytest.raises(BadRequest) as caught:
        await world.client.threads.write_down(
            conversation(said("user", "c", 3), digest="3:def", extends=first.id)
        )
    assert caught.value.code == "thread_changed"
    other = await world.thread()
    with pytest.raises(BadRequest):
        await world.client.threads.write_down(
            conversation(said("user", "c", 3), digest="3:def", extends=other.id)
        )
    assert [m.text for m in await world.messages(first.id)] == ["Hi", "said here"]


@requirement("threads:import:atomic")
async def test_a_conversation_with_a_missing_file_leaves_nothing_behind(world: World) -> None:
    missing = {"role": "user", "content": [], "attachments": [{"file_id": "file-none"}]}
    with pytest.raises(NotFound):
        await world.client.threads.write_down(
            conversation(said("user", "a", 1), said("assistant", "b", 2), missing)
        )
    if world.is_ours:
        assert (await world.client.threads.list(ListThreads())).data == []
    assert (await world.client.threads.write_down(conversation())).outcome == "created"


@requirement("threads:import:atomic")
@pytest.mark.parametrize(
    "wrong", [{"messages": []}, {"origin": ""}, {"messages": [{"role": "system", "content": []}]}]
)
async def test_what_is_not_a_conversation_is_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises((BadRequest, ValueError)):
        await world.client.threads.write_down(conversation(**wrong))


@requirement("threads:import:order")
async def test_imported_threads_stand_below_those_made_here(world: World) -> None:
    here = await world.thread()
    made = [
        (await world.client.threads.write_down(conversation(said("user", "x", at), origin=f"o:{n}"))).id
        for n, at in enumerate((500, 900, 500, 700))
    ]
    query = ListThreads(order_by="last_active_at", limit=2)
    listed = [thread.id async for thread in every(world.client.threads.list, query)]
    assert listed == [here.id, made[1], made[3], made[2], made[0]]
    await world.say(made[0], "again")
    listed = [thread.id async for thread in every(world.client.threads.list, query)]
    assert listed[:2] == [made[0], here.id]


@requirement("threads:import:prompt")
async def test_a_model_is_told_what_was_said_and_not_what_tools_did(world: World) -> None:
    call = {"name": "web.run", "arguments": "{}", "output": "secret page"}
    told = await world.client.threads.write_down(
        conversation(
            said("user", "How long?", 1),
            said("assistant", "112 m.", 2, steps=[{"reasoning": "hm", "calls": [call]}]),
        )
    )
    await world.say(told.id, "And how wide?")
    assistant = await world.assistant()
    from aimltui.wire.runs import CreateRun

    await world.settled(
        await world.client.runs.create(CreateRun(thread_id=told.id, assistant_id=assistant.id))
    )
    (request,) = world.model.requests
    assert [(m["role"], m["content"]) for m in request.messages] == [
        ("user", "How long?"),
        ("assistant", "112 m."),
        ("user", "And how wide?"),
    ]


@requirement("threads:import:once")
@pytest.mark.parametrize("name", ["assistants-api", "chatgpt-one-file", "claude", "librechat-flat", "oterm"])
async def test_what_other_programs_saved_comes_in_over_every_way_to_the_engine(
    world: World, name: str
) -> None:
    expected = json.loads((SAMPLES / name / "expected.json").read_text("utf-8"))
    count = sum(1 + thread["other_branches"] for thread in expected["threads"])
    report = await Importer(world.client).run([SAMPLES / name])
    assert report.outcomes == {"created": count}
    assert [item.source_id for item in report.skipped] == [item["source_id"] for item in expected["skipped"]]
    assert (await Importer(world.client).run([SAMPLES / name])).outcomes == {"present": count}
