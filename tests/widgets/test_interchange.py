"""Conversations in and out on the screen, over the real engine."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aimltui.bootstrap.interchange import InterchangeService
from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.engine import Engine
from aimltui.engine.models.registry import ModelRegistry
from aimltui.engine.options import EngineOptions
from aimltui.tui.commands.derived import slash_action, slash_command
from aimltui.tui.screens.dialogs.importing import typed_paths
from aimltui.tui.startup import Connected
from tests.support.fake_transport import FakeTransport
from tests.support.screen import NoMistakes, Seat, seat

SAMPLES = Path(__file__).parents[1] / "unit" / "interchange" / "samples"


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


@asynccontextmanager
async def window(data: Path, **changes: Any) -> AsyncGenerator[Seat, None]:
    async def connect() -> Connected:
        engine = await Engine.open(EngineOptions(data_dir=data), ModelRegistry(endpoint=None))
        client = AssistantsClient(EmbeddedTransport(engine))
        return Connected(client, "offline", "demo", interchange=InterchangeService(client))

    async with seat(FakeTransport(), data / "drafts", connect=connect, clock=None, **changes) as here:
        yield here


async def test_what_will_come_is_said_before_anything_is_written(tmp_path: Path) -> None:
    async with window(tmp_path) as here:
        await here.write(f"/import {SAMPLES / 'claude'}")
        await here.until(lambda: "Enter imports this" in here.shown())
        assert "Claude: 2 conversations, 6 messages" in here.shown()
        assert "“Nothing” (c-leek-3): no messages" in here.shown()
        assert here.rows() == {}
        await here.pilot.press("enter")
        await here.until(lambda: "3 threads imported." in here.shown())
        await here.pilot.press("enter")
        await here.until(lambda: here.app.screen is here.screen)
        await here.until(lambda: "leek soup for six" in here.rows(), "the thread in the list")
        assert here.screen.prompt.draft == ""


async def test_an_imported_thread_shows_thoughts_calls_and_pictures(tmp_path: Path) -> None:
    async with window(tmp_path) as here:
        await here.write(f"/import {SAMPLES / 'chatgpt-one-file'}")
        await here.until(lambda: "Enter imports this" in here.shown())
        await here.pilot.press("enter")
        await here.until(lambda: "imported." in here.shown())
        await here.pilot.press("enter")
        await here.until(lambda: "Harbour bridge" in here.rows())
        here.screen.go_to(here.rows()["Harbour bridge"].id)
        await here.until(lambda: len(here.texts()) == 4)
        assert here.kinds() == [
            "MessageEntry", "ReasoningEntry", "StepEntry", "MessageEntry", "RunEntry", "MessageEntry", "MessageEntry", "RunEntry",
        ]  # fmt: skip
        await here.until(lambda: "crack.png" in here.shown(), "the picture's name")


async def test_a_path_can_be_typed_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    async with window(tmp_path) as here:
        await here.write("/import")
        await here.until(lambda: "First you see what is in it" in here.shown())
        await here.pilot.press("enter")
        await here.until(lambda: "A path is missing." in here.shown())
        await here.pilot.press(*"/nowhere", "enter")
        await here.until(lambda: "There is no file or folder /nowhere." in here.shown())
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is here.screen)


async def test_a_file_without_conversations_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Buy leeks.")
    async with window(tmp_path / "data") as here:
        await here.write(f"/import {tmp_path / 'notes.txt'}")
        await here.until(lambda: "no conversation in a known format" in here.shown())
        await here.pilot.press("escape")


async def test_escape_stops_and_what_has_come_is_whole(tmp_path: Path) -> None:
    said = [{"uuid": "q", "sender": "human", "text": "a"}, {"uuid": "r", "sender": "assistant", "text": "b"}]
    rows = [{"uuid": f"c{n}", "name": f"Talk {n}", "chat_messages": said} for n in range(3000)]
    (tmp_path / "many.json").write_text(json.dumps(rows))
    async with window(tmp_path / "data") as here:
        await here.write(f"/import {tmp_path / 'many.json'}")
        await here.until(lambda: "Enter imports this" in here.shown())
        await here.pilot.press("enter")
        await here.until(lambda: "threads so far" in here.shown())
        await here.pilot.press("escape")
        await here.until(lambda: "What was imported is complete" in here.shown())
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is here.screen)
        await here.until(lambda: here.rows(), "some threads")
        assert 0 < len(here.rows()) < 3000


async def test_a_title_of_a_stranger_drives_no_terminal(tmp_path: Path) -> None:
    bad = "\x1b]0;owned\x07[bold red]x[/]"
    said = [{"uuid": "q", "sender": "human", "text": "a"}]
    rows = [
        {"uuid": bad, "name": bad, "chat_messages": []},
        {"uuid": "c", "name": bad, "chat_messages": said},
    ]
    (tmp_path / "bad.json").write_text(json.dumps(rows))
    async with window(tmp_path / "data") as here:
        await here.write(f"/import {tmp_path / 'bad.json'}")
        await here.until(lambda: "Enter imports this" in here.shown())
        assert "[bold red]x[/]" in here.shown()
        assert "\x1b" not in here.shown()
        await here.pilot.press("escape")


@pytest.mark.parametrize("suffix", [".md", ".html", ".json", ".jsonl"])
async def test_the_open_thread_is_exported_and_the_ending_says_how(suffix: str, tmp_path: Path) -> None:
    async with window(tmp_path / "data") as here:
        await here.write(f"/import {SAMPLES / 'oterm'}")
        await here.until(lambda: "Enter imports this" in here.shown())
        await here.pilot.press("enter")
        await here.until(lambda: "imported." in here.shown())
        await here.pilot.press("enter")
        await here.until(lambda: "The Rhine" in here.rows())
        here.screen.go_to(here.rows()["The Rhine"].id)
        await here.until(lambda: len(here.texts()) == 4)
        place = tmp_path / f"rhine{suffix}"
        await here.write(f"/export {tmp_path / 'rhine.doc'}")
        await here.until(lambda: "Export as" in here.shown())
        await here.pilot.press("enter")
        await here.until(lambda: "ending chooses the format" in here.shown())
        await here.pilot.press("backspace", "backspace", "backspace", "backspace", *suffix, "enter")
        await here.until(place.exists, "the file")
        assert "Where does the Rhine begin?" in read(place)


def read(path: Path) -> str:
    return path.read_text("utf-8")


def test_only_commands_that_take_something_take_it() -> None:
    found = slash_command("/import ~/a file.zip")
    assert found is not None
    assert not isinstance(found, str)
    assert slash_action("/import ~/a file.zip", found) == "import_threads('~/a file.zip')"
    assert slash_action("/import", found) == "import_threads"
    # a known command is never sent as a message: what stands behind one that takes nothing is refused where it is run
    known = slash_command("/usage of water")
    assert not isinstance(known, str)
    assert known is not None
    assert (known.id, known.takes) == ("usage", "")
    assert slash_command("/import\nand more") is None


def test_a_path_is_understood_as_terminals_paste_it(tmp_path: Path) -> None:
    (tmp_path / "a b's.zip").touch()
    plain = tmp_path / "a b's.zip"
    for text in (
        str(plain),
        f'"{plain}"',
        str(plain).replace(" ", "\\ ").replace("'", "\\'"),
        f" file://{str(plain).replace(' ', '%20')} ",
    ):
        assert typed_paths(text) == [plain]
    assert typed_paths("~") == [Path.home()]
    assert typed_paths("/a /b") == [Path("/a"), Path("/b")]
