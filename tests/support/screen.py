"""The whole app over a fake server, for tests of what a user sees."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual._context import visible_screen_stack
from textual.pilot import Pilot

from aimltui.client.client import AssistantsClient
from aimltui.connections.types import Connections
from aimltui.tui.app import AimltuiApp
from aimltui.tui.controllers.workspace import Workspace
from aimltui.tui.screens.main.screen import MainScreen
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.state.dead_time import KeyTimes
from aimltui.tui.state.entries import Entry
from aimltui.tui.storage.drafts import DraftStore
from aimltui.tui.storage.model_marks import ModelMarks
from tests.support.builders import PATIENCE_S
from tests.support.fake_transport import FakeTransport
from tests.support.painting import follow, paint, paint_at_rest

STARTERS = (("Say hello", "Hello!"), ("Count", "Count to three."))


@dataclass
class Seat:
    """Somebody in front of the program."""

    app: AimltuiApp
    pilot: Pilot[None]
    server: FakeTransport

    @property
    def marked_call(self) -> bool:
        """Whether a panel of a call is marked."""
        block = self.screen.transcript.block
        return block is not None and block.call is not None

    @property
    def marked_file(self) -> str:
        """The id of the marked file."""
        block = self.screen.transcript.block
        return block.file_id if block is not None else ""

    @property
    def screen(self) -> MainScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def workspace(self) -> Workspace:
        assert self.screen.workspace is not None
        return self.screen.workspace

    @property
    def entries(self) -> list[Entry]:
        """What stands in the open thread."""
        return self.workspace.current.view.entries

    def kinds(self) -> list[str]:
        return [type(entry).__name__ for entry in self.entries]

    def texts(self) -> list[str]:
        """The texts of the messages in the open thread."""
        return [entry.text for entry in self.entries if hasattr(entry, "role")]

    def rows(self) -> dict[str, Any]:
        """The threads in the sidebar by title."""
        return {row.title: row for row in self.workspace.threads.rows(self.screen.clock())}

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait for something, with a bound; a failure shows what is on the screen."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not condition():
                    await self.pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(f"this never came: {what or condition}\n{self.shown()}") from None
        await self.pilot.pause()

    async def alive(self) -> None:
        """Wait until the panel on the screen takes keys."""
        await self.until(lambda: not getattr(self.app.screen, "is_dead", False), "the end of the dead time")

    async def write(self, text: str) -> None:
        """Write into the prompt and send it."""
        self.screen.prompt.add_text(text)
        await self.pilot.press("enter")

    async def idle(self) -> None:
        """Wait until nothing goes on in the open thread."""
        await self.until(lambda: not self.workspace.current.is_busy, "the end of the run")

    def shown(self) -> str:
        """The screen as text."""
        # Without it a panel that was not painted yet would be painted, for good, on an empty page.
        visible_screen_stack.set(self.app._background_screens)
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in lines)


def startup_over(
    server: FakeTransport,
    directory: Path,
    *,
    model: str | None = "demo",
    connections: Connections | None = None,
    **changes: Any,
) -> Startup:
    """What the composition root would hand over."""

    async def connect() -> Connected:
        return Connected(AssistantsClient(server), "test server", model, STARTERS, connections=connections)

    values: dict[str, Any] = {
        "connect": connect,
        "drafts": DraftStore(directory),
        "marks": ModelMarks(),
        "theme": "aimltui-dark",
        "clock": lambda: float(server.now),
        # questions take keys at once, except in the tests of what they do not take
        "key_times": KeyTimes(stand_s=0, quiet_s=0, hold_s=0),
    }
    return Startup(**{**values, **changes})


@asynccontextmanager
async def seat(
    server: FakeTransport,
    directory: Path,
    *,
    size: tuple[int, int] = (120, 40),
    is_up: bool = True,
    **changes: Any,
) -> AsyncGenerator[Seat, None]:
    """Start the program, end it as a user would."""
    app = AimltuiApp(startup_over(server, directory, **changes))
    paint_at_rest(app)
    async with app.run_test(size=size) as pilot:
        follow(pilot)
        here = Seat(app, pilot, server)
        if is_up:
            await here.until(
                lambda: here.screen.workspace is not None and here.workspace.directory.is_loaded,
                "the connection",
            )
            # before that a message waits, and `idle` would not wait for it
            await here.until(lambda: here.screen.start_queue.is_open, "the first thread")
            await pilot.pause()
        else:
            paint(app)
        yield here
        if app.is_running and not app._exit:
            await app.action_quit()


class NoMistakes:
    """Fails if the program logged a mistake of its own."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def check(self) -> None:
        found = [record for record in self._caplog.records if record.levelno >= logging.ERROR]
        assert not found, "\n".join(f"{record.getMessage()} {record.exc_info}" for record in found)
