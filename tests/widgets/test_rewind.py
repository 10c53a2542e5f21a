"""Esc twice in an empty prompt: an earlier message comes back, and the thread branches there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aimltui.tui.screens.dialogs.choice import RewindScreen
from aimltui.tui.state.dead_time import KeyTimes
from tests.support.fake_model import FakeModel, says
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import End, Hold, Say
from tests.support.screen import NoMistakes, Seat, seat
from tests.widgets.test_branches import marks, say, window

TWICE = ("escape", "escape")


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


def stopped() -> KeyTimes:
    """The times of keys that all come in the same moment, however slow the machine is."""
    return KeyTimes(lambda: 0.0, stand_s=0, quiet_s=0, hold_s=0)


def is_open(here: Seat) -> bool:
    return isinstance(here.app.screen, RewindScreen)


async def test_the_chosen_message_is_edited_and_begins_a_branch(tmp_path: Path) -> None:
    answers = [says(f"answer {number}") for number in range(1, 4)]
    async with window(tmp_path, FakeModel(*answers), key_times=stopped()) as here:
        await say(here, "First?", "First?", "answer 1")
        await say(here, "Second?", "First?", "answer 1", "Second?", "answer 2")
        await here.pilot.press("escape")
        assert "Press esc again to go back to one of your messages." in here.shown()
        await here.pilot.press("escape")
        await here.until(lambda: is_open(here), "the list")
        screen = here.app.screen
        assert isinstance(screen, RewindScreen)
        row = screen.pick_list.cursor_row
        assert row is not None
        assert row.label == "Second?", "the newest is selected"
        await here.pilot.press("escape")
        await here.until(lambda: not is_open(here), "the end of the list")
        assert here.screen.prompt.is_empty
        assert here.screen.editing.message_id is None

        await here.pilot.press(*TWICE)
        await here.until(lambda: is_open(here), "the list")
        await here.pilot.press("down", "enter")
        await here.until(lambda: here.screen.prompt.text == "First?", "the message in the prompt")
        assert "editing an earlier message" in here.shown()
        assert here.screen.focused is here.screen.prompt
        here.screen.prompt.load_draft("Third?")
        await here.pilot.press("enter")
        await here.until(lambda: here.texts() == ["Third?", "answer 3"], "the branch")
        await here.idle()
        await here.until(lambda: marks(here) == {"Third?": (2, 2)}, "the mark")

        # a branch is named in the list, and the command opens it too
        await here.write("/rewind")
        await here.until(lambda: is_open(here) and "2/2" in here.shown(), "the list")
        await here.pilot.press("escape")


async def test_nothing_opens_where_nothing_was_sent_or_where_something_is_written(tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path, key_times=stopped()) as here:
        await here.pilot.press(*TWICE)
        await here.until(lambda: "There is no message here yet." in here.shown(), "the hint")
        assert not is_open(here)
        here.screen.prompt.add_text("half a thought")
        await here.pilot.press(*TWICE, *TWICE)
        assert not is_open(here)
        assert here.screen.prompt.text == "half a thought"


async def test_while_an_answer_is_written_esc_stops_it_and_another_key_between_begins_anew(
    tmp_path: Path,
) -> None:
    server = FakeTransport()
    server.scripts = [[Say(("one ", "two "), ""), Hold(), End()]]
    async with seat(server, tmp_path, key_times=stopped()) as here:
        server.held.clear()
        await here.write("Go on")
        await here.until(server.held.is_set, "the middle of the answer")
        await here.pilot.press("escape")
        await here.idle()
        assert here.workspace.current.view.runs.latest is not None
        assert here.workspace.current.view.runs.latest.status == "cancelled"
        assert not is_open(here)
        await here.pilot.press("escape")
        assert not is_open(here), "the key that stopped was not the first of two"
        await here.pilot.press("x", "backspace", "escape")
        assert not is_open(here)
        await here.pilot.press("escape")
        await here.until(lambda: is_open(here), "the list")


async def test_messages_that_were_not_read_yet_come_into_the_open_list(tmp_path: Path) -> None:
    server = FakeTransport()
    thread_id = server.say("Question 0")
    for number in range(1, 80):
        server.say(f"Question {number}", thread_id)
    async with seat(server, tmp_path, key_times=stopped()) as here:
        here.screen.go_to(thread_id)
        await here.until(lambda: "Question 79" in here.texts(), "the thread")
        assert "Question 0" not in here.texts()
        here.screen.set_focus(here.screen.prompt)
        await here.pilot.press(*TWICE, "down")
        await here.until(lambda: "Question 0" in here.texts(), "the rest of the thread")
        screen = here.app.screen
        assert isinstance(screen, RewindScreen)
        row = screen.pick_list.cursor_row
        assert row is not None
        assert row.label == "Question 78", "the cursor stays"
        await here.pilot.press(*"tion 0")
        await here.pilot.press("enter")
        await here.until(lambda: here.screen.prompt.text == "Question 0", "the oldest message in the prompt")
