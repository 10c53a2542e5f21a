"""Temporary threads on the screen, over real engines: marked, never on the disk, asked about before they are lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimltui.bootstrap.temporary import TemporaryThreads
from aimltui.client.client import AssistantsClient
from aimltui.engine.engine import Engine
from aimltui.tui.controllers.messages import TextReturned
from aimltui.tui.screens.main import quitting
from aimltui.tui.startup import Connected
from aimltui.tui.state.dead_time import KeyTimes
from tests.support.builders import options
from tests.support.fake_model import FakeModel, FakeModels, says
from tests.support.fake_transport import FakeTransport
from tests.support.screen import NoMistakes, seat


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


def found_in(directory: Path) -> list[str]:
    """The files with words of the temporary thread."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert any(path.name == "aimltui.db" for path in files)
    words = (b"heronsong", b"kingfisher", b"waxwing", b"thread_temporary")
    texts = [path.name.encode() + path.read_bytes() for path in files]
    return [path.name for path, text in zip(files, texts, strict=True) if any(word in text for word in words)]


def drafts_in(directory: Path) -> list[str]:
    return [path.read_text() for path in directory.rglob("*.draft")]


async def test_a_temporary_thread_leaves_nothing_behind_unless_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = FakeModels(FakeModel(says("kingfisher"), says("kingfisher"), says("Ordinary.")))

    async def connect() -> Connected:
        made = options(tmp_path / "data")
        engine = await Engine.open(made, models)
        client = AssistantsClient(TemporaryThreads(engine, made, models))
        return Connected(client, "test", "fake", has_temporary=True)

    times = KeyTimes(stand_s=0, quiet_s=0, hold_s=0)
    async with seat(FakeTransport(), tmp_path, connect=connect, clock=None, key_times=times) as here:
        await here.write("/temporary")
        await here.until(lambda: "Temporary · new thread" in here.shown())
        await here.write("heronsong")
        await here.until(lambda: "kingfisher" in here.texts())
        await here.idle()
        assert "Temporary, not saved" in here.shown()
        assert "Temporary · heronsong" in here.shown()
        await here.pilot.press(*"waxwing")
        await here.pilot.press("ctrl+n")
        await here.until(lambda: "Assistant ▸ New thread" in here.shown())
        here.screen.go_to(here.workspace.threads.temporary[0])
        await here.until(lambda: here.screen.prompt.text == "waxwing")
        here.screen.drafts.save_now()
        await here.screen.file_worker.read(lambda: None)
        assert found_in(tmp_path) == []
        # quitting asks first
        await here.pilot.press(*["backspace"] * 7)
        await here.pilot.press("ctrl+q")
        await here.until(lambda: "The temporary thread “heronsong” is not saved." in here.shown())
        assert found_in(tmp_path) == []
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is here.screen)
        # also after answers that would not stop in time
        monkeypatch.setattr(quitting, "_STOP_S", 0.0)
        here.screen._stop_and_quit()
        await here.until(lambda: "The temporary thread “heronsong” is not saved." in here.shown())
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is here.screen)
        await here.pilot.press(*"waxwing")
        await here.screen.run_action("keep_thread")
        # what is sent before the thread is saved is not deleted with it
        here.screen.send("late")
        await here.until(lambda: "Temporary" not in here.shown())
        await here.until(lambda: here.texts() == ["heronsong", "kingfisher"])
        await here.until(lambda: here.screen.prompt.text == "late\n\nwaxwing")
        assert here.workspace.threads.temporary == []


async def test_the_draft_of_a_temporary_thread_is_saved_if_the_thread_is_and_only_then(
    tmp_path: Path,
) -> None:
    models = FakeModels(FakeModel(says("kingfisher")))

    async def connect() -> Connected:
        made = options(tmp_path / "data")
        engine = await Engine.open(made, models)
        client = AssistantsClient(TemporaryThreads(engine, made, models))
        return Connected(client, "test", "fake", has_temporary=True)

    times = KeyTimes(stand_s=0, quiet_s=0, hold_s=0)
    async with seat(FakeTransport(), tmp_path, connect=connect, clock=None, key_times=times) as here:
        await here.write("/temporary")
        await here.until(lambda: "Temporary · new thread" in here.shown())
        # a message that could not be sent comes back while another thread is open
        left = here.workspace.current
        await here.pilot.press("ctrl+n")
        await here.until(lambda: not here.workspace.current.is_temporary)
        here.screen.post_message(TextReturned(left, "heronsong"))
        await here.pilot.pause()
        await here.screen.file_worker.read(lambda: None)
        assert found_in(tmp_path) == []
        await here.write("/temporary")
        await here.until(lambda: here.screen.prompt.text == "heronsong")
        await here.pilot.press("enter")
        await here.until(lambda: "kingfisher" in here.texts())
        await here.idle()
        await here.pilot.press(*"waxwing", "ctrl+q")
        await here.until(lambda: "Keep and quit" in here.shown())
        await here.pilot.press("down", "enter")
        await here.until(lambda: here.app._exit, "the end")
    assert drafts_in(tmp_path) == ["waxwing"]


@pytest.mark.parametrize("has_temporary", [True, False])
async def test_a_temporary_thread_that_is_asked_for_at_the_start_gets_the_message(
    tmp_path: Path, has_temporary: bool
) -> None:
    may_connect = asyncio.Event()
    server = FakeTransport()

    async def connect() -> Connected:
        await may_connect.wait()
        return Connected(AssistantsClient(server), "test", "fake", has_temporary=has_temporary)

    async with seat(server, tmp_path, connect=connect, is_up=False) as here:
        for text in ("/temporary", "heronsong"):
            here.screen.prompt.load_draft(text)
            await here.pilot.press("enter")
        here.screen.prompt.load_draft("waxwing")
        await here.until(lambda: len(here.screen.start_queue.items) == 2)
        may_connect.set()
        await here.until(lambda: here.screen.workspace is not None)
        if has_temporary:
            await here.until(lambda: here.texts()[:1] == ["heronsong"])
            assert here.workspace.current.is_temporary
            assert here.screen.prompt.draft == "waxwing"
        else:
            await here.until(lambda: here.screen.prompt.draft == "heronsong\n\nwaxwing")
            assert here.texts() == []


async def test_a_command_that_cannot_be_used_before_the_start_has_ended_stays_in_the_prompt(
    tmp_path: Path,
) -> None:
    async with seat(FakeTransport(), tmp_path, connect=asyncio.Event().wait, is_up=False) as here:  # type: ignore[arg-type]
        here.screen.prompt.load_draft("/connect")
        await here.pilot.press("enter")
        await here.until(lambda: "Still starting. Press enter again in a moment." in here.shown())
        assert here.screen.prompt.draft == "/connect"
