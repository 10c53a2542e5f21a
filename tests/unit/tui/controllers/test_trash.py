"""The trash: what goes in, comes out, and is deleted after its time."""

from __future__ import annotations

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import Unreachable
from aimltui.tui.controllers.thread_directory import ThreadDirectory
from aimltui.tui.controllers.trash import DAY_S, Trash
from aimltui.wire.threads import FAMILY, TRASHED_AT
from tests.support.fake_transport import FakeTransport


class Window:
    """A list of threads and a trash over a server."""

    def __init__(self, server: FakeTransport, days: int = 30) -> None:
        self.server = server
        client = AssistantsClient(server)
        self.directory = ThreadDirectory(client, lambda: None)
        self.trash = Trash(client, self.directory, days, lambda: float(server.now))

    def listed(self) -> list[str]:
        return [row.title for row in self.directory.state.rows(self.server.now)]


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


async def test_what_is_deleted_leaves_the_list_and_is_undone_by_another_window_latest_first(
    server: FakeTransport,
) -> None:
    corn, wheat = server.say("Corn"), server.say("Wheat")
    window = Window(server)
    await window.directory.read_newest()
    await window.trash.put(wheat)
    server.now += 1
    await window.trash.put(corn)
    assert window.listed() == []
    assert [thread.id for thread in window.trash.threads] == [corn, wheat]
    other = Window(server)
    await other.directory.read_newest()
    assert other.listed() == []
    assert not await other.directory.has(corn)
    assert await other.trash.undo() == corn
    assert other.listed() == ["Corn"]
    assert await other.trash.undo() == wheat
    assert await other.trash.undo() is None
    assert set(other.listed()) == {"Corn", "Wheat"}
    assert set(server.threads) == {corn, wheat}


async def test_a_thread_that_cannot_be_moved_comes_back(server: FakeTransport) -> None:
    corn = server.say("Corn")
    window = Window(server)
    await window.directory.read_newest()
    server.failures["modify_thread"] = [Unreachable("No connection.")]
    with pytest.raises(Unreachable):
        await window.trash.put(corn)
    assert window.listed() == ["Corn"]
    assert window.trash.threads == []


async def test_only_what_is_old_enough_is_deleted(server: FakeTransport) -> None:
    old, used, fresh, odd, kept = [server.say(text) for text in ("Old", "Used", "Fresh", "Odd", "Kept")]
    window = Window(server)
    await window.trash.put(old)
    await window.trash.put(used)
    server.threads[odd] = server.threads[odd].model_copy(update={"metadata": {TRASHED_AT: "yesterday"}})
    server.now += 20 * DAY_S
    server.say("Another program goes on", used)
    await window.trash.put(fresh)
    server.now += 11 * DAY_S
    assert await window.trash.purge() == [old]
    assert set(server.threads) == {used, fresh, odd, kept}
    assert {thread.id for thread in window.trash.threads} == {used, fresh, odd}
    assert await Window(server, days=10).trash.purge() == [fresh, used]


async def test_branches_are_deleted_when_all_of_them_have_been_in_the_trash_long_enough(
    server: FakeTransport,
) -> None:
    first, second, third = [server.say(text) for text in ("First", "Second", "Third")]
    for thread_id, since in ((first, 0), (second, 20)):
        marks = {FAMILY: first, TRASHED_AT: str(server.now + since * DAY_S)}
        server.threads[thread_id] = server.threads[thread_id].model_copy(update={"metadata": marks})
    server.threads[third] = server.threads[third].model_copy(update={"metadata": {FAMILY: first}})
    server.now += 25 * DAY_S
    window = Window(server, days=20)
    await window.directory.read_newest()
    assert await window.trash.purge() == []
    server.now += 20 * DAY_S
    assert set(await window.trash.purge()) == {first, second}
    assert set(server.threads) == {third}


async def test_a_purge_that_fails_is_tried_again(server: FakeTransport) -> None:
    corn = server.say("Corn")
    window = Window(server, days=1)
    await window.trash.put(corn)
    server.now += 2 * DAY_S
    server.failures["delete_thread"] = [Unreachable("No connection.")]
    assert await window.trash.purge() == []
    assert await window.trash.purge() == [corn]
