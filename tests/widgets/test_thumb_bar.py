from __future__ import annotations

import pytest
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from aimltui.tui.line_filters import SafeLineFilter
from aimltui.tui.state.entries import Added, Appended, MessageEntry
from aimltui.tui.widgets.transcript import Transcript
from aimltui.tui.widgets.transcript.thumb_bar import ThumbBar


class Bare(App[None]):
    """A transcript and nothing else."""

    def compose(self) -> ComposeResult:
        yield Transcript()

    def get_line_filters(self):  # type: ignore[no-untyped-def]
        return [*super().get_line_filters(), SafeLineFilter()]


def looks(strips: list[Strip]) -> list[list[tuple[str, Style | None]]]:
    """What each cell shows, and what a press of the mouse on it does, which is part of the style."""
    return [[(text, style) for text, style, _ in strip] for strip in strips]


@pytest.mark.parametrize("height", [20, 24, 25, 90, 4_000])
async def test_it_shows_what_the_scrollbar_of_textual_shows(height: int) -> None:
    app = Bare()
    async with app.run_test(size=(60, 24)) as pilot:
        transcript = app.query_one(Transcript)
        transcript.show([MessageEntry("m", "user", "You", text="\n\n".join(["line"] * 60))])
        await pilot.pause()
        bar = transcript.vertical_scrollbar
        whole = bar.size.region
        for place in range(0, max(1, height - 23), max(1, height // 7)):
            bar.place(height, 24, place)
            bar._styles_cache.clear()
            assert looks(bar.render_lines(whole)) == looks(Widget.render_lines(bar, whole))
            part = Region(0, 5, 1, 9)
            assert looks(bar.render_lines(part)) == looks(bar.render_lines(whole))[5:14]


async def test_it_takes_a_colour_that_changes_around_it() -> None:
    app = Bare()
    async with app.run_test(size=(60, 24)) as pilot:
        transcript = app.query_one(Transcript)
        transcript.show([MessageEntry("m", "user", "You", text="\n\n".join(["line"] * 60))])
        await pilot.pause()
        bar = transcript.vertical_scrollbar
        whole = bar.size.region
        before = looks(bar.render_lines(whole))
        app.screen.styles.color = "red"
        bar._styles_cache.clear()
        assert looks(bar.render_lines(whole)) == looks(Widget.render_lines(bar, whole)) != before


async def test_it_paints_no_cell_that_stays_as_it_is_and_every_one_that_changes() -> None:
    app = Bare()
    async with app.run_test(size=(60, 24)) as pilot:
        transcript = app.query_one(Transcript)
        transcript.show([MessageEntry(f"m{n}", "user", "You", text="a line\n\n" * 20) for n in range(20)])
        transcript.apply([Added(20, MessageEntry("a", "assistant", "Bench", streaming=True))])
        await pilot.pause()
        bar = transcript.vertical_scrollbar
        painted = 0
        for _ in range(30):
            before = looks(bar.render_lines(bar.size.region))
            bar._exchange_repaint_regions()
            transcript.apply([Appended("a", "one more line\n\n")])
            after = looks(bar.render_lines(bar.size.region))
            rows = {y for region in bar._exchange_repaint_regions() for y in region.line_range}
            changed = {y for y, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
            assert changed <= rows
            painted += len(rows)
        assert painted < 30


async def test_it_fits_a_window_of_another_size() -> None:
    app = Bare()
    async with app.run_test(size=(60, 24)) as pilot:
        transcript = app.query_one(Transcript)
        transcript.show([MessageEntry("m", "user", "You", text="\n\n".join(["line"] * 60))])
        await pilot.resize_terminal(60, 12)
        await pilot.pause()
        bar = transcript.vertical_scrollbar
        assert isinstance(bar, ThumbBar)
        assert bar.size == Size(1, 12)
        assert len(bar.render_lines(bar.size.region)) == 12
