"""Screens that are looked at in every size and both themes, by one program that is resized and themed between pictures.

After a change that is meant: `pytest --snapshot-update`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from pytest_textual_snapshot import normalize_svg
from textual.widgets import Input, TextArea

from aimltui.tui.app import AimltuiApp
from aimltui.tui.state.entries import MessageEntry
from aimltui.tui.widgets.slash_list import SlashList
from aimltui.wire.branches import BranchPlace
from tests.snapshot.scenes import DARK, FINISHED, LARGE, LIGHT, MIDDLE, SMALL, Scene, Size, ask, search_words
from tests.snapshot.test_scenes import utc
from tests.support.builders import PATIENCE_S
from tests.support.painting import follow, paint_at_rest
from tests.support.screen import Seat, startup_over

__all__ = ["utc"]
PICTURES = Path(__file__).parent / "walk"
SIZES: tuple[Size, ...] = (SMALL, MIDDLE, LARGE)
SCENE = Scene("walk", ask, scripts=(FINISHED,))


async def with_branches(here: Seat) -> None:
    await ask(here)
    conversation = here.workspace.current
    asked = next(
        entry for entry in reversed(here.entries) if isinstance(entry, MessageEntry) and entry.role == "user"
    )
    place = BranchPlace(after=asked.id, number=2, threads=["thread_a", conversation.thread_id or ""])
    conversation.buffer.add(conversation.view.show_branches([place], shows_end=False), at_once=True)
    await here.until(lambda: "2/2" in here.shown())


async def a_command(here: Seat) -> None:
    await here.pilot.press("/", "t", "h")
    await here.until(lambda: here.screen.query_one(SlashList).is_open)


async def found(here: Seat) -> None:
    here.screen.prompt.load_draft("")
    await here.pilot.press("ctrl+f", *"the")
    await here.until(lambda: " of " in here.shown())


async def searched(here: Seat) -> None:
    await here.pilot.press("escape")
    await search_words(here)


STOPS: dict[str, Callable[[Seat], Awaitable[None]]] = {
    "branches": with_branches,
    "slash": a_command,
    "found": found,
    "search": searched,
}


def names() -> Iterator[tuple[str, Size, str]]:
    """The pictures of a stop: how its name ends, size and theme."""
    # to change the theme takes longer than to change the size
    for theme in (DARK, LIGHT):
        for width, height in SIZES:
            yield f"{width}x{height}-{theme.removeprefix('aimltui-')}.svg", (width, height), theme


def agreed(name: str) -> str:
    """A picture as it was agreed on; empty if there is none."""
    picture = PICTURES / name
    return normalize_svg(picture.read_text(encoding="utf-8")) if picture.exists() else ""


async def look(here: Seat, wanted: str | None) -> str:
    """Look until the screen is as wanted, with a bound, or for None until it is at rest; what it shows then."""
    shown, before = "", "-"
    try:
        async with asyncio.timeout(PATIENCE_S):
            while shown != before if wanted is None else shown != wanted:
                before = shown
                await here.pilot.pause()
                for box in here.app.screen.query("Input, TextArea"):
                    assert isinstance(box, Input | TextArea)
                    box.cursor_blink = False
                shown = normalize_svg(here.app.export_screenshot(title="aimltui"))
    except TimeoutError:
        return shown
    return shown


async def test_each_stop_looks_in_every_size_and_theme_as_was_agreed(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    is_update = bool(request.config.getoption("update_snapshots"))
    server = SCENE.server()
    app = AimltuiApp(startup_over(server, tmp_path, model=SCENE.model, theme=DARK))
    paint_at_rest(app)
    seen: dict[str, str] = {}
    async with app.run_test(size=SMALL) as pilot:
        follow(pilot)
        here = Seat(app, pilot, server)
        await here.until(
            lambda: here.screen.workspace is not None and here.workspace.directory.is_loaded and here.entries
        )
        for stop, go in STOPS.items():
            await pilot.resize_terminal(*MIDDLE)
            await go(here)
            for end, size, theme in names():
                name = f"{stop}-{end}"
                await pilot.resize_terminal(*size)
                app.theme = theme
                wanted = None if is_update else agreed(name)
                seen[name] = await look(here, wanted)
                assert wanted in (None, seen[name]), f"{name} shows now:\n{here.shown()}"
    for name, picture in seen.items() if is_update else ():
        (PICTURES / name).write_text(picture, encoding="utf-8")


def test_no_picture_is_left_over() -> None:
    assert {file.name for file in PICTURES.iterdir()} == {
        f"{stop}-{name}" for stop in STOPS for name, _, _ in names()
    }
