"""Letters typed for the prompt never act, whatever stands before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events

from aimltui.client.client import AssistantsClient
from aimltui.local_tools.mcp.forms import Form, FormField
from aimltui.tui.screens.connect.connect import ConnectScreen
from aimltui.tui.screens.dialogs.confirm import ConfirmScreen
from aimltui.tui.screens.dialogs.form import FormScreen
from aimltui.tui.screens.dialogs.save import SaveScreen
from aimltui.tui.startup import Connected, Ran
from aimltui.tui.state.dead_time import KeyTimes
from aimltui.tui.widgets.line_input import LineInput
from tests.support.fake_connections import FakeConnections
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import Code, End, Say
from tests.support.screen import Seat, seat

CODE = Code(("x = 1\n", "print(x)\n"), "1\n")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Pace:
    """Presses keys at the speed of somebody who types, and waits like somebody who reads."""

    def __init__(self, here: Seat, clock: Clock) -> None:
        self.here = here
        self.clock = clock

    async def type(self, *keys: str) -> None:
        for key in keys:
            self.clock.now += 0.2
            await self.here.pilot.press(key)

    async def text(self, text: str) -> None:
        await self.type(*("space" if letter == " " else letter for letter in text))

    async def rest(self) -> None:
        await self.here.pilot.pause()
        self.clock.now += 1


@asynccontextmanager
async def slow_seat(
    server: FakeTransport, directory: Path, **changes: Any
) -> AsyncGenerator[tuple[Seat, Pace], None]:
    """A program whose questions wait, with a clock that only the test moves."""
    clock = Clock()
    async with seat(server, directory, key_times=KeyTimes(clock), **changes) as here:
        yield here, Pace(here, clock)


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home" / "Downloads").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


class Interpreter:
    """A server whose threads have an interpreter."""

    def __init__(self, server: FakeTransport) -> None:
        self.server = server
        self.ran: list[str] = []

    async def connect(self) -> Connected:
        return Connected(AssistantsClient(self.server), "test server", "demo", run_code=self._run)

    async def _run(self, thread_id: str, code: str) -> Ran:
        self.ran.append(code)
        return Ran("again\n", True, 0.1)


async def test_a_sentence_after_up_is_sent_and_runs_and_writes_nothing(
    server: FakeTransport, tmp_path: Path, home: Path
) -> None:
    code = Interpreter(server)
    server.scripts = [[CODE, Say(("One.",)), End()], *([[Say(("Yes.",)), End()]] * 2)]
    async with slow_seat(server, tmp_path, connect=code.connect) as (here, hands):
        await here.write("Do it.")
        await here.idle()
        for sentence in ("run it again please", "summarise it"):
            before = here.texts()[-2]
            await hands.type("up")
            assert here.screen.transcript.mark is None
            await hands.rest()
            await hands.text(sentence)
            await hands.type("enter")
            await here.until(lambda: here.texts()[-1] == "Yes.")
            await here.idle()
            # up brings what was said last, as in a shell
            assert here.texts()[-2] == f"{before}{sentence}"
        assert code.ran == []
        assert not list((home / "Downloads").iterdir())


async def test_letters_act_after_alt_up_and_a_pause_and_the_question_takes_no_sentence(
    server: FakeTransport, tmp_path: Path, home: Path
) -> None:
    code = Interpreter(server)
    server.scripts = [[CODE, Say(("One.",)), End()]]
    async with slow_seat(server, tmp_path, connect=code.connect) as (here, hands):
        await here.write("Do it.")
        await here.idle()
        await hands.type("alt+up")
        while not here.marked_call:
            await hands.type("alt+up")
        await hands.text("run")
        assert here.screen.prompt.draft == "run"
        await hands.type(*["backspace"] * 3)
        while not here.marked_call:
            await hands.type("alt+up")
        await hands.rest()
        await hands.text("run it again")
        await hands.rest()
        assert here.app.screen is here.screen, "the first letter of a sentence is text, too"
        assert here.screen.prompt.draft == "run it again"
        here.screen.prompt.load_draft("")
        await hands.type("alt+up")
        while not here.marked_call:
            await hands.type("alt+up")
        await hands.rest()
        await hands.text("r")
        await hands.rest()
        await here.until(lambda: isinstance(here.app.screen, ConfirmScreen))
        await hands.text("un it again")
        await hands.type("backspace", "enter")
        await hands.text("please")
        await hands.type("enter", "down", "enter", "escape", "ctrl+c", "ctrl+q")
        assert here.screen.prompt.draft == "un it agai\nplease"
        assert isinstance(here.app.screen, ConfirmScreen)
        await hands.rest()
        await hands.type("enter", "y", "r")
        assert code.ran == []
        await hands.type("down", "enter")
        await here.until(lambda: code.ran == ["x = 1\nprint(x)\n"])


async def test_a_file_name_can_be_typed_when_the_box_has_stood(
    server: FakeTransport, tmp_path: Path, home: Path
) -> None:
    server.scripts = [[CODE, Say(("One.",)), End()]]
    async with slow_seat(server, tmp_path) as (here, hands):
        await here.write("Do it.")
        await here.idle()
        await hands.type("alt+up")
        while not here.marked_call:
            await hands.type("alt+up")
        await hands.rest()
        await hands.text("s")
        await hands.rest()
        await here.until(lambda: isinstance(here.app.screen, SaveScreen))
        await hands.text("ummarise")
        await hands.type("enter")
        assert here.screen.prompt.draft == "ummarise"
        await hands.rest()
        assert isinstance(here.app.screen, SaveScreen)
        (home / "Downloads" / "step-1.pyx").write_text("mine")
        await hands.type("x", "enter")
        await here.until(lambda: "already exists" in here.shown())
        await hands.type("enter")
        assert (home / "Downloads" / "step-1.pyx").read_text() == "mine", "an Enter too many replaces nothing"
        await hands.type("y", "enter")
        await here.until(lambda: (home / "Downloads" / "step-1.pyxy").exists())


async def test_letters_choose_nothing_in_the_first_dialog(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections()
    async with slow_seat(server, tmp_path, model=None, connections=service) as (here, hands):
        await here.until(lambda: isinstance(here.app.screen, ConnectScreen))
        await hands.rest()
        for sentence in ("do you speak French", "hello"):
            await hands.text(sentence)
            await hands.type("enter")
        assert isinstance(here.app.screen, ConnectScreen)
        assert here.screen.prompt.draft == "do you speak French\nhello"
        assert service.searches == 0
        await hands.rest()
        await hands.type("down", "enter")
        await here.until(lambda: not isinstance(here.app.screen, ConnectScreen) or service.searches)


class Asked:
    run_id, call_id, code, expires_at = "run_1", "", "print(1)", None

    def __init__(self, thread_id: str) -> None:
        self.thread_id = thread_id


async def test_what_is_typed_while_code_asks_goes_to_the_prompt(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with slow_seat(server, tmp_path) as (here, hands):
        await here.write("Count.")
        await here.idle()
        card = here.screen.card()
        await hands.text("please ")
        asked = asyncio.create_task(
            here.workspace.code.request(Asked(here.workspace.current.thread_id or ""))
        )
        await here.until(lambda: card.display)
        await hands.text("check")
        # also on the card, as long as the user types without a pause
        await hands.type("tab", "down", "enter", *"it", "tab", "o")
        assert not asked.done()
        assert here.screen.prompt.draft == "please checkito"
        await hands.type("tab")
        await hands.rest()
        await hands.type("enter")
        assert not asked.done(), "nothing was selected"
        await hands.type("down", "enter")
        assert (await asked).may_run


async def test_ctrl_c_quits_only_when_pressed_twice_with_nothing_between(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await here.pilot.press("ctrl+c", "x", "backspace", "ctrl+c")
        await here.pilot.press("left", "ctrl+c")
        await here.pilot.press("y", "ctrl+c")
        assert here.screen.prompt.is_empty
        await here.pilot.pause()
        assert here.app.is_running
        assert not here.app._exit
        await here.pilot.press("ctrl+c", "ctrl+c")
        await here.until(lambda: here.app._exit)


async def test_letters_read_together_with_a_tab_go_to_the_field_it_leads_to(
    server: FakeTransport, tmp_path: Path
) -> None:
    fields = tuple(FormField(name, name, "string") for name in ("first", "second", "third"))
    async with seat(server, tmp_path) as here:
        sheet = FormScreen(Form("a server", "?", fields))
        await here.app.push_screen(sheet)
        await here.until(lambda: sheet.focused is not None)
        for key, letter in (
            ("a", "a"), ("tab", None), ("b", "b"), ("tab", None), ("c", "c"), ("shift+tab", None), ("d", "d")
        ):  # fmt: skip
            here.app.post_message(events.Key(key, letter))
        # the text of a field is selected when it gets the focus, so that d replaces b
        await here.until(lambda: [box.value for box in sheet.query(LineInput)] == ["a", "d", "c"])


@pytest.mark.parametrize("action", ["show_usage", "connections"])
async def test_a_sentence_in_a_list_goes_to_the_prompt_and_a_single_letter_acts(
    server: FakeTransport, tmp_path: Path, action: str
) -> None:
    service = FakeConnections()
    async with slow_seat(server, tmp_path, connections=service) as (here, hands):
        await here.app.screen.run_action(action)
        await here.until(lambda: here.app.screen is not here.screen)
        sheet = here.app.screen
        for sentence in ("test the add dialog", "save as data"):
            await hands.text(sentence)
            await hands.type("enter")
            await hands.rest()
            assert here.app.screen is sheet
            assert here.screen.prompt.draft == sentence
            here.screen.prompt.load_draft("")
        if action == "connections":
            await hands.text("a")
            await hands.rest()
            await here.until(lambda: isinstance(here.app.screen, ConnectScreen))
