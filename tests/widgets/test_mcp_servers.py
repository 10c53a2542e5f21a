"""MCP servers on the screen: they start when the user begins to write, their calls are asked about, a sheet shows them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimltui.tui.screens.dialogs.mcp_servers import McpServersScreen
from tests.support.fake_model import calls, says
from tests.support.local_tools import HandServer, HandSource
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


async def test_the_sheet_shows_restarts_and_switches(tmp_path: Path) -> None:
    server = HandServer(NOW)
    server.error = "The program was not found."
    servers = server.source("clock", "other")
    async with desk(tmp_path, says("x"), servers=servers) as at:
        screen = at.here.screen
        await screen.run_action("mcp_servers")
        await at.here.until(lambda: isinstance(at.here.app.screen, McpServersScreen))
        await at.here.until(lambda: "starts with your next message" in at.here.shown())
        await at.here.pilot.press("r")
        await at.here.until(lambda: "The program was not found." in at.here.shown())
        server.error = ""
        await at.here.pilot.press("r")
        await at.here.until(lambda: "ready · 1 tool" in at.here.shown())
        assert "Tools: clock__now" in at.here.shown()
        await at.here.pilot.press("space")
        await at.here.until(lambda: servers.rows[0].state == "off")
        await at.here.until(lambda: " off" in at.here.shown())
        await at.here.pilot.press("down", "space")
        await at.here.until(lambda: servers.rows[1].state == "off")
