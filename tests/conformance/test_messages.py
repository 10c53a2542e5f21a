"""Messages."""

from __future__ import annotations

from typing import Any

import pytest

from aimltui.client.client import every
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.messages import CreateMessage, ListMessages, ModifyMessage
from aimltui.wire.runs import CreateRun
from tests.conformance.world import World, at, requirement
from tests.support.fake_model import says


@requirement("messages:create")
async def test_a_message_of_the_user(world: World) -> None:
    thread = await world.thread()
    made = await world.client.messages.create(
        CreateMessage(thread_id=thread.id, role="user", content="Grüße 👋", metadata={"a": "b"})
    )
    assert made.to_json() == {
        "id": made.id,
        "object": "thread.message",
        "created_at": at(),
        "thread_id": thread.id,
        "status": "completed",
        "incomplete_details": None,
        "completed_at": at(),
        "incomplete_at": None,
        "role": "user",
        "content": [{"type": "text", "text": {"value": "Grüße 👋", "annotations": []}}],
        "assistant_id": None,
        "run_id": None,
        "attachments": [],
        "metadata": {"a": "b"},
    }
    assert await world.client.messages.get(thread.id, made.id) == made


@requirement("messages:parts")
async def test_a_message_may_have_parts(world: World) -> None:
    thread = await world.thread()
    content: list[Any] = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
    ]
    made = await world.client.messages.create(
        CreateMessage(thread_id=thread.id, role="user", content=content)
    )
    assert made.to_json()["content"] == [
        {"type": "text", "text": {"value": "look", "annotations": []}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
    ]


@requirement("messages:modify")
async def test_only_the_metadata_can_be_changed(world: World) -> None:
    thread = await world.thread()
    (message,) = await world.messages(thread.id)
    params = ModifyMessage(thread_id=thread.id, message_id=message.id, metadata={"x": "y"})
    changed = await world.client.messages.modify(params)
    assert changed == message.model_copy(update={"metadata": {"x": "y"}})


@requirement("messages:delete")
async def test_a_deleted_message_is_not_told_to_the_model_any_more(world: World) -> None:
    made = await world.assistant()
    thread = await world.thread("one", "two")
    told = await world.client.messages.delete(thread.id, (await world.messages(thread.id))[0].id)
    assert told.object == "thread.message.deleted"
    assert [m.text for m in await world.messages(thread.id)] == ["two"]
    run = await world.client.runs.create(CreateRun(thread_id=thread.id, assistant_id=made.id))
    await world.settled(run)
    assert [m["content"] for m in world.model.requests[0].messages if m["role"] == "user"] == ["two"]


@requirement("messages:unknown")
async def test_an_unknown_message_is_not_found(world: World) -> None:
    thread = await world.thread()
    for asked in (
        world.client.messages.get(thread.id, "msg_none"),
        world.client.messages.delete(thread.id, "msg_none"),
        world.client.messages.modify(ModifyMessage(thread_id=thread.id, message_id="msg_none")),
    ):
        with pytest.raises(NotFound, match="No message found with id 'msg_none'"):
            await asked


@requirement("messages:foreign")
async def test_a_message_of_another_thread_is_not_found(world: World) -> None:
    one, other = await world.thread(), await world.thread()
    (message,) = await world.messages(one.id)
    with pytest.raises(NotFound):
        await world.client.messages.get(other.id, message.id)


@requirement("messages:list", "traps:cursor-by-second")
async def test_a_burst_of_messages_is_paged_without_loss(world: World) -> None:
    thread = await world.thread("0")
    for number in range(1, 10):
        await world.say(thread.id, str(number))
    for order, expected in (("asc", "0123456789"), ("desc", "9876543210")):
        params = ListMessages(thread_id=thread.id, limit=3, order=order)
        seen = [m.text async for m in every(world.client.messages.list, params)]
        assert "".join(seen) == expected


@requirement("messages:list:run_id")
async def test_messages_can_be_listed_by_run(world: World) -> None:
    world.script(says("first"), says("second"))
    run = await world.run()
    await world.say(run.thread_id, "more")
    second = await world.settled(
        await world.client.runs.create(CreateRun(thread_id=run.thread_id, assistant_id=run.assistant_id))
    )
    assert [m.text for m in await world.messages(run.thread_id, run_id=second.id)] == ["second"]
    assert [m.text for m in await world.messages(run.thread_id)] == ["Hi", "first", "more", "second"]


@requirement("messages:role")
async def test_other_roles_are_refused(world: World) -> None:
    thread = await world.thread()
    with pytest.raises(BadRequest, match="Supported values are: 'user' and 'assistant'"):
        await world.say(thread.id, "x", role="system")


@requirement("messages:assistant")
async def test_a_message_in_the_assistants_name_has_no_assistant(world: World) -> None:
    thread = await world.thread()
    made = await world.say(thread.id, "I said so", role="assistant")
    assert (made.role, made.assistant_id, made.run_id) == ("assistant", None, None)
