"""The layout of a screen for what its widgets hold now."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from aimltui.tui.screens.current_size import CurrentSize


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
