"""Threads, and the extension that lists them."""

from __future__ import annotations

import pytest

from aimltui.client.client import every
from aimltui.wire import events
from aimltui.wire.errors import NotFound
from aimltui.wire.threads import CreateThread, ListThreads, ModifyThread
from tests.conformance.world import World, among, at, first, requirement


@requirement("threads:create:empty")
async def test_a_thread_needs_nothing(world: World) -> None:
    made = await world.client.threads.create(CreateThread())
    assert made.to_json() == {
        "id": made.id,
        "object": "thread",
        "created_at": at(),
        "metadata": {},
        "tool_resources": {},
    }
    assert await world.client.threads.get(made.id) == made


@requirement("threads:create:messages")
async def test_a_thread_may_begin_with_messages_in_their_order(world: World) -> None:
    made = await world.client.threads.create(
        CreateThread.model_validate(
            {
                "messages": [
                    {"role": "user", "content": "one", "metadata": {"n": "1"}},
                    {"role": "assistant", "content": [{"type": "text", "text": "two"}]},
                ],
                "metadata": {"a": "b"},
            }
        )
    )
    messages = await world.messages(made.id)
    assert [(m.role, m.text) for m in messages] == [("user", "one"), ("assistant", "two")]
    assert messages[0].metadata == {"n": "1"}
    assert messages[1].assistant_id is messages[1].run_id is None
    assert made.metadata == {"a": "b"}


@requirement("threads:modify")
async def test_a_threads_metadata_is_merged(world: World) -> None:
    made = await world.thread(metadata={"a": "1"})
    changed = await world.client.threads.modify(ModifyThread(thread_id=made.id, metadata={"b": "2"}))
    assert changed.metadata == {"a": "1", "b": "2"}
    untouched = await world.client.threads.modify(ModifyThread(thread_id=made.id))
    assert untouched.metadata == {"a": "1", "b": "2"}


@requirement("threads:delete")
async def test_a_deleted_thread_is_gone_with_everything_in_it(world: World) -> None:
    run = await world.run()
    told = await world.client.threads.delete(run.thread_id)
    assert told.to_json() == {"id": run.thread_id, "object": "thread.deleted", "deleted": True}
    for asked in (
        world.client.threads.get(run.thread_id),
        world.messages(run.thread_id),
        world.client.runs.get(run.thread_id, run.id),
        world.say(run.thread_id, "x"),
    ):
        with pytest.raises(NotFound, match=f"No (thread|run) found with id '({run.thread_id}|{run.id})'"):
            await asked


@requirement("threads:unknown")
async def test_an_unknown_thread_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        await world.client.threads.get("thread_none")
    error = caught.value
    assert (error.message, error.type, error.code, error.param) == (
        "No thread found with id 'thread_none'.",
        "invalid_request_error",
        None,
        None,
    )


@requirement("threads:list")
async def test_threads_can_be_listed(world: World) -> None:
    made = [(await world.thread(f"about {n}")).id for n in range(5)]
    listed = world.client.threads.list
    assert await among(every(listed, ListThreads(limit=2)), made) == made[::-1]
    assert (await listed(ListThreads(limit=1))).data[0].preview == "about 4"
    assert await among(every(listed, ListThreads(query="about 3")), made[3:4]) == made[3:4]


@requirement("threads:changes")
async def test_somebody_who_listens_hears_of_changes(world: World) -> None:
    import asyncio

    async with asyncio.TaskGroup() as group:
        heard = group.create_task(first(world.client.changes(), events.CHANGED))
        while not heard.done():
            await world.thread()
            await asyncio.sleep(0.01)
    assert heard.result().event == events.CHANGED
