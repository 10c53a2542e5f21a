"""What messages, threads and assistants may refer to, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from aimltui.wire import events
from aimltui.wire.assistants import CreateAssistant, ModifyAssistant
from aimltui.wire.errors import APIError, BadRequest, NotFound
from aimltui.wire.messages import CreateMessage, NewMessage
from aimltui.wire.runs import CreateRun, CreateThreadAndRun
from aimltui.wire.threads import CreateThread, ModifyThread, NewThread, Thread
from aimltui.wire.vector_stores import ListVectorStores
from tests.conformance.world import World, everything, requirement


def attached(*tools: str, **files: str) -> list[dict[str, Any]]:
    return [{"file_id": id_, "tools": [{"type": tool} for tool in tools]} for id_ in files.values()]


async def said(world: World, thread_id: str, **given: Any) -> Any:
    message = {"thread_id": thread_id, "role": "user", "content": "Look"}
    return await world.client.messages.create(CreateMessage.model_validate(message | given))


def search_stores(thread: Thread) -> list[str]:
    assert thread.tool_resources is not None
    assert thread.tool_resources.file_search is not None
    return thread.tool_resources.file_search.vector_store_ids


@requirement("attachments:code_interpreter")
async def test_attachments_for_the_code_interpreter_become_the_threads(world: World) -> None:
    thread = await world.client.threads.create(CreateThread())
    one, two = await world.file(), await world.file()
    for files in ({"a": one.id}, {"a": one.id, "b": two.id}):
        message = await said(world, thread.id, attachments=attached("code_interpreter", **files))
        assert [item.file_id for item in message.attachments] == list(files.values())
    thread = await world.client.threads.get(thread.id)
    assert thread.to_json()["tool_resources"] == {"code_interpreter": {"file_ids": [one.id, two.id]}}


@requirement("attachments:limit")
async def test_a_thread_takes_twenty_files_for_the_code_interpreter(world: World) -> None:
    thread = await world.client.threads.create(CreateThread())
    files = {str(n): (await world.file()).id for n in range(21)}
    first = dict(list(files.items())[:20])
    await said(world, thread.id, attachments=attached("code_interpreter", **first))
    with pytest.raises(BadRequest, match="at most 20"):
        await said(world, thread.id, attachments=attached("code_interpreter", last=files["20"]))
    assert len(await world.messages(thread.id)) == 1


@requirement("attachments:file_search")
async def test_attachments_for_file_search_go_into_a_store_of_the_threads_own(world: World) -> None:
    one, two = await world.file("one"), await world.file("two")
    thread = await world.client.threads.create(
        CreateThread.model_validate(
            {"messages": [{"role": "user", "content": "x", "attachments": attached("file_search", a=one.id)}]}
        )
    )
    stores = search_stores(thread)
    await said(world, thread.id, attachments=attached("file_search", "code_interpreter", a=one.id, b=two.id))
    thread = await world.client.threads.get(thread.id)
    assert search_stores(thread) == stores
    assert thread.tool_resources is not None
    assert thread.tool_resources.code_interpreter is not None
    store = await world.indexed(stores[0])
    assert store.file_counts.completed == 2
    assert store.expires_after is None
    await world.client.vector_stores.delete(stores[0])
    await said(world, thread.id, attachments=attached("file_search", b=two.id))
    assert search_stores(await world.client.threads.get(thread.id)) != stores


@requirement("attachments:unknown")
async def test_a_file_that_is_not_there_cannot_be_attached_or_shown(world: World) -> None:
    thread = await world.client.threads.create(CreateThread())
    picture = {"type": "image_file", "image_file": {"file_id": "file-none"}}
    for given in ({"attachments": attached("file_search", x="file-none")}, {"content": [picture]}):
        with pytest.raises(NotFound, match="No such File object: file-none"):
            await said(world, thread.id, **given)
    with pytest.raises(BadRequest, match="Invalid value: 'function'"):
        await said(world, thread.id, attachments=attached("function", x=(await world.file()).id))
    with pytest.raises(BadRequest, match=r"Missing required parameter: 'attachments\[0\].file_id'"):
        await said(world, thread.id, attachments=[{"tools": []}])
    assert await world.messages(thread.id) == []


@requirement("messages:image_file")
async def test_a_picture_that_was_uploaded_can_be_shown(world: World) -> None:
    thread = await world.client.threads.create(CreateThread())
    picture = await world.file(b"\x89PNG", "p.png", purpose="vision")
    part = {"type": "image_file", "image_file": {"file_id": picture.id, "detail": "low"}}
    message = await said(world, thread.id, content=[part, {"type": "text", "text": "What is it?"}])
    assert message.to_json()["content"][0] == part


@requirement("resources:vector_stores")
async def test_a_store_that_is_described_is_made(world: World) -> None:
    file = await world.file()
    described = {"file_search": {"vector_stores": [{"file_ids": [file.id], "metadata": {"a": "b"}}]}}
    assistant = await world.client.assistants.create(
        CreateAssistant.model_validate({"model": "fake", "tool_resources": described})
    )
    thread = await world.client.threads.create(CreateThread.model_validate({"tool_resources": described}))
    for made in (assistant, thread):
        body = made.to_json()["tool_resources"]
        assert list(body["file_search"]) == ["vector_store_ids"]
        store = await world.indexed(body["file_search"]["vector_store_ids"][0])
        assert (store.metadata, store.file_counts.completed) == ({"a": "b"}, 1)
    with pytest.raises(BadRequest, match=r"Unknown parameter: 'tool_resources.file_search.vector_stores'"):
        await world.client.threads.modify(
            ModifyThread.model_validate({"thread_id": thread.id, "tool_resources": described})
        )


@requirement("resources:unknown")
@pytest.mark.parametrize(
    ("resources", "match"),
    [
        ({"file_search": {"vector_store_ids": ["vs_none"]}}, "No vector store found with id 'vs_none'."),
        ({"code_interpreter": {"file_ids": ["file-none"]}}, "No such File object: file-none"),
        ({"file_search": {"vector_stores": [{"file_ids": ["file-none"]}]}}, "No such File object: file-none"),
        ({"file_search": {"vector_store_ids": ["vs_1", "vs_2"]}}, "maximum length 1"),
        ({"file_search": {"vector_stores": [{}, {}]}}, "maximum length 1"),
        ({"file_search": {"vector_store_ids": ["vs_1"], "vector_stores": [{}]}}, "mutually exclusive"),
        ({"code_interpreter": {"file_ids": [f"file-{n}" for n in range(21)]}}, "maximum length 20"),
    ],
)
async def test_resources_that_are_not_there_are_refused(world: World, resources: Any, match: str) -> None:
    made = await world.assistant()
    given = {"tool_resources": resources}
    before = (await world.client.vector_stores.list(ListVectorStores(limit=1))).first_id
    for asked in (
        world.client.assistants.create(CreateAssistant.model_validate({"model": "fake"} | given)),
        world.client.threads.create(CreateThread.model_validate(given)),
        world.client.runs.create_with_thread(
            CreateThreadAndRun.model_validate({"assistant_id": made.id, "thread": given})
        ),
    ):
        with pytest.raises(APIError, match=match):
            await asked
    assert (await world.client.vector_stores.list(ListVectorStores(limit=1))).first_id == before


@requirement("resources:modify")
async def test_an_assistant_gets_other_resources(world: World) -> None:
    assistant, store = await world.assistant(), await world.store()
    modify = world.client.assistants.modify
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    changed = await modify(
        ModifyAssistant.model_validate({"assistant_id": assistant.id, "tool_resources": resources})
    )
    assert changed.to_json()["tool_resources"] == resources
    renamed = await modify(ModifyAssistant(assistant_id=assistant.id, name="N"))
    assert renamed.to_json()["tool_resources"] == resources
    with pytest.raises(NotFound, match="No vector store found"):
        await modify(
            ModifyAssistant.model_validate(
                {
                    "assistant_id": assistant.id,
                    "tool_resources": {"file_search": {"vector_store_ids": ["vs_no"]}},
                }
            )
        )


@requirement("resources:runs")
async def test_what_is_attached_along_with_a_run_is_the_threads_too(world: World) -> None:
    made, file = await world.assistant(), await world.file()
    message = NewMessage.model_validate(
        {"role": "user", "content": "x", "attachments": attached("code_interpreter", a=file.id)}
    )
    told = await everything(
        world.client.runs.stream_with_thread(
            CreateThreadAndRun(assistant_id=made.id, thread=NewThread(messages=[message]))
        )
    )
    thread = told[0].data
    assert told[0].event == events.THREAD_CREATED
    assert isinstance(thread, Thread)
    assert thread.to_json()["tool_resources"] == {"code_interpreter": {"file_ids": [file.id]}}
    other = await world.thread("hi")
    await world.settled(
        await world.client.runs.create(
            CreateRun(thread_id=other.id, assistant_id=made.id, additional_messages=[message])
        )
    )
    other = await world.client.threads.get(other.id)
    assert other.to_json()["tool_resources"] == thread.to_json()["tool_resources"]


@requirement("resources:file_search")
async def test_a_run_that_wants_to_search_files_fails_with_a_reason(world: World) -> None:
    store = await world.store(await world.file())
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    run = await world.run(assistant={"tools": [{"type": "file_search"}], "tool_resources": resources})
    assert run.status == "failed"
    assert run.last_error is not None
    assert "file_search" in run.last_error.message
