"""Keeping up with what others do, on servers that tell of it, servers that do not, and servers that were gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import Unreachable, Unsupported
from aimltui.tui.controllers.change_watcher import LOOK_S
from aimltui.tui.controllers.run_follower import RunFollower
from aimltui.tui.controllers.workspace import Workspace
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.state.entries import ErrorEntry, GuideEntry
from aimltui.tui.storage.drafts import DraftStore
from tests.support.builders import until
from tests.support.fake_transport import FakeTransport

GONE = Unreachable("server:1 does not answer.", "Try again later.")


class Alarm:
    """Sleeps until a test says that it is time."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._rung = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self._rung.acquire()

    async def ring(self) -> None:
        """Let one sleeper go, and wait until it sleeps again."""
        before = len(self.asked)
        self._rung.release()
        await until(lambda: len(self.asked) > before)


@asynccontextmanager
async def watched(
    directory: Path, server: FakeTransport, *notes: str
) -> AsyncIterator[tuple[Workspace, Alarm]]:
    """A workspace that watches its server."""
    connected = Connected(AssistantsClient(server), "test server", "demo", notes=notes)

    async def connect() -> Connected:
        return connected

    alarm = Alarm()
    async with asyncio.TaskGroup() as group:
        tasks: list[asyncio.Task[None]] = []

        def spawn(work: Coroutine[Any, Any, None], name: str) -> None:
            tasks.append(group.create_task(work, name=name))

        workspace = Workspace(connected, Startup(connect, DraftStore(directory)), lambda message: None, spawn)
        await workspace.prepare()
        spawn(workspace.watch(alarm.sleep), "watch")
        yield workspace, alarm
        await workspace.close()
        for task in tasks:
            task.cancel()


def texts(workspace: Workspace) -> list[str]:
    return [entry.text for entry in workspace.current.view.entries if hasattr(entry, "role")]


def cards(workspace: Workspace) -> list[str]:
    return [entry.title for entry in workspace.current.view.entries if isinstance(entry, ErrorEntry)]


async def test_a_server_that_tells_nothing_is_looked_at_every_ten_seconds(tmp_path: Path) -> None:
    server = FakeTransport()
    server.failures["changes"] = [Unsupported("This server has no /changes.")]
    thread_id = server.say("old")
    async with watched(tmp_path, server) as (workspace, alarm):
        await workspace.open(thread_id)
        await until(lambda: alarm.asked == [LOOK_S])
        server.say("new", thread_id)
        other = server.say("another thread")
        assert "new" not in texts(workspace)
        await alarm.ring()
        assert "new" in texts(workspace)
        assert other in workspace.threads
        before = len(server.asked("get_thread"))
        await alarm.ring()
        assert len(server.asked("get_thread")) == before, "nothing new: the thread is not read again"
        assert set(alarm.asked) == {10.0}


async def test_a_look_that_fails_is_not_the_last_one(tmp_path: Path) -> None:
    server = FakeTransport()
    server.failures["changes"] = [Unsupported("This server has no /changes.")]
    thread_id = server.say("old")
    async with watched(tmp_path, server) as (workspace, alarm):
        await workspace.open(thread_id)
        await until(lambda: alarm.asked)
        server.say("new", thread_id)
        server.failures["list_threads"] = [GONE]
        await alarm.ring()
        assert "new" not in texts(workspace)
        await alarm.ring()
        assert "new" in texts(workspace)


async def test_the_card_of_a_lost_connection_goes_when_the_server_is_back(tmp_path: Path) -> None:
    server = FakeTransport()
    thread_id = server.say("old")
    async with watched(tmp_path, server) as (workspace, _alarm):
        await workspace.open(thread_id)
        await until(lambda: server.asked("changes"))
        player = server.begin_elsewhere(thread_id, "Go on")
        server.failures |= {"run_events": [GONE], "list_messages": [GONE] * 5}

        async def at_once(seconds: float) -> None:
            await asyncio.sleep(0)

        await RunFollower(workspace.client, workspace.current, workspace.host, sleep=at_once).attach(
            player.run
        )
        assert cards(workspace) == ["The connection was lost"]
        server.end_elsewhere(player)
        server.tell_change(thread_id)
        await until(lambda: not cards(workspace))
        assert "From elsewhere" in texts(workspace)[-1]


async def test_what_a_server_lacks_stands_in_every_new_thread(tmp_path: Path) -> None:
    server = FakeTransport()
    async with watched(tmp_path, server, "It cannot list threads.") as (workspace, _):
        for _ in range(2):
            (guide,) = workspace.new().view.entries
            assert isinstance(guide, GuideEntry)
            assert "- It cannot list threads." in guide.text
