"""Nothing is answered, run or written by somebody who types without a pause of half a second.

Random keys, with random gaps under 0.5 s, at a thread with code and a question about code. `AIMLTUI_FUZZ_KEYS` sets how
many keys; 2,000 otherwise, and `AIMLTUI_FUZZ_SEED` which ones.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key

from aimltui.client.client import AssistantsClient
from aimltui.tui.code_consent import CodeDecision
from aimltui.tui.screens.dialogs.confirm import ConfirmScreen
from aimltui.tui.screens.dialogs.save import SaveScreen
from aimltui.tui.screens.main.blocks import BlocksPart
from aimltui.tui.startup import Connected, Ran
from aimltui.tui.state.dead_time import KeyTimes
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import Code, End, Say
from tests.support.screen import Seat, seat

COUNT = int(os.environ.get("AIMLTUI_FUZZ_KEYS", "2000"))
SEED = int(os.environ.get("AIMLTUI_FUZZ_SEED", "7"))
pytestmark = pytest.mark.timeout(120 + COUNT // 20)
ROUND = 100
LETTERS = "rscoCykmaldtqe please run it again"
OTHERS = ("enter", "tab", "up", "down", "alt+up", "backspace", "escape", "pageup", "ctrl+j")


class Fingers(KeyTimes):
    """Lets less than half a second pass between two keys."""

    def __init__(self, dice: random.Random) -> None:
        self._now = 100.0
        super().__init__(lambda: self._now)
        self._dice = dice

    def note(self, at: float) -> None:
        self._now += self._dice.uniform(0, 0.499)
        super().note(at)


def some_key(dice: random.Random) -> events.Key:
    if dice.random() < 0.3:
        return events.Key(dice.choice(OTHERS), None)
    letter = dice.choice(LETTERS)
    return events.Key(_character_to_key(letter), letter)


class Asked:
    run_id, call_id, code, expires_at = "", "", "print(1)", None

    def __init__(self, thread_id: str) -> None:
        self.thread_id = thread_id


async def at_a_panel(here: Seat) -> None:
    """Mark the code in the transcript, with live letters."""
    here.screen.set_focus(here.screen.transcript)
    here.screen.letters.hide()
    here.screen.transcript.marking.clear()
    await here.pilot.pause()
    for _ in range(COUNT):
        here.screen.action_block(-1)
        if here.marked_call:
            return
    raise AssertionError(here.shown())


async def test_no_key_at_typing_speed_acts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, ran = FakeTransport(), list[str]()
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Downloads").mkdir()
    dice = random.Random(SEED)
    fingers = Fingers(dice)

    async def run_code(thread_id: str, code: str) -> Ran:
        ran.append(code)
        return Ran("", True)

    async def connect() -> Connected:
        return Connected(AssistantsClient(server), "test server", "demo", run_code=run_code)

    server.scripts = [[Code(("x = 1\n",), "1\n"), Say(("One.",)), End()]]
    async with seat(server, tmp_path / "drafts", connect=connect, key_times=fingers, size=(60, 16)) as here:
        await here.write("Do it.")
        await here.idle()
        asked: list[asyncio.Task[CodeDecision]] = []
        for number in range(-(-COUNT // ROUND)):
            await at_a_panel(here)
            fingers.note(0.0)
            start(here, number % 4, asked)
            await here.pilot.pause()
            kinds = (ConfirmScreen, SaveScreen, type(here.screen), type(here.screen))
            await here.until(lambda kind=kinds[number % 4]: isinstance(here.app.screen, kind))
            if number % 4 == 2:
                await here.until(lambda: here.screen.card().display)
            for _ in range(ROUND):
                here.app.post_message(some_key(dice))
            await here.until(lambda: here.app._message_queue.empty())
            await here.idle()
            assert ran == []
            assert not any(task.done() for task in asked)
            assert not list((tmp_path / "Downloads").iterdir())
            await clear(here, asked)


def start(here: Seat, kind: int, asked: list[asyncio.Task[CodeDecision]]) -> None:
    screen = here.screen
    assert isinstance(screen, BlocksPart)
    if kind == 0:
        screen.action_block_action("run_again")
    elif kind == 1:
        screen.action_block_action("save")
    elif kind == 2:
        wanted = Asked(here.workspace.current.thread_id or "")
        asked.append(asyncio.create_task(here.workspace.code.request(wanted)))


async def clear(here: Seat, asked: list[asyncio.Task[CodeDecision]]) -> None:
    while asked:
        asked.pop().cancel()
    while len(here.app.screen_stack) > 1:
        here.app.screen.dismiss(None)
        await here.pilot.pause()
    here.screen.prompt.load_draft("")
