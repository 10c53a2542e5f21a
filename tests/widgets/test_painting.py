"""Painting text that streams in at once, and leaving it to Textual where something else comes first."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from aimltui.tui.compositor import DamageCompositor, StripsUpdate, painted_at_once
from aimltui.tui.screens.selecting import SelectingScreen
from aimltui.tui.state.entries import Appended, MessageEntry
from aimltui.tui.widgets.transcript import Transcript


class Page(SelectingScreen):
    def compose(self) -> ComposeResult:
        yield Transcript()


class Painted(App[None]):
    """Notes what is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[str] = []

    def get_default_screen(self) -> Page:
        return Page()

    def _display(self, screen: Screen[object], renderable: object) -> None:
        if isinstance(renderable, StripsUpdate):
            self.frames.append(renderable.render_segments(self.console))
        super()._display(screen, renderable)  # type: ignore[arg-type]

    @property
    def transcript(self) -> Transcript:
        return self.screen.query_one(Transcript)

    def say(self, text: str) -> None:
        with painted_at_once(self.transcript, self.transcript.vertical_scrollbar):
            self.transcript.apply([Appended("m", text)])


async def test_text_is_painted_without_waiting_and_once() -> None:
    app = Painted()
    async with app.run_test(size=(60, 24)) as pilot:
        app.transcript.show([MessageEntry("m", "assistant", "A", text="Begin", streaming=True)])
        await pilot.pause()
        for number in range(30):
            app.frames.clear()
            app.say(f"\n\nword{number}")
            assert [f"word{number}" in frame for frame in app.frames] == [True]
        await pilot.pause()
        assert len(app.frames) == 1
        assert isinstance(app.screen._compositor, DamageCompositor)
        assert not app.screen._compositor._dirty_regions


async def test_text_waits_for_a_layout_and_is_painted_then() -> None:
    app = Painted()
    async with app.run_test(size=(60, 24)) as pilot:
        app.transcript.show([MessageEntry("m", "assistant", "A", text="Begin", streaming=True)])
        await pilot.pause()
        app.frames.clear()
        app.screen.refresh(layout=True)
        app.say("\n\nword")
        assert not app.frames
        app.transcript.refresh()
        await pilot.pause()
        lines = [
            "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
        ]
        assert any("word" in line for line in lines)


async def test_text_behind_another_screen_is_not_painted_over_it() -> None:
    app = Painted()
    async with app.run_test(size=(60, 24)) as pilot:
        page, transcript = app.screen, app.transcript
        transcript.show([MessageEntry("m", "assistant", "A", text="Begin", streaming=True)])
        await app.push_screen(Screen())
        await pilot.pause()
        app.frames.clear()
        with painted_at_once(transcript, transcript.vertical_scrollbar):
            transcript.apply([Appended("m", "\n\nword")])
        await pilot.pause()
        assert not any("word" in frame for frame in app.frames)
        await app.pop_screen()
        await pilot.pause()
        assert app.screen is page
        lines = ["".join(segment.text for segment in strip) for strip in page._compositor.render_strips()]
        assert any("word" in line for line in lines)


class Over(SelectingScreen):
    """Text of wide characters, and a panel that covers half of one in each line."""

    def compose(self) -> ComposeResult:
        yield Static("漢字" * 10 + "\n" + "漢字" * 10, id="text")
        yield Static("covers\ncovers", id="panel")


class Covered(Painted):
    CSS = """
    Over { layers: base over; }
    #panel { layer: over; dock: left; width: 7; height: 2; }
    """

    def get_default_screen(self) -> Over:  # type: ignore[override]
        return Over()


async def test_a_wide_character_is_whole_again_when_what_covered_half_of_it_is_gone() -> None:
    app = Covered()
    async with app.run_test(size=(60, 24)) as pilot:
        await pilot.pause()
        app.frames.clear()
        app.screen.query_one("#panel").display = False
        await pilot.pause()
        painted = "".join(app.frames)
        assert painted.count("漢字漢字") >= 2, repr(painted)
        assert "漢字漢 " not in painted, "a part that ends within a character erases it"
