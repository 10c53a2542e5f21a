"""Stories: the program is started, led from stop to stop, and looked at in every size and theme at each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.widgets import Input, TextArea

from aimltui.client.client import AssistantsClient
from aimltui.tui.app import AimltuiApp
from aimltui.tui.startup import Connected
from aimltui.wire.usage import UsageReport
from tests.snapshot.picture import Picture, Size, take
from tests.support.builders import PATIENCE_S
from tests.support.fake_transport import FakeTransport
from tests.support.pictures import plot
from tests.support.run_scenes import Act
from tests.support.screen import STARTERS, Seat, startup_over

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (200, 60)
SIZES: tuple[Size, ...] = (MIDDLE, SMALL, LARGE)
DARK, LIGHT = "aimltui-dark", "aimltui-light"
THEMES = (DARK, LIGHT)

_AGAIN_S = 0.1
"""Seconds between two looks."""
_REST_LOOKS = 3
"""As many looks that show the same are rest."""
_HIDDEN = "-hidden-by-test"

Way = Callable[[Seat], Awaitable[None]]


@dataclass(frozen=True)
class Stop:
    """A state of the program that is looked at, and how one gets there from the stop before or from the main screen."""

    name: str
    go: Way
    screen: str = "MainScreen"
    """The class of the screen in front."""
    keeps_page: bool = False
    """Whether the page behind a panel is looked at, too. It has pictures of its own, and takes half of the time."""
    keeps_notices: bool = False
    """Whether it is about the notices at the edge of the screen, which must not end by themselves then."""
    sizes: Sequence[Size] = ()
    """Where it is looked at; empty for the sizes of its story."""
    stays: bool = False
    """Whether the way begins where the last stop was; it begins in the prompt of the main screen otherwise."""


@dataclass(frozen=True)
class Story:
    """A start of the program and its stops."""

    name: str
    stops: Sequence[Stop]
    scripts: Sequence[Sequence[Act]] = ()
    model: str | None = "demo"
    threads: Sequence[str] = ("Thesis outline", "Contract questions", "Regex for dates", "Unit tests")
    options: Mapping[str, object] = field(default_factory=dict)
    """Changes of the startup."""
    connected: Callable[[Path], Mapping[str, object]] = lambda folder: {}
    """What the program is connected with besides the server; takes a folder for its files."""
    prepare: Callable[[FakeTransport], None] = lambda server: None
    """Makes the server another one."""
    reports: Mapping[str, UsageReport] = field(default_factory=dict)
    sizes: Sequence[Size] = SIZES
    themes: Sequence[str] = THEMES

    def server(self) -> FakeTransport:
        """The server with what was said before."""
        server = FakeTransport()
        server.reports = dict(self.reports)
        server.now -= 50 * 3600
        for number, title in enumerate(self.threads):
            server.say(title, **({"pinned": "true"} if number == 1 else {}))
            server.now += 14 * 3600
        server.now += 3 * 3600
        server.files = {
            "file-plot": ("revenue.png", plot(320, 180)),
            "file-table": ("revenue.csv", b"month,revenue\n" * 3_400),
            "file-report": (
                "A report of the whole year with a rather long name, final version 3.docx",
                b"x" * 1_234_567,
            ),
        }
        server.scripts = [list(script) for script in self.scripts]
        self.prepare(server)
        return server

    def app(self, server: FakeTransport, folder: Path) -> AimltuiApp:
        """The program over the server."""
        more: dict[str, Any] = dict(self.connected(folder))

        async def connect() -> Connected:
            return Connected(AssistantsClient(server), "test server", self.model, STARTERS, **more)

        values: dict[str, Any] = {"theme": self.themes[0], "connect": connect, **self.options}
        return AimltuiApp(startup_over(server, folder, model=self.model, **values))

    async def walk(self, here: Seat, seen: Callable[[str, Size, str], Awaitable[None]]) -> None:
        """Go from stop to stop; at each of them call `seen` with its name in every size and theme."""
        await here.until(
            lambda: (
                here.screen.workspace is not None
                and here.workspace.directory.is_loaded
                and here.entries
                and here.screen.start_queue.is_open
            ),
            "the start",
        )
        themes = list(self.themes)
        for stop in self.stops:
            if not stop.stays:
                await go_home(here)
            await stop.go(here)
            await here.until(lambda stop=stop: type(here.app.screen).__name__ == stop.screen, stop.screen)  # type: ignore[misc]
            settle(here, keeps_notices=stop.keeps_notices)
            if stop.screen != "MainScreen" and not stop.keeps_page:
                hide_page(here)
            sizes = list(stop.sizes or self.sizes)
            # each change of the theme and the size takes a tenth of a second: there and back again has the fewest
            for theme in themes:
                here.app.theme = theme
                for size in sizes:
                    await (here.pilot.pause() if here.app.size == size else here.pilot.resize_terminal(*size))
                    await seen(stop.name, size, theme)
                sizes.reverse()
            themes.reverse()


def hide_page(here: Seat) -> None:
    """Empty the main screen behind a panel."""
    for widget in here.screen.children:
        if widget.display:
            widget.display = False
            widget.add_class(_HIDDEN)


def show_page(here: Seat) -> None:
    """Fill the main screen again."""
    for widget in here.screen.children:
        if widget.has_class(_HIDDEN):
            widget.remove_class(_HIDDEN)
            widget.display = True


async def go_home(here: Seat) -> None:
    """Close what is open before the main screen and beside the thread, and empty the prompt."""
    show_page(here)
    here.screen.run_pane().close()
    here.screen.side_document().close()
    while len(here.app.screen_stack) > 1:
        front = here.app.screen
        front.dismiss(None)
        await here.until(lambda front=front: here.app.screen is not front, "the end of a panel")  # type: ignore[misc]
    here.screen.prompt.load_draft("")
    here.screen.set_focus(here.screen.prompt)
    await here.pilot.pause()


async def look(here: Seat, wanted: Picture | None) -> Picture:
    """Look until the screen is as wanted, with a bound; for None until it is at rest. Returns what it shows then."""
    if wanted is None:
        return await _look_at_rest(here)
    shown = take(here.app)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while shown != wanted:
                await here.pilot.pause(_AGAIN_S)
                shown = take(here.app)
    except TimeoutError:
        pass
    return shown


async def _look_at_rest(here: Seat) -> Picture:
    """Look until nothing has changed for a moment."""
    shown, same = take(here.app), 0
    while same < _REST_LOOKS:
        await here.pilot.pause(_AGAIN_S)
        before, shown = shown, take(here.app)
        same = same + 1 if shown == before else 0
    return shown


def settle(here: Seat, *, keeps_notices: bool) -> None:
    """Remove what would go after some seconds, and have no cursor blink."""
    here.screen.end_hint()
    if not keeps_notices:
        here.app.clear_notifications()
    for box in here.app.screen.query("Input, TextArea"):
        assert isinstance(box, Input | TextArea)
        box.cursor_blink = False
