"""A slow disk holds up neither the screen nor what was typed: files are read and written in a thread."""

from __future__ import annotations

import asyncio
import os
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimltui.tui.controllers.messages import TextReturned
from aimltui.tui.storage.drafts import DraftStore, OtherDraft
from aimltui.tui.storage.model_marks import Key, ModelMarks
from aimltui.wire.models import Model
from tests.support.fake_transport import FakeTransport
from tests.support.screen import Seat, seat

LONGEST_S = 10.0


class SlowDisk:
    """Holds up whoever reads or writes while it is closed, and notes who does so on the event loop."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.waiting: list[str] = []
        self.on_loop: list[str] = []

    def use(self, what: str) -> None:
        if threading.current_thread() is threading.main_thread():
            self.on_loop.append(what)
            return
        self.waiting.append(what)
        assert self.open.wait(LONGEST_S)


class SlowDrafts(DraftStore):
    def __init__(self, directory: Path, disk: SlowDisk) -> None:
        super().__init__(directory)
        self.disk = disk

    def open(self, thread_id: str) -> str:
        self.disk.use(f"load {thread_id}")
        return super().open(thread_id)

    def others(self, thread_id: str) -> list[OtherDraft]:
        self.disk.use(f"look for others of {thread_id}")
        return super().others(thread_id)

    def release(self, thread_id: str) -> str | None:
        self.disk.use(f"release {thread_id}")
        return super().release(thread_id)

    def end(self) -> str | None:
        self.disk.use("end")
        return super().end()

    def save(self, thread_id: str, text: str) -> str | None:
        self.disk.use(f"save {thread_id}")
        return super().save(thread_id, text)

    def last_thread(self) -> str | None:
        self.disk.use("last thread")
        return super().last_thread()

    def note_last_thread(self, thread_id: str | None) -> str | None:
        self.disk.use("note thread")
        return super().note_last_thread(thread_id)


class SlowMarks(ModelMarks):
    def __init__(self, file: Path, disk: SlowDisk) -> None:
        super().__init__(file)
        self.disk = disk

    def load(self) -> None:
        self.disk.use("load marks")
        super().load()

    def note_use(self, key: Key) -> str | None:
        self.disk.use("note use")
        return super().note_use(key)

    def set_favourite(self, key: Key, *, is_favourite: bool) -> str | None:
        self.disk.use("favourite")
        return super().set_favourite(key, is_favourite=is_favourite)


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


@pytest.fixture
def disk() -> Iterator[SlowDisk]:
    disk = SlowDisk()
    yield disk
    disk.open.set()


async def echoes(here: Seat, text: str) -> None:
    """What is typed is on the screen."""
    await here.pilot.press(*text)
    await here.until(lambda: text in here.shown(), f"the echo of {text}")


async def test_quitting_waits_for_the_drafts_and_the_last_one_wins(
    server: FakeTransport, tmp_path: Path, disk: SlowDisk
) -> None:
    corn = server.say("Corn")
    async with seat(server, tmp_path, thread_id=corn, drafts=SlowDrafts(tmp_path, disk)) as here:
        await here.until(lambda: f"load {corn}" in disk.waiting)
        disk.open.clear()
        await echoes(here, "first")
        await here.until(lambda: f"save {corn}" in disk.waiting, "the draft is being saved")
        await echoes(here, "second")
        end = asyncio.create_task(here.app.action_quit())
        await here.pilot.pause()
        assert not end.done()
        disk.open.set()
        await end
    store = DraftStore(tmp_path)
    assert (store.open(corn), store.last_thread()) == ("firstsecond", corn)
    assert disk.on_loop == []


async def test_quitting_before_there_is_a_connection_loses_nothing_either(
    server: FakeTransport, tmp_path: Path, disk: SlowDisk
) -> None:
    store = DraftStore(tmp_path)
    store.note_last_thread("thread_1")
    store.save("thread_1", "from before")
    store.end()
    never = asyncio.Event()
    changes = {"connect": never.wait, "drafts": SlowDrafts(tmp_path, disk)}
    async with seat(server, tmp_path, is_up=False, **changes) as here:
        await echoes(here, "early")
        await here.pilot.press("enter")
        await echoes(here, "typed")
        await here.pilot.press("ctrl+q")
    assert store.open("thread_1") == "from before\n\nearly\n\ntyped"
    assert disk.on_loop == []


async def test_text_given_back_to_another_thread_does_not_hold_up_the_screen(
    server: FakeTransport, tmp_path: Path, disk: SlowDisk
) -> None:
    corn, wheat = server.say("Corn"), server.say("Wheat")
    DraftStore(tmp_path).save(corn, "begun")
    async with seat(server, tmp_path, thread_id=corn, drafts=SlowDrafts(tmp_path, disk)) as here:
        await here.until(lambda: here.screen.prompt.draft == "begun")
        left = here.workspace.current
        here.screen.go_to(wheat)
        await here.until(lambda: f"load {wheat}" in disk.waiting and here.screen.prompt.is_empty)
        disk.open.clear()
        here.screen.post_message(TextReturned(left, "not sent"))
        await echoes(here, "still quick")
        disk.open.set()
    store = DraftStore(tmp_path)
    assert store.open(corn) == "not sent\n\nbegun"
    assert store.open(wheat) == "still quick"
    assert disk.on_loop == []


async def test_what_is_typed_while_a_draft_is_read_stays_behind_it(
    server: FakeTransport, tmp_path: Path, disk: SlowDisk
) -> None:
    corn, wheat = server.say("Corn"), server.say("Wheat")
    DraftStore(tmp_path).save(wheat, "about wheat")
    async with seat(server, tmp_path, thread_id=corn, drafts=SlowDrafts(tmp_path, disk)) as here:
        await here.until(lambda: f"load {corn}" in disk.waiting)
        await echoes(here, "about corn")
        disk.open.clear()
        here.screen.go_to(wheat)
        await here.until(lambda: here.workspace.current.thread_id == wheat and here.screen.prompt.is_empty)
        await echoes(here, "and more")
        disk.open.set()
        await here.until(lambda: here.screen.prompt.draft == "about wheat\nand more")
        disk.open.clear()
        here.screen.go_to(corn)
        await here.until(lambda: here.screen.prompt.is_empty)
        await echoes(here, "quick")
        here.screen.go_to(wheat)
        disk.open.set()
        await here.until(lambda: here.screen.prompt.draft == "about wheat\nand more")
    store = DraftStore(tmp_path)
    assert store.open(corn) == "about corn\n\nquick"
    assert store.open(wheat) == "about wheat\nand more"


async def test_a_theme_is_written_while_one_types_and_the_last_choice_holds(
    server: FakeTransport, tmp_path: Path
) -> None:
    # Who opens a pipe waits until somebody writes into it: the slowest of all disks.
    file = tmp_path / "config.toml"
    os.mkfifo(file)
    async with seat(server, tmp_path / "drafts", config_path=file) as here:
        here.screen.action_pick_theme()
        await here.pilot.pause()
        await here.pilot.press("up", "enter")
        first = here.app.theme_choice
        here.screen.action_pick_theme()
        await here.pilot.pause()
        await here.pilot.press("down", "down", "enter")
        last = here.app.theme_choice
        await echoes(here, "still quick")
        end = asyncio.create_task(here.app.action_quit())
        await here.pilot.pause()
        assert not end.done()
        await asyncio.wait_for(asyncio.to_thread(file.write_text, "# mine\n"), LONGEST_S)
        await end
    assert first != last
    text = file.read_text()
    assert tomllib.loads(text)["ui"]["theme"] == last
    assert text.startswith("# mine\n")


async def test_a_theme_that_cannot_be_written_is_said(server: FakeTransport, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[broken\n")
    async with seat(server, tmp_path / "drafts", config_path=file) as here:
        here.screen.action_pick_theme()
        await here.pilot.pause()
        await here.pilot.press("down", "enter")
        await here.until(lambda: any("line 1" in notice.message for notice in here.app._notifications))
        assert "holds until the program ends" in next(notice.message for notice in here.app._notifications)
    assert file.read_text() == "[broken\n"


async def test_models_are_marked_while_the_disk_is_slow(
    server: FakeTransport, tmp_path: Path, disk: SlowDisk
) -> None:
    server.models = [Model(id="gpt-4o", connection="test server"), Model(id="qwen", connection="test server")]
    file = tmp_path / "models.json"
    ModelMarks(file).note_use(("test server", "gpt-4o"))
    async with seat(server, tmp_path / "drafts", marks=SlowMarks(file, disk)) as here:
        await here.until(lambda: "load marks" in disk.waiting)
        disk.open.clear()
        here.screen.action_pick_model()
        await here.until(lambda: "qwen" in here.shown())
        assert "Recent" in here.shown()
        await here.pilot.press(*"qwen", "ctrl+f")
        await here.until(lambda: "★ qwen" in here.shown())
        await here.pilot.press("enter")
        await echoes(here, "still quick")
        disk.open.set()
    marks = ModelMarks(file)
    marks.load()
    assert marks.recent == (("test server", "qwen"), ("test server", "gpt-4o"))
    assert marks.favourites == (("test server", "qwen"),)
    assert disk.on_loop == []
