"""The run inspector on the screen: F4, its pages, recording, and running again with other settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.engine import Engine
from aimltui.tui.screens.dialogs.question import QuestionSheet
from aimltui.tui.screens.inspector.again import AgainScreen
from aimltui.tui.screens.inspector.inspector import InspectorScreen
from aimltui.tui.startup import Connected
from tests.support.builders import options
from tests.support.fake_model import FakeModel, FakeModels, says
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import End, Hold, Say
from tests.support.screen import NoMistakes, seat


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


def recorded(directory: Path) -> Any:
    """The first line of the only recording."""
    (recording,) = directory.glob("aimltui-run_*.jsonl")
    return json.loads(recording.read_text().splitlines()[0])


async def test_a_run_is_inspected_recorded_and_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = FakeModel(says("First."), says("Second."))

    async def connect() -> Connected:
        engine = await Engine.open(options(tmp_path / "data"), FakeModels(model))
        return Connected(AssistantsClient(EmbeddedTransport(engine)), "test", "fake")

    async with seat(FakeTransport(), tmp_path, connect=connect, clock=None, size=(80, 24)) as here:
        await here.write("What is it?")
        await here.until(lambda: "First." in here.texts())
        await here.idle()
        first = here.workspace.current.thread_id
        await here.pilot.press("f4")
        await here.until(lambda: "Run 1 of 1 · completed · fake" in here.shown())
        assert isinstance(here.app.screen, InspectorScreen)
        assert "model request 1" in here.shown()
        await here.pilot.press("right", "right")
        await here.until(lambda: '"content": "What is it?"' in here.shown())
        await here.pilot.press("s")
        await here.until(lambda: list(tmp_path.glob("aimltui-run_*.jsonl")))
        assert recorded(tmp_path)["run"]["status"] == "completed"

        await here.pilot.press("r")
        await here.until(lambda: isinstance(here.app.screen, AgainScreen))
        await here.pilot.press("tab", "9", "ctrl+s")
        assert "The temperature is a number from 0 to 2" in here.shown()
        # escape does not discard what was typed unasked
        await here.pilot.press("escape")
        await here.until(lambda: isinstance(here.app.screen, QuestionSheet), "the question")
        await here.alive()
        await here.pilot.press("escape")
        await here.until(lambda: isinstance(here.app.screen, AgainScreen))
        await here.pilot.press("home", "delete", "delete", "0", ".", "5", "ctrl+s")
        await here.until(lambda: "Second." in here.texts() and "First." not in here.texts())
        assert here.workspace.current.thread_id != first
        assert model.requests[-1].temperature == 0.5
        assert here.texts()[0] == "What is it?"
        # a branch like others: one thread in the list, and the first answer is a key away
        await here.until(lambda: "‹ 2/2 ›" in here.shown())
        assert len(list(here.rows())) == 1


async def test_on_a_wide_terminal_the_runs_stand_beside_the_thread_and_follow_it(tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path, size=(200, 40)) as here:
        await here.pilot.press("f4")
        pane = here.screen.run_pane()
        assert not pane.is_shown
        await here.write("What is it?")
        await here.idle()
        await here.pilot.press("f4")
        await here.until(lambda: "Run 1 of 1 · completed" in here.shown())
        assert pane.is_shown
        assert "This server does not say when events happened" in here.shown()
        await here.write("And why?")
        await here.idle()
        await here.until(lambda: "Run 2 of 2 · completed" in here.shown())
        await here.pilot.click(pane.query_one(".run-pages"), offset=(14, 0))
        await here.until(lambda: "This run has no steps." in here.shown() or "1 message" in here.shown())
        await here.pilot.press("f4")
        assert isinstance(here.app.screen, InspectorScreen)
        await here.pilot.press("escape")
        assert pane.is_shown
        await here.pilot.press("escape")
        assert not pane.is_shown


async def test_the_runs_beside_the_thread_end_when_the_thread_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aimltui.tui.screens.inspector.view._AGAIN_S", 0.02)
    server = FakeTransport()
    server.scripts = [(Say(("Half",), ""), Hold(), End())]
    async with seat(server, tmp_path, size=(200, 40)) as here:
        await here.write("What is it?")
        await here.until(server.held.is_set)
        await here.pilot.press("f4")
        await here.until(lambda: "Run 1 of 1 · in progress" in here.shown())
        # the server has ended the run, and its last events are on their way
        (player,) = server.players[here.workspace.current.thread_id or ""]
        going_on = player.run
        player.run = going_on.model_copy(update={"status": "completed"})
        looks = len(server.asked("get_run"))
        await here.until(lambda: len(server.asked("get_run")) > looks + 1, "another look at the run")
        assert "Run 1 of 1 · in progress" in here.shown()
        player.run = going_on
        server.let_go()
        await here.until(lambda: "Run 1 of 1 · completed" in here.shown())
        assert here.kinds()[-1] == "RunEntry"
