"""Deleting threads: the trash, undo after a restart, deleting for good."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aimltui.client.errors import Unsupported
from aimltui.tui.screens.dialogs.confirm import ConfirmScreen
from aimltui.tui.screens.dialogs.trash import TrashScreen
from aimltui.tui.storage.drafts import DraftStore
from tests.support.fake_transport import FakeTransport, refused
from tests.support.run_scenes import End, Hold, Say
from tests.support.screen import NoMistakes, Seat, seat


class SlowServer(FakeTransport):
    """Stores a message, and answers when the test allows it."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()

    async def call(self, operation: Any, params: Any) -> Any:
        answer = await super().call(operation, params)
        if operation.name == "create_message":
            await self.may_answer.wait()
        return answer


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


def notices(here: Seat) -> str:
    """What the notices at the edge of the screen say."""
    return "\n".join(notice.message for notice in here.app._notifications)


async def confirm(here: Seat) -> None:
    await here.until(lambda: isinstance(here.app.screen, ConfirmScreen))
    await here.alive()
    await here.pilot.press("enter")
    assert isinstance(here.app.screen, ConfirmScreen), "enter alone answers nothing"
    await here.pilot.press("down", "enter")


async def test_a_deleted_thread_is_restored_after_a_restart(server: FakeTransport, tmp_path: Path) -> None:
    corn = server.say("Corn")
    server.say("Wheat")
    async with seat(server, tmp_path, thread_id=corn) as here:
        here.screen.prompt.add_text("more")
        await here.pilot.press("ctrl+s", "ctrl+s", "c", "delete", "c", "ctrl+u", "delete")
        await here.until(lambda: here.texts() == ["Wheat", "About Wheat."])
        assert list(here.rows()) == ["Wheat"]
        await here.until(lambda: "Moved “Corn” to the trash" in notices(here))
    async with seat(server, tmp_path) as here:
        await here.until(lambda: "undo" in here.screen.command_state())
        assert list(here.rows()) == ["Wheat"]
        await here.pilot.press("ctrl+s", "ctrl+s", "ctrl+u")
        await here.until(lambda: here.texts() == ["Corn", "About Corn."])
        assert set(here.rows()) == {"Wheat", "Corn"}
        await here.until(lambda: here.screen.prompt.draft == "more")
        await here.pilot.press("ctrl+s", "ctrl+s", "ctrl+u")
        await here.until(lambda: "The trash is empty." in here.shown())


async def test_the_trash_restores_deletes_and_is_emptied(server: FakeTransport, tmp_path: Path) -> None:
    DraftStore(tmp_path).save(server.say("Rye"), "a draft")
    corn, wheat, oats = server.say("Corn"), server.say("Wheat"), server.say("Oats")
    async with seat(server, tmp_path, thread_id=oats) as here:
        for thread_id in ("thread_1", corn, wheat):
            server.now += 60
            await here.workspace.trash.put(thread_id)
        here.screen.prompt.add_text("/trash")
        await here.pilot.press("enter")
        await here.until(lambda: isinstance(here.app.screen, TrashScreen))
        assert "deleted today · 30 days left" in here.shown()
        await here.pilot.press(*"corx", "left", "delete")
        assert isinstance(here.app.screen, TrashScreen), "in a search, delete deletes letters"
        await here.pilot.press("enter")
        await here.until(lambda: here.workspace.current.thread_id == corn)
        await here.pilot.press("ctrl+p", *"trash", "enter")
        await here.until(lambda: isinstance(here.app.screen, TrashScreen))
        await here.pilot.press("delete")
        await confirm(here)
        await here.until(lambda: set(server.threads) == {"thread_1", corn, oats})
        await here.until(lambda: isinstance(here.app.screen, TrashScreen) and "Wheat" not in here.shown())
        await here.pilot.press("ctrl+t")
        await confirm(here)
        await here.until(lambda: "The trash is empty." in here.shown())
        assert set(server.threads) == {corn, oats}
        assert set(here.rows()) == {"Corn", "Oats"}
        await here.pilot.press("escape")
    assert DraftStore(tmp_path).open("thread_1") == ""


async def test_the_answer_in_a_deleted_thread_stops(server: FakeTransport, tmp_path: Path) -> None:
    server.scripts = [(Say(("Once ",), ""), Hold(), End())]
    async with seat(server, tmp_path) as here:
        await here.write("A story")
        await here.until(server.held.is_set)
        (story,) = server.threads
        await here.pilot.press("ctrl+s", "ctrl+s", "delete")
        await here.until(lambda: here.workspace.current.thread_id is None)
        await here.until(lambda: server.players[story][0].run.status == "cancelled")
        assert here.rows() == {}


async def test_where_there_is_no_trash_deleting_asks(server: FakeTransport, tmp_path: Path) -> None:
    corn, wheat, rye = server.say("Corn"), server.say("Wheat"), server.say("Rye")
    server.failures["modify_thread"] = [Unsupported("This server cannot change threads.")]
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.pilot.press("ctrl+s", "ctrl+s", "delete")
        await here.until(lambda: "It cannot be moved to the trash." in here.shown())
        await confirm(here)
        await here.until(lambda: corn not in server.threads)
        await here.until(lambda: here.workspace.current.thread_id in (wheat, rye))
    server.failures["delete_thread"] = [refused("Not now.", 500)]
    async with seat(server, tmp_path, thread_id=wheat, trash_days=0) as here:
        await here.pilot.press("ctrl+s", "ctrl+s", "delete")
        await confirm(here)
        await here.until(lambda: "The thread was not deleted. Not now." in notices(here))
        assert "Wheat" in here.rows()
        await here.pilot.press("ctrl+s", "ctrl+s", "delete")
        await confirm(here)
        await here.until(lambda: set(server.threads) == {rye})


async def test_a_message_in_a_thread_that_another_window_deleted_restores_it(
    server: FakeTransport, tmp_path: Path
) -> None:
    corn = server.say("Corn")
    async with seat(server, tmp_path, thread_id=corn) as here, seat(server, tmp_path / "other") as there:
        await here.until(lambda: here.texts() == ["Corn", "About Corn."])
        await there.workspace.trash.put(corn)
        server.tell_change(corn)
        await here.until(lambda: here.rows() == {})
        await here.write("More")
        await here.until(lambda: "Corn" in here.rows())
        assert server.threads[corn].trashed_at is None
        await here.idle()


async def test_a_message_on_its_way_does_not_restore_the_thread_that_is_deleted_here(tmp_path: Path) -> None:
    server = SlowServer()
    corn, wheat = server.say("Corn"), server.say("Wheat")
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.until(lambda: here.texts() == ["Corn", "About Corn."])
        conversation = here.workspace.current
        await here.write("More")
        await here.until(lambda: "More" in server.texts(corn))
        await here.pilot.press("ctrl+s", "ctrl+s", "delete")
        await here.until(lambda: here.workspace.current.thread_id == wheat)
        server.may_answer.set()
        await here.until(lambda: not conversation.is_sending)
        await here.idle()
        assert server.threads[corn].trashed_at is not None
        assert set(here.rows()) == {"Wheat"}
        assert not server.asked("create_run"), "nothing answers in a deleted thread"
    assert DraftStore(tmp_path).open(corn) == "More"
