"""The list of threads on a server that has none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from aimltui.client.client import AssistantsClient, every
from aimltui.client.thread_index import IndexedTransport, ThreadIndex
from aimltui.wire import events
from aimltui.wire.base import Deleted, Params, Wire
from aimltui.wire.errors import NotFound
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import CreateMessage, Message
from aimltui.wire.operations import Operation
from aimltui.wire.runs import CreateThreadAndRun, Run
from aimltui.wire.threads import TRASHED_AT, CreateThread, ListThreads, ModifyThread, Thread


class Remote:
    """A server without a list of threads."""

    def __init__(self) -> None:
        self.threads: dict[str, Thread] = {}

    async def call(self, operation: Operation[Any, Any], params: Any) -> Wire:
        match operation.name:
            case "create_thread":
                return self._made(params.metadata)
            case "get_thread" | "modify_thread" | "delete_thread":
                thread = self.threads.get(params.thread_id)
                if thread is None:
                    raise NotFound("No thread found")
                if operation.name == "delete_thread":
                    del self.threads[thread.id]
                    return Deleted(id=thread.id, object="thread.deleted")
                if operation.name == "modify_thread":
                    thread = self.threads[thread.id] = thread.model_copy(update={"metadata": params.metadata})
                return thread
            case "create_message":
                return Message(id="msg_1", thread_id=params.thread_id)
            case "create_thread_and_run":
                return Run(id="run_1", thread_id=self._made(None).id, status="queued", created_at=1)
        raise AssertionError(operation.name)

    async def stream(
        self, operation: Operation[Any, Any], params: Params
    ) -> AsyncGenerator[StreamEvent, None]:
        thread = self._made(None)
        yield StreamEvent(events.THREAD_CREATED, thread)
        yield StreamEvent(events.RUN_CREATED, Run(id="run_1", thread_id=thread.id))
        yield StreamEvent("thread.run.completed", Run(id="run_1", thread_id=thread.id, status="completed"))

    async def aclose(self) -> None:
        pass

    def _made(self, metadata: dict[str, str] | None) -> Thread:
        thread = Thread(id=f"thread_{len(self.threads)}", created_at=1_700_000_000, metadata=metadata or {})
        self.threads[thread.id] = thread
        return thread


def index(directory: Path, now: float = 1_700_000_100) -> ThreadIndex:
    return ThreadIndex(directory / "deep" / "threads.json", clock=lambda: now)


def over(remote: Remote, directory: Path) -> AssistantsClient:
    return AssistantsClient(IndexedTransport(remote, index(directory)))  # type: ignore[arg-type]


async def listed(client: AssistantsClient, **params: Any) -> list[str]:
    return [thread.id async for thread in every(client.threads.list, ListThreads(**params))]


async def test_threads_made_here_are_listed_newest_first_also_after_a_restart(tmp_path: Path) -> None:
    remote = Remote()
    client = over(remote, tmp_path)
    for _ in range(5):
        await client.threads.create(CreateThread())
    expected = ["thread_4", "thread_3", "thread_2", "thread_1", "thread_0"]
    assert await listed(client, limit=2) == expected
    assert await listed(over(remote, tmp_path), limit=2) == expected
    assert await listed(client, limit=2, order="asc") == expected[::-1]
    page = await client.threads.list(ListThreads(before="thread_2"))
    assert [thread.id for thread in page.data] == ["thread_4", "thread_3"]


async def test_a_list_shows_title_preview_and_the_last_run(tmp_path: Path) -> None:
    client = over(Remote(), tmp_path)
    thread = await client.threads.create(CreateThread())
    await client.messages.create(CreateMessage(thread_id=thread.id, role="user", content="Hello\n  there"))
    await client.messages.create(CreateMessage(thread_id=thread.id, role="user", content="again"))
    await client.threads.modify(ModifyThread(thread_id=thread.id, metadata={"title": "Greetings"}))
    (found,) = (await client.threads.list(ListThreads())).data
    assert (found.preview, found.metadata, found.last_active_at) == (
        "Hello there",
        {"title": "Greetings"},
        1_700_000_100,
    )
    assert await listed(client, query="GREET hello") == [thread.id]
    assert await listed(client, query="goodbye") == []


@pytest.mark.parametrize("way", ["call", "stream"])
async def test_a_thread_made_with_its_run_is_listed(tmp_path: Path, way: str) -> None:
    client = over(Remote(), tmp_path)
    params = CreateThreadAndRun.model_validate(
        {"assistant_id": "asst_1", "thread": {"messages": [{"role": "user", "content": "Go"}]}}
    )
    if way == "call":
        await client.runs.create_with_thread(params)
    else:
        assert [event.event async for event in client.runs.stream_with_thread(params)]
    (found,) = (await client.threads.list(ListThreads())).data
    assert found.preview == "Go"
    assert found.latest_run is not None
    assert found.latest_run.status == ("queued" if way == "call" else "completed")


async def test_threads_that_are_gone_leave_the_list(tmp_path: Path) -> None:
    remote = Remote()
    client = over(remote, tmp_path)
    for _ in range(3):
        await client.threads.create(CreateThread())
    await client.threads.delete("thread_0")
    del remote.threads["thread_1"]
    with pytest.raises(NotFound):
        await client.threads.get("thread_1")
    assert await listed(client) == ["thread_2"]


async def test_two_windows_do_not_lose_each_others_threads(tmp_path: Path) -> None:
    remote = Remote()
    one, other = over(remote, tmp_path), over(remote, tmp_path)
    await one.threads.create(CreateThread())
    await listed(other)
    await one.threads.create(CreateThread())
    await other.threads.create(CreateThread())
    assert sorted(await listed(over(remote, tmp_path))) == ["thread_0", "thread_1", "thread_2"]


async def test_two_windows_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "threads.json"
    windows = [ThreadIndex(file), ThreadIndex(file)]
    threads = [Thread(id=f"thread_{number}", created_at=number) for number in range(60)]
    await asyncio.gather(*(windows[number % 2].put(thread) for number, thread in enumerate(threads)))
    page = await ThreadIndex(file).list(ListThreads(limit=100))
    assert {thread.id for thread in page.data} == {thread.id for thread in threads}


async def test_what_one_window_changes_the_other_sees_and_does_not_undo(tmp_path: Path) -> None:
    remote = Remote()
    one, other = over(remote, tmp_path), over(remote, tmp_path)
    await one.threads.create(CreateThread())
    await one.threads.create(CreateThread())
    await listed(other)
    await one.threads.modify(ModifyThread(thread_id="thread_0", metadata={"title": "Renamed"}))
    await one.threads.delete("thread_1")
    await other.messages.create(CreateMessage(thread_id="thread_0", role="user", content="Hello"))
    for client in (one, other):
        (thread,) = (await client.threads.list(ListThreads())).data
        assert (thread.metadata, thread.preview) == ({"title": "Renamed"}, "Hello")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"threads": [{"object": 5}]}', '{"threads": 5}'])
async def test_a_broken_file_is_begun_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "threads.json").write_text(content)
    client = over(Remote(), tmp_path)
    assert await listed(client) == []
    await client.threads.create(CreateThread())
    assert await listed(over(Remote(), tmp_path)) == ["thread_0"]


async def test_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    await over(Remote(), tmp_path).threads.create(CreateThread())
    file = tmp_path / "deep" / "threads.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert json.loads(file.read_text())["threads"][0]["id"] == "thread_0"


async def test_a_file_that_cannot_be_written_does_not_stop_the_conversation(tmp_path: Path) -> None:
    (tmp_path / "deep").write_text("not a directory")
    client = over(Remote(), tmp_path)
    assert (await client.threads.create(CreateThread())).id == "thread_0"
    assert await listed(client) == ["thread_0"]


async def test_threads_in_the_trash_are_in_no_list_but_their_own(tmp_path: Path) -> None:
    index = ThreadIndex(tmp_path / "threads.json")
    client = AssistantsClient(IndexedTransport(Remote(), index))
    corn, wheat = [await client.threads.create(CreateThread()) for _ in range(2)]
    await client.threads.modify(ModifyThread(thread_id=corn.id, metadata={TRASHED_AT: "5.0"}))
    assert [thread.id for thread in (await index.list(ListThreads())).data] == [wheat.id]
    assert [thread.id for thread in (await index.list(ListThreads(trashed=True))).data] == [corn.id]
