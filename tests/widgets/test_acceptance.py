"""What walking through the program as a new user brought to light."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.color import Color

from aimltui.tui.contrast import contrast
from aimltui.tui.screens.dialogs.palette import PaletteScreen
from aimltui.tui.state.entries import ErrorEntry
from aimltui.tui.storage.drafts import DraftStore
from aimltui.wire.threads import ListThreads
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import End, Hold, Say
from tests.support.screen import NoMistakes, Seat, seat

LONG = (
    Say(tuple(f"line {n}\n\n" for n in range(60)), ""),
    Hold(),
    Say(("new 1\n\nnew 2\n\nnew 3\n\n",)),
    End(),
)


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


def footer(here: Seat) -> str:
    return here.shown().splitlines()[-1]


async def test_text_that_streams_in_below_is_counted_though_the_runs_line_stands_under_it(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [LONG]
    async with seat(server, tmp_path) as here:
        await here.write("Count")
        await here.until(server.held.is_set)
        await here.until(lambda: "line 59" in here.shown())
        await here.pilot.press("pageup")
        await here.until(lambda: "more below" in here.shown())
        server.let_go()
        await here.idle()
        await here.until(lambda: "new lines below" in here.shown())
        assert here.screen.transcript.new_lines >= 5
        # in a prompt with text, end moves its cursor
        assert "end Latest" in here.shown()
        await here.pilot.press("x")
        await here.until(lambda: "below · ctrl+End" in here.shown() and "ctrl+end Latest" in here.shown())
        await here.pilot.press("ctrl+end")
        await here.until(lambda: "below" not in here.shown())
        assert here.screen.prompt.draft == "x"


async def test_up_in_an_empty_prompt_marks_a_starter_and_the_footer_says_what_enter_does(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await here.pilot.press("up")
        await here.until(lambda: footer(here).lstrip().startswith("enter Choose"))
        await here.pilot.press("up", "enter")
        await here.until(lambda: here.texts()[:1] == ["Hello!"])
        assert "enter Choose" not in footer(here)


async def test_a_real_model_offers_what_any_model_can_do_and_nothing_is_sent_before_it_is_finished(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path, model="openai/gpt-4o") as here:
        assert "Say hello" not in here.shown()
        await here.until(lambda: "Make a plan" in here.shown())
        await here.pilot.press("up", "enter")
        await here.until(lambda: here.screen.prompt.draft == "Make a short plan, step by step, for this: ")
        assert here.app.focused is here.screen.prompt
        assert not server.asked("create_message")


async def test_trying_again_in_vain_leaves_one_card(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path, model=None) as here:
        for _ in range(3):
            await here.pilot.press("enter") if here.screen.prompt.draft else await here.write("Hello?")
            await here.until(lambda: here.screen.prompt.draft == "Hello?")
        assert sum(isinstance(entry, ErrorEntry) for entry in here.entries) == 1


async def test_the_palette_offers_everything_from_the_list_and_acts_on_the_thread_under_the_cursor(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.say("Corn")
    wheat = server.say("Wheat")
    DraftStore(tmp_path).note_last_thread(wheat)
    async with seat(server, tmp_path) as here:
        await here.pilot.press("ctrl+s", "ctrl+s", "down", "ctrl+p")
        assert isinstance(here.app.screen, PaletteScreen)
        assert "New thread" in here.shown()
        assert "Choose the model" in here.shown()
        await here.pilot.press(*"pin", "enter")
        await here.until(lambda: here.rows()["Corn"].group == "Pinned")
        assert here.rows()["Wheat"].group != "Pinned"


async def test_a_key_typed_right_after_the_one_that_opens_the_list_searches_there(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.say("Corn")
    for size in ((120, 40), (80, 24)):
        async with seat(server, tmp_path, size=size, new=True) as here:
            await here.pilot.press("ctrl+s", "ctrl+s", "c", "o")
            assert here.screen.threads.search_text == "co"
            assert here.screen.prompt.draft == ""


async def test_what_is_typed_while_the_start_takes_long_is_neither_doubled_nor_lost(
    server: FakeTransport, tmp_path: Path
) -> None:
    DraftStore(tmp_path).save("new", "kept")
    go_on = asyncio.Event()
    read = server.call

    async def slowly(name: str, params: object) -> object:
        if isinstance(params, ListThreads):
            await go_on.wait()
        return await read(name, params)  # type: ignore[arg-type]

    server.call = slowly  # type: ignore[assignment,method-assign]
    async with seat(server, tmp_path, is_up=False) as here:
        await here.until(lambda: here.screen.workspace is not None)
        await here.pilot.press("h", "i")
        await here.pilot.pause(0.5)  # the pause after which a draft is kept
        assert DraftStore(tmp_path).open("new") == "kept"
        go_on.set()
        await here.until(lambda: here.screen.prompt.draft == "kept\nhi")


async def test_a_long_name_of_an_assistant_is_cut_and_not_dropped(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path, size=(120, 30)) as here:
        here.screen.header.assistant = "An assistant whose name goes on and on " * 3
        await here.pilot.pause()
        top = here.shown().splitlines()[0]
        assert "An assistant whose" in top
        assert "New thread" in top
        assert "test server" in top


async def test_leaving_the_choice_of_themes_keeps_following_the_terminal(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path, theme="auto") as here:
        here.screen.action_pick_theme()
        await here.pilot.press("down", "down", "escape")
        await here.until(lambda: here.app.screen is here.screen)
        assert here.app.theme_choice == "auto"


async def test_ascii_signs_are_all_there_is(server: FakeTransport, tmp_path: Path) -> None:
    server.say("Corn")
    async with seat(server, tmp_path, glyphs="ascii") as here:
        for keys in ((), ("ctrl+p",), ("escape", "ctrl+l"), ("escape", "f1"), ("escape", "ctrl+s")):
            await here.pilot.press(*keys)
            await here.pilot.pause()
            assert here.shown().isascii(), {sign for sign in here.shown() if not sign.isascii()}


async def test_muted_text_is_readable_and_weaker_in_every_theme(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        for name, theme in here.app.available_themes.items():
            if theme.ansi:
                continue
            here.app.theme = name
            found = here.app.get_css_variables()
            muted, panel = Color.parse(found["text-muted"]), Color.parse(found["panel"])
            assert contrast(muted, panel) >= 4.4, name
        here.app.theme = "aimltui-light"
        await here.pilot.pause()
        under_cursor = next(iter(here.screen.prompt.render_line(0))).style
        assert under_cursor is not None
        assert under_cursor.color is not None
        assert under_cursor.bgcolor is not None
        ink, ground = map(Color.from_rich_color, (under_cursor.color, under_cursor.bgcolor))
        assert contrast(ink, ground) >= 4.5, "the letter under the prompt's cursor"


async def test_a_thousand_threads_open_as_fast_as_a_few_and_all_get_into_the_list(
    server: FakeTransport, tmp_path: Path
) -> None:
    first = server.say("The very first")
    for number in range(250):
        server.say(f"Thread {number}")
    DraftStore(tmp_path).note_last_thread(first)
    async with seat(server, tmp_path) as here:
        await here.until(lambda: "The very first" in here.rows())
        assert len(here.rows()) == 251
        assert here.texts()[0] == "The very first"


async def test_what_is_copied_is_what_one_sees_and_nothing_that_a_terminal_obeys(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        here.screen.copy("ls\x1b[201~\n\tcd \u202e/\x9b2J\ud800")
        assert here.app.clipboard == "ls\n\tcd /\ufffd"
