"""Files of a thread are fetched, saved and opened, and its code is run again, without a screen."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.tui.controllers.file_actions import FetchedFile, FetchError, FileActions
from aimltui.tui.controllers.workspace import Workspace
from aimltui.tui.startup import Connected, Ran, Startup
from aimltui.tui.state.entries import ToolCallEntry
from aimltui.tui.state.file_facts import Repeat
from aimltui.tui.storage.drafts import DraftStore
from aimltui.tui.storage.saving import FileIsThere
from tests.support.fake_transport import FakeTransport
from tests.support.pictures import plot

CALL = ToolCallEntry("call_1", "code_interpreter", input="print(1)")


def workspace(directory: Path, run_code: Any = None) -> Workspace:
    server = FakeTransport()
    server.files = {
        "file-t": ("t.csv", b"a,b\n"),
        "file-p": ("plot.png", plot(8, 6)),
        "file-x": ("x", b"\x00"),
    }
    connected = Connected(AssistantsClient(server), "test server", "demo", run_code=run_code)

    async def connect() -> Connected:
        return connected

    made = Workspace(connected, Startup(connect, DraftStore(directory)), lambda _: None, lambda *_: None)
    made.current.thread_id = "thread_1"
    return made


async def test_a_file_comes_with_its_name_and_bytes_and_a_picture_only_if_asked_for(tmp_path: Path) -> None:
    here = workspace(tmp_path)
    actions = FileActions(lambda: here)
    table = await actions.fetch("file-t", as_picture=True)
    assert table == FetchedFile("t.csv", b"a,b\n")
    assert table is not None
    assert table.text == "a,b\n"
    picture, plain = await actions.fetch("file-p", as_picture=True), await actions.fetch("file-p")
    assert picture is not None
    assert picture.picture is not None
    assert (picture.picture.width, picture.picture.height) == (8, 6)
    assert plain is not None
    assert plain.text is None, "a picture is not text"


async def test_a_file_that_the_server_does_not_give_is_an_error_for_the_user(tmp_path: Path) -> None:
    here = workspace(tmp_path)
    with pytest.raises(FetchError, match="could not be fetched"):
        await FileActions(lambda: here).fetch("file-gone")


async def test_without_a_connection_there_is_nothing_to_fetch() -> None:
    actions = FileActions(lambda: None)
    assert await actions.fetch("file-t") is None
    assert await actions.learn({"file-t": False}) == {}


async def test_saving_replaces_a_file_only_if_it_may(tmp_path: Path) -> None:
    place = tmp_path / "t.csv"
    await FileActions.save(place, b"1", may_replace=False)
    with pytest.raises(FileIsThere):
        await FileActions.save(place, b"2", may_replace=False)
    await FileActions.save(place, b"3", may_replace=True)
    assert place.read_bytes() == b"3"


async def test_code_is_run_again_in_the_open_thread_and_its_output_is_shown(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    async def run_code(thread_id: str, code: str) -> Ran:
        asked.append((thread_id, code))
        return Ran("1\n", True, 0.5)

    here, shown = workspace(tmp_path, run_code), list[Repeat]()
    await FileActions(lambda: here).run_again(CALL, shown.append)
    assert asked == [("thread_1", "print(1)")]
    assert shown == [Repeat(running=True), Repeat(text="1\n", ok=True, seconds=0.5)]


async def test_code_that_is_stopped_says_so(tmp_path: Path) -> None:
    started = asyncio.Event()

    async def run_code(_thread_id: str, _code: str) -> Ran:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    here, shown = workspace(tmp_path, run_code), list[Repeat]()
    task = asyncio.create_task(FileActions(lambda: here).run_again(CALL, shown.append))
    await asyncio.wait_for(started.wait(), 60)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert [(one.running, one.text, one.ok) for one in shown] == [
        (True, "", True),
        (False, "It was stopped.", False),
    ]


async def test_a_server_that_runs_no_code_runs_none_again(tmp_path: Path) -> None:
    here, shown = workspace(tmp_path), list[Repeat]()
    await FileActions(lambda: here).run_again(CALL, shown.append)
    assert shown == []
