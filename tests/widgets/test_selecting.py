"""Selecting with the mouse: by dragging, by double and triple clicks, in the transcript and in the prompt."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.tui.widgets.transcript import Transcript
from tests.support.fake_transport import FakeTransport
from tests.support.screen import Seat, seat

LINES = [f"line number {number}" for number in range(200)]


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


async def with_lines(here: Seat) -> Transcript:
    await here.until(lambda: LINES[-1] in here.shown())
    return here.screen.transcript


def place_of(here: Seat, text: str) -> tuple[int, int]:
    for y, line in enumerate(here.shown().split("\n")):
        # the header repeats the first words
        if y and text in line:
            return line.rindex(text), y
    raise AssertionError(f"{text!r} is not on the screen:\n{here.shown()}")


async def drag(here: Seat, start: tuple[int, int], *ends: tuple[int, int]) -> None:
    await here.pilot.mouse_down(offset=start)
    for end in ends:
        await here.pilot.hover(offset=end)
    await here.pilot.pause()


async def test_a_drag_to_the_footer_takes_none_of_its_words_and_scrolls(
    server: FakeTransport, tmp_path: Path
) -> None:
    thread = server.say("\n\n".join(LINES))
    async with seat(server, tmp_path, thread_id=thread) as here:
        transcript = await with_lines(here)
        transcript.scroll_to(y=20)
        await here.pilot.pause()
        start = transcript.scroll_offset.y
        x, y = transcript.region.x + 4, transcript.region.y + 3
        height = here.app.size.height
        await drag(here, (x, y), (x, y + 5), (x + 9, height - 1))
        await here.until(lambda: transcript.scroll_offset.y > start + 10)
        selected = here.screen.get_selected_text() or ""
        await here.pilot.mouse_up(offset=(x + 9, height - 1))
        assert "ctrl+n" not in selected
        assert "Message" not in selected
        # what has scrolled in under the pointer is selected, too
        await here.until(lambda: len((here.screen.get_selected_text() or "").split("\n")) > 20)
        assert here.app.clipboard == here.screen.get_selected_text()


async def test_a_drag_to_the_header_scrolls_back(server: FakeTransport, tmp_path: Path) -> None:
    thread = server.say("\n\n".join(LINES))
    async with seat(server, tmp_path, thread_id=thread) as here:
        transcript = await with_lines(here)
        start = transcript.scroll_offset.y
        x, y = transcript.region.x + 4, transcript.region.y + 5
        await drag(here, (x, y), (x, y - 3), (x, 0))
        await here.until(lambda: transcript.scroll_offset.y < start - 10)
        await here.pilot.mouse_up(offset=(x, 0))
        assert "Assistant ▸" not in (here.screen.get_selected_text() or "")


async def test_a_drag_to_the_sidebar_stays_in_the_transcript(server: FakeTransport, tmp_path: Path) -> None:
    thread = server.say("alpha beta, so long that the list shows no more of it\n\ngamma delta")
    async with seat(server, tmp_path, thread_id=thread) as here:
        await here.until(lambda: "gamma" in here.shown())
        x, y = place_of(here, "delta")
        await drag(here, (x, y), (x - 2, y), (1, y))
        await here.pilot.mouse_up(offset=(1, y))
        assert here.screen.get_selected_text() == "gamma d"


async def test_a_double_click_copies_a_word_and_a_triple_click_a_paragraph(
    server: FakeTransport, tmp_path: Path
) -> None:
    paragraph = "a paragraph of words that is longer than the pane is wide " * 3 + "end"
    thread = server.say(f"before\n\n{paragraph}\n\nafter")
    async with seat(server, tmp_path, thread_id=thread) as here:
        await here.until(lambda: "after" in here.shown())
        x, y = place_of(here, "▌ end")
        await here.pilot.click(offset=(x + 3, y), times=2)
        await here.until(lambda: here.app.clipboard == "end")
        await here.pilot.click(offset=(x + 3, y), times=3)
        await here.until(lambda: here.app.clipboard == paragraph)


async def test_what_the_mouse_selects_in_the_prompt_is_copied_and_stays_selected(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        here.screen.prompt.add_text("one two-three four\nsecond line")
        await here.pilot.pause()
        x, y = place_of(here, "one two")
        await drag(here, (x, y), (x + 3, y))
        await here.pilot.mouse_up(offset=(x + 3, y))
        await here.until(lambda: here.app.clipboard == "one")
        assert here.screen.prompt.selected_text == "one"
        await here.pilot.click(offset=(x + 6, y), times=2)
        await here.until(lambda: here.app.clipboard == "two-three")
        await here.pilot.click(offset=(x + 6, y), times=3)
        await here.until(lambda: here.app.clipboard == "one two-three four")
        await here.pilot.click(offset=(x + 1, y))
        assert here.screen.prompt.selected_text == ""
        assert here.app.clipboard == "one two-three four"


async def test_without_auto_copy_the_mouse_only_selects(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path, auto_copy=False) as here:
        here.screen.prompt.add_text("one two")
        await here.pilot.pause()
        x, y = place_of(here, "one two")
        await here.pilot.click(offset=(x, y), times=2)
        await here.pilot.pause()
        assert here.screen.prompt.selected_text == "one"
        assert here.app.clipboard == ""


async def test_it_is_said_that_nobody_confirmed_the_copy(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path) as here:
        here.screen.copy("one\ntwo")
        await here.until(lambda: "Sent 2 lines to the terminal's clipboard" in here.shown())
