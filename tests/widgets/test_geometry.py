"""All sheets stand in one place: the same top edge and width, a title, a blank line over the keys; none moves while one types."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.widget import Widget
from textual.widgets import Input

from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen, ThemeScreen
from aimltui.tui.screens.dialogs.files import FilesScreen
from aimltui.tui.screens.dialogs.sheet import Sheet
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.line_input import LineInput
from aimltui.tui.widgets.room import Room
from aimltui.tui.widgets.title_line import TitleLine
from tests.support.fake_connections import AIMLAPI, OLLAMA, FakeConnections
from tests.support.fake_transport import FakeTransport
from tests.support.screen import Seat, seat

SHEETS = (
    "show_palette",
    "pick_model",
    "pick_assistant",
    "connections",
    "show_usage",
    "show_files",
    "search",
    "show_trash",
    "search_history",
    "switch_tools",
    "run_options",
    "rename_thread",
    "show_help",
    "show_settings",
)


class BarApp(App[None]):
    CSS = "FooterBar { background: black; color: white; }"

    def __init__(self) -> None:
        super().__init__()
        self.clicked: list[FooterItem] = []

    def compose(self) -> ComposeResult:
        yield FooterBar()

    def on_footer_bar_clicked(self, event: FooterBar.Clicked) -> None:
        self.clicked.append(event.item)

    def get_css_variables(self) -> dict[str, str]:
        return {**super().get_css_variables(), "footer-background": "black"}


LONG_HINT, LONG_TITLE = "search, or paste the path of a file", "Does the model get tools in this thread?"


class LongApp(App[None]):
    CSS = ".sheet-title { height: 1; text-wrap: nowrap; }"

    def compose(self) -> ComposeResult:
        yield LineInput(placeholder=LONG_HINT, compact=True)
        yield TitleLine(LONG_TITLE, classes="sheet-title")


def line_text(widget: Widget) -> str:
    return widget.render_line(0).text.strip()


def check(here: Seat, what: str, top: int) -> tuple[int, int, int, int]:
    """Judge the sheet on the screen; return its place and size."""
    screen = here.app.screen
    assert isinstance(screen, Sheet), what
    width, height = here.app.size
    sheet, bar = screen.query_one(".sheet"), screen.query_one(FooterBar)
    region = sheet.region
    assert region.y == top, what
    assert region.width == min(100 if screen.IS_WIDE else 72, width), what
    assert region.x == (width - region.width) // 2, what
    assert region.bottom <= height, what
    assert str(screen.query_one(".sheet-title").render()).strip(), what
    lines = here.shown().splitlines()
    assert bar.region.bottom == region.bottom - (1 if top == 3 else 0), what
    assert not lines[bar.region.y - 1][region.x : region.right].strip(), what
    return region.x, region.y, region.width, region.height


@pytest.mark.parametrize(("size", "top", "sheets"), [((120, 40), 3, SHEETS), ((80, 24), 1, SHEETS[::4])])
async def test_every_sheet_stands_in_the_same_place_and_stays_there(
    size: tuple[int, int], top: int, sheets: tuple[str, ...], tmp_path: Path
) -> None:
    server = FakeTransport()
    thread = server.say("Hello")
    service = FakeConnections(there=[AIMLAPI, OLLAMA])
    async with seat(server, tmp_path, size=size, thread_id=thread, connections=service) as here:
        for what in sheets:
            await here.screen.run_action(what)
            await here.until(lambda: isinstance(here.app.screen, Sheet), what)
            before = check(here, what, top)
            if isinstance(here.app.focused, Input) and what != "rename_thread":
                await here.pilot.press("z", "q")
                await here.pilot.pause()
                assert check(here, what, top) == before
            await here.alive()
            while here.app.screen is not here.screen:
                await here.pilot.press("escape")


async def test_themes_stand_at_the_side_of_a_page_that_is_not_dimmed(tmp_path: Path) -> None:
    server = FakeTransport()
    thread = server.say("Hello")
    async with seat(server, tmp_path, thread_id=thread) as here:
        await here.screen.run_action("pick_theme")
        await here.until(lambda: isinstance(here.app.screen, ThemeScreen))
        sheet = here.app.screen.query_one(".sheet")
        assert (sheet.region.right, sheet.region.height) == (120, 40)
        assert here.app.screen.styles.background.a == 0
        await here.pilot.press(*"nord")
        await here.until(lambda: here.app.theme == "nord")
        await here.pilot.press("escape")
        await here.until(lambda: here.app.theme == "aimltui-dark")


async def test_text_and_prompt_stand_in_the_middle_of_a_wide_screen(tmp_path: Path) -> None:
    server = FakeTransport()
    server.say("Hello")
    async with seat(server, tmp_path, size=(200, 60)) as here:
        screen, room = here.screen, here.screen.query_one(Room)
        side = (room.region.width - 104) // 2
        await here.until(lambda: screen.prompt.region.width == 104)
        assert screen.prompt.region.x == screen.transcript.region.x == room.region.x + side
        page = next(y for y, line in enumerate(here.shown().splitlines()) if "answers with" in line)
        assert 10 < page < 25
        # the keys of the list act on the row under the cursor, though no thread is open
        screen.set_focus(screen.threads)
        await here.until(lambda: "Rename" in here.shown())
        screen.set_focus(screen.prompt)
        await here.write("Hello again")
        await here.idle()
        await here.until(lambda: screen.transcript.region.y == screen.header.region.bottom + 1)
        await here.pilot.resize_terminal(120, 40)
        await here.until(lambda: screen.prompt.region.width == room.region.width)


async def test_stop_stands_at_the_end_of_the_footer_and_can_be_clicked_there() -> None:
    stop, new = FooterItem("esc", "Stop", "stop"), FooterItem("ctrl+n", "New", "new_thread")
    app = BarApp()
    async with app.run_test(size=(60, 5)) as pilot:
        bar = app.query_one(FooterBar)
        bar.set_items((new, stop))
        await pilot.pause()
        text = str(bar.render())
        assert text.startswith("ctrl+n New ")
        assert text.endswith(" esc Stop")
        assert len(text) == bar.content_size.width
        await pilot.click(FooterBar, offset=(56, 0))
        await pilot.click(FooterBar, offset=(3, 0))
        await pilot.click(FooterBar, offset=(30, 0))
        assert app.clicked == [stop, new]


async def test_titles_and_hints_of_empty_fields_that_are_too_long_end_after_a_word() -> None:
    app = LongApp()
    async with app.run_test(size=(20, 3)) as pilot:
        assert [line_text(app.query_one(LineInput)), line_text(app.query_one(TitleLine))] == [
            "search, or paste…",
            "Does the model get…",
        ]
        await pilot.resize_terminal(50, 3)
        assert line_text(app.query_one(LineInput)) == LONG_HINT
        assert line_text(app.query_one(TitleLine)) == LONG_TITLE


async def test_a_panel_over_a_wider_one_stands_alone_on_the_page(tmp_path: Path) -> None:
    server = FakeTransport()
    server.say("Hello")
    async with seat(server, tmp_path) as here:

        async def open_choice() -> str:
            await here.app.push_screen(ChoiceScreen("Where does it go?", [ChoiceRow("a", "Here")]))
            await here.until(lambda: "Where does it go?" in here.shown())
            return here.shown()

        alone = await open_choice()
        await here.pilot.press("escape")
        await here.screen.run_action("show_files")
        await here.until(lambda: isinstance(here.app.screen, FilesScreen))
        files = here.app.screen
        assert files.query_one(".sheet").region.width == 100
        below = here.shown()
        assert await open_choice() == alone
        await here.pilot.resize_terminal(100, 40)
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is files and files.query_one(".sheet").region.x == 0)
        await here.pilot.resize_terminal(120, 40)
        await here.until(lambda: here.shown() == below)
