"""MCP servers on the screen: they start when the user begins to write, their calls are asked about, a sheet shows them."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.app import App
from textual.containers import Vertical
from textual.widgets import Static

from aimltui.local_tools.mcp.forms import Form, FormField, Reply
from aimltui.tui.screens.dialogs.form import FormScreen
from aimltui.tui.screens.dialogs.mcp_servers import McpServersScreen
from aimltui.tui.state.dead_time import KeyTimes
from aimltui.tui.state.entries import StepEntry
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.line_input import LineInput
from aimltui.tui.widgets.pick_list import PickList
from tests.support.builders import until
from tests.support.fake_model import calls, says
from tests.support.local_tools import HandServer, HandSource
from tests.support.pictures import plot
from tests.support.screen import NoMistakes
from tests.widgets.test_function_calls import desk

NOW = {"name": "now", "description": "The time.", "inputSchema": {"type": "object"}}


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


async def test_servers_start_with_the_first_letter_and_hold_no_message_up(tmp_path: Path) -> None:
    server = HandServer(NOW)
    server.start_gate = asyncio.Event()
    servers = server.source("clock")
    turns = (says("Hello."), calls(("clock__now", "{}")), says("It is late."))
    async with desk(tmp_path, *turns, source=HandSource(), servers=servers) as at:
        assert server.starts == 0
        await at.here.pilot.press("h")
        await at.here.until(lambda: server.starts == 1, "the start")
        await at.here.pilot.press("backspace")
        # it has not answered yet, and the message is sent all the same
        await at.here.write("Hello?")
        notes = at.here.app._notifications
        await at.here.until(lambda: any("clock is still starting" in note.message for note in notes))
        await at.here.until(lambda: "Hello." in at.here.texts())
        assert at.model.requests[0].tools == []
        server.start_gate.set()
        await at.here.until(lambda: servers.rows[0].state == "ready", "the server")
        await at.here.write("How late is it?")
        await at.asked()
        assert "from MCP server clock" in at.here.shown()
        assert server.called == []
        await at.answer("o", "enter")
        await at.here.until(lambda: "It is late." in at.here.texts())
        assert at.outputs() == ["now says {}"]


async def test_the_sheet_without_servers_offers_no_keys_for_them(tmp_path: Path) -> None:
    async with desk(tmp_path, says("x"), servers=HandServer().source()) as at:
        await at.here.screen.run_action("mcp_servers")
        await at.here.until(lambda: "No MCP server yet" in at.here.shown())
        assert "Restart" not in at.here.shown()
        assert "On or off" not in at.here.shown()


async def test_the_sheet_shows_restarts_switches_and_offers_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = HandServer(NOW)
    server.error = "The program was not found."
    servers = server.source("clock", "other")
    times = KeyTimes(stand_s=0, quiet_s=0, hold_s=0)
    async with desk(tmp_path, says("x"), servers=servers, key_times=times) as at:
        screen = at.here.screen
        await screen.run_action("mcp_servers")
        await at.here.until(lambda: isinstance(at.here.app.screen, McpServersScreen))
        await at.here.until(lambda: "starts with your next message" in at.here.shown())
        await at.here.pilot.press("r")
        await at.here.until(lambda: "The program was not found." in at.here.shown())
        # a failure has its colour also where the cursor is not
        await at.here.pilot.press("down")
        list_ = at.here.app.screen.query_one(PickList)
        failed = next(part for part in list_.render_line(0) if part.text == "failed")
        other = next(part for part in list_.render_line(1) if "starts with" in part.text)
        wrong = list_.get_component_rich_style("pick-list--wrong", partial=True)
        assert failed.style is not None
        assert other.style is not None
        assert failed.style.color == wrong.color != other.style.color
        await at.here.pilot.press("up")
        server.error = ""
        await at.here.pilot.press("r")
        await at.here.until(lambda: "ready · 1 tool" in at.here.shown())
        assert "Tools: clock__now" in at.here.shown()
        await at.here.pilot.press("space")
        await at.here.until(lambda: servers.rows[0].state == "off")
        await at.here.until(lambda: " off" in at.here.shown())
        await at.here.pilot.press("down", "space")
        await at.here.until(lambda: servers.rows[1].state == "off")

        # a server that wants a login says so and offers it; without a browser the address is copied
        async def log_in(name: str, show: Callable[[str], Awaitable[None]]) -> str:
            await show("https://login.example/authorize")
            return f"{name} refused it."

        monkeypatch.delenv("DISPLAY", raising=False)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        monkeypatch.setattr(servers, "log_in", log_in)
        assert "l Log in" not in at.here.shown()
        server.error, server.wants_login = "It needs a login: aimltui mcp login other", True
        await at.here.pilot.press("r")
        await at.here.until(lambda: "needs login" in at.here.shown())
        await at.here.until(lambda: "l Log in" in at.here.shown())
        assert "aimltui mcp login other" in at.here.shown()
        await at.here.pilot.press("l")
        notes = at.here.app._notifications
        await at.here.until(lambda: any(note.message == "other refused it." for note in notes))
        assert any("the address of the login page was copied" in note.message for note in notes)
        # a message goes out without its tools, which is told
        await at.here.pilot.press("escape")
        await at.here.write("Hi")
        told = "MCP server other needs a login, so its tools are missing. Log in under /mcp."
        await at.here.until(lambda: any(note.message == told for note in at.here.app._notifications))


CITY = Form(
    "clock",
    "Which city?",
    (
        FormField("city", "City", "string", "as on a map", is_required=True),
        FormField("hours", "Hours", "integer", default="24", least=12, most=24),
    ),
)
LONG = Form(
    "clock",
    "One line,\nand another.",
    tuple(FormField(f"f{number}", f"Field {number}", "string", default="x", most=9) for number in range(12)),
)


class FormApp(App[None]):
    def on_mount(self) -> None:
        self.push_screen(FormScreen(LONG))


async def test_the_label_of_a_field_is_in_view_with_it() -> None:
    app = FormApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        boxes = app.screen.query(LineInput)
        message = app.screen.query(".form-body > Static").first(Static)
        assert message.region.height == 2, "its lines stay apart"
        for number in (11, 0):
            app.screen.set_focus(boxes[number])
            row = boxes[number].parent
            assert isinstance(row, Vertical)
            await until(lambda row=row: 0 < row.region.y < row.region.bottom <= 22)
        # a wrong value is told at its field, and the keys stay in view
        boxes[9].value = "much too long"
        await pilot.press("ctrl+s")
        await pilot.pause()
        problem = next(one for one in app.screen.query(".sheet-problem") if one.display)
        keys = app.screen.query_one(FooterBar)
        assert app.screen.focused is boxes[9]
        assert boxes[9].region.bottom == problem.region.y < problem.region.bottom < keys.region.y
        assert keys.region.height == 1
        assert keys.region.bottom <= 24


async def test_a_servers_question_is_a_card_with_a_form(tmp_path: Path) -> None:
    server = HandServer(NOW)
    server.asks = CITY
    servers = server.source("clock")
    turn = calls(("clock__now", "{}"))
    async with desk(tmp_path, turn, says("One."), turn, says("Two."), turn, servers=servers) as at:
        await at.here.pilot.press("h", "backspace")
        await at.here.until(lambda: [row.state for row in servers.rows] == ["ready"], "the server")
        await at.here.write("How late is it?")
        await at.asked()
        await at.answer("o", "enter")
        await at.here.until(lambda: "clock asks" in at.here.shown())
        assert "needs your answer" in at.here.shown()
        # the call during which it asks is no second row
        assert "… clock__now" not in at.here.shown()
        assert "Which city?" in at.here.shown()
        assert "City: text  as on a map" in at.here.shown()
        # the time limit of the call does not run, and what is typed answers nothing
        # the card keeps the focus where the question follows the call without a pause, as it can from Python 3.12 on
        at.here.screen.set_focus(at.here.screen.prompt)
        await at.press("f", "enter")
        assert not isinstance(at.here.app.screen, FormScreen)
        await at.answer("f", "enter")
        await at.here.until(lambda: isinstance(at.here.app.screen, FormScreen))
        await at.here.pilot.press("ctrl+s")
        await at.here.until(lambda: "City is needed" in at.here.shown())
        # escape asks before it discards what was typed
        await at.here.pilot.press(*"Oslo", "escape")
        await at.here.until(lambda: "Discard what you have typed?" in at.here.shown())
        at.clock.now += 1
        await at.here.pilot.press("escape")
        await at.here.until(lambda: isinstance(at.here.app.screen, FormScreen))
        await at.here.pilot.press("escape")
        await at.here.until(lambda: "Discard what you have typed?" in at.here.shown())
        at.clock.now += 1
        await at.here.pilot.press("down", "enter")
        await at.here.until(lambda: "One." in at.here.texts())
        assert server.replies == [Reply("accept", {"city": "Oslo", "hours": 24})]

        # the queued message brings the second call, whose question is declined
        await at.asked()
        await at.answer("o", "enter")
        await at.here.until(lambda: "clock asks" in at.here.shown())
        await at.answer("d", "enter")
        await at.here.until(lambda: "Two." in at.here.texts())
        assert server.replies[1:] == [Reply("decline")]

        # a run that is stopped takes its question back
        server.asks = Form("clock", "Log in.", url="https://login.example/a")
        await at.here.write("Once more")
        await at.asked()
        await at.answer("o", "enter")
        await at.here.until(lambda: "Open login.example" in at.here.shown())
        await at.press("escape")
        await at.press("escape")
        await at.here.until(lambda: not at.card.display)


async def test_a_question_without_a_call_is_not_shown(tmp_path: Path) -> None:
    server = HandServer(NOW)
    servers = server.source("clock")
    async with desk(tmp_path, says("x"), servers=servers) as at:
        await at.here.pilot.press("h")
        await at.here.until(lambda: servers.rows and servers.rows[0].state == "ready", "the server")
        assert server.hooks.ask is not None
        assert await server.hooks.ask(CITY) == Reply("cancel")
        assert not at.card.display


async def test_a_picture_that_a_tool_returns_is_saved_and_shown_in_the_step(tmp_path: Path) -> None:
    server = HandServer(NOW)
    picture = b64encode(plot(40, 30)).decode()
    sound = b64encode(b"RIFF").decode()
    server.content = [
        {"type": "image", "mimeType": "image/png", "data": picture},
        {"type": "audio", "mimeType": "audio/wav", "data": sound},
    ]
    servers = server.source("clock")
    async with desk(tmp_path, calls(("clock__now", "{}")), says("A clock."), servers=servers) as at:
        await at.here.pilot.press("h", "backspace")
        await at.here.until(lambda: [row.state for row in servers.rows] == ["ready"], "the server")
        await at.here.write("Draw a clock")
        await at.asked()
        await at.answer("o", "enter")
        await at.here.until(lambda: "A clock." in at.here.texts())
        (told,) = at.outputs()
        drawn, heard = told.split("\n")
        assert drawn.startswith("[picture: image/png, ")
        assert heard.startswith("[audio: audio/wav, ")
        file_id, sound_id = (line.rpartition(" ")[2].rstrip("]") for line in (drawn, heard))
        saved = await at.here.workspace.client.files.content(file_id)
        assert saved.content == plot(40, 30)
        (step,) = [entry for entry in at.here.entries if isinstance(entry, StepEntry)]
        assert [(output.kind, output.file_id) for output in step.calls[0].outputs] == [
            ("text", ""),
            ("image", file_id),
            ("file", sound_id),
        ]
        # the panel has a row for the sound, too
        await at.here.pilot.press("ctrl+o")
        await at.here.until(lambda: "result.wav 4 B" in at.here.shown(), "the sound's row")


async def test_a_servers_prompt_comes_into_the_input(tmp_path: Path) -> None:
    server = HandServer(NOW)
    city, hour = {"name": "city", "required": True}, {"name": "hour"}
    server.prompts = [{"name": "time", "arguments": [city]}, {"name": "when", "arguments": [hour, city]}]
    servers = server.source("clock")
    async with desk(tmp_path, says("x"), servers=servers) as at:
        await at.here.pilot.press("h", "backspace")
        await at.here.until(lambda: [row.state for row in servers.rows] == ["ready"], "the server")
        prompt = at.here.screen.prompt
        await at.here.write("/clock:time Sao Paulo")
        await at.here.until(lambda: prompt.draft == "time of {'city': 'Sao Paulo'}", "the prompt")
        prompt.load_draft("")
        await at.here.write("/clock:time")
        await at.here.until(lambda: isinstance(at.here.app.screen, FormScreen))
        await at.here.pilot.press(*"Oslo", "ctrl+s")
        await at.here.until(lambda: prompt.draft == "time of {'city': 'Oslo'}", "the prompt")
        # a refusal loses nothing
        prompt.load_draft("")
        await at.here.write("/clock:time nowhere")
        await at.here.until(lambda: prompt.draft == "/clock:time nowhere", "the words")
        assert any("no such city" in note.message for note in at.here.app._notifications)
        prompt.load_draft("")
        await at.here.write("/clock:when '9 am'")
        await at.here.until(lambda: isinstance(at.here.app.screen, FormScreen))
        await at.here.pilot.press("tab", *"nowhere", "ctrl+s")
        await at.here.until(lambda: prompt.draft == "/clock:when hour='9 am' city=nowhere", "the values")
        # what comes after another thread was opened belongs to the first
        server.prompt_gate = asyncio.Event()
        prompt.load_draft("")
        await at.here.write("Hello")
        await at.here.until(lambda: "x" in at.here.texts())
        drafts, first = at.here.screen.drafts, at.here.screen.drafts.key
        await at.here.write("/clock:time Rome")
        await at.here.pilot.press("ctrl+n")
        await at.here.until(lambda: drafts.key != first, "a new thread")
        server.prompt_gate.set()
        saved = tmp_path / "drafts" / f"{first}.draft"
        await at.here.until(saved.exists, "the draft")
        assert saved.read_text() == "time of {'city': 'Rome'}"
        assert prompt.draft == ""
        assert len(at.model.requests) == 1


async def test_a_servers_resource_is_attached_as_a_file(tmp_path: Path) -> None:
    server = HandServer(NOW)
    server.resources = [{"uri": "clock://hands", "name": "Hands"}, {"uri": "bad uri"}]
    servers = server.source("clock")
    async with desk(tmp_path, says("x"), servers=servers) as at:
        await at.here.pilot.press("h", "backspace")
        await at.here.until(lambda: [row.state for row in servers.rows] == ["ready"], "the server")
        assert [one.word for one in servers.resources] == ["clock:clock://hands"]
        await at.here.pilot.press(*"@clock:")
        await at.here.until(lambda: "clock:clock://hands" in at.here.shown(), "the list")
        # resources stand under their heading, apart from files
        assert "Resources" in at.here.shown()
        await at.here.pilot.press("enter")
        prompt = at.here.screen.prompt
        await at.here.until(lambda: prompt.files, "the file")
        (file,) = prompt.files
        assert file.url == "clock:clock://hands"
        assert file.size == len("The text of clock://hands")
        assert prompt.text == ""
