"""The layout of a screen for what its widgets hold now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Static

from aimltui.tui.screens.current_size import CurrentSize
from aimltui.tui.screens.dialogs import sheet
from aimltui.tui.screens.dialogs.sheet import Sheet
from aimltui.tui.widgets.pick_list import PickList, PickRow
from tests.widgets.test_modals import ModalApp


class Page(CurrentSize, Screen[None]):
    def compose(self) -> ComposeResult:
        yield Horizontal()


class Pages(App[None]):
    def get_default_screen(self) -> Page:
        return Page()


async def test_a_text_that_changes_before_and_after_a_layout_has_its_width() -> None:
    async with Pages().run_test(size=(60, 10)) as pilot:
        row = pilot.app.screen.query_one(Horizontal)
        text = Static("one")
        text.styles.width = "auto"
        await row.mount(text)
        await pilot.pause()
        text.update("two words")
        # a layout for the sake of another widget, before this one has told the screen of its wish
        mounting = row.mount(Static())
        pilot.app.screen._refresh_layout()
        text.update("three words and more")
        await mounting
        await pilot.pause()
        assert text.size.width == len("three words and more")


class _Told(CurrentSize, Screen[None]):
    """Notes its classes for the terminal's height whenever it is laid out, and for what it was fitted."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012  # Textual's own form

    def __init__(self) -> None:
        super().__init__()
        self.laid_out: list[tuple[bool, bool]] = []

    def _refresh_layout(self, *args: Any, **options: Any) -> None:
        self.laid_out.append((self.has_class("-short"), self.has_class("-tall")))
        super()._refresh_layout(*args, **options)


async def test_a_screen_knows_its_size_from_the_first_frame_on() -> None:
    for height, wanted in ((15, (True, False)), (40, (False, True))):
        app = App[None]()
        async with app.run_test(size=(80, height)) as pilot:
            panel = _Told()
            await app.push_screen(panel)
            await pilot.pause()
            assert panel.laid_out
            assert set(panel.laid_out) == {wanted}
            await pilot.resize_terminal(80, 55 - height)
            await pilot.pause()
            assert panel.laid_out[-1] == (not wanted[0], not wanted[1])


class _Panel(Sheet[None]):
    """Notes where it is at each layout."""

    CSS_PATH = Path(sheet.__file__).with_name("sheet.tcss")
    SCROLLS = "PickList"

    def __init__(self) -> None:
        super().__init__("A panel")
        self.places: list[Region] = []

    def body(self) -> list[PickList]:
        found = PickList()
        found.set_lines([PickRow(str(number), f"row {number}") for number in range(60)])
        return [found]

    def _refresh_layout(self, *args: Any, **options: Any) -> None:
        super()._refresh_layout(*args, **options)
        self.places.append(self.query_one(".sheet").region)


async def test_a_panel_opens_where_it_stays() -> None:
    for size in ((80, 15), (80, 24), (120, 40)):
        app = ModalApp()
        async with app.run_test(size=size) as pilot:
            panel = _Panel()
            await app.push_screen(panel)
            await pilot.pause()
            assert panel.places[0].height > 1
            assert len(set(panel.places)) == 1
