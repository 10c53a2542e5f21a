"""A letter that would act waits; the first letter of a sentence is text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual import events
from textual.keys import _character_to_key

from aimltui.tui.controllers.letter_hold import LetterHold
from aimltui.tui.state.dead_time import KeyTimes


class Timer:
    is_stopped = False

    def stop(self) -> None:
        self.is_stopped = True


class Keyboard:
    """A screen on which letters act, with a clock that only the test moves."""

    def __init__(self, **times: float) -> None:
        self.now = 100.0
        self.letters_act = True
        self.acted = ""
        self.typed = ""
        self.timers: list[tuple[Callable[[], Awaitable[None]], Timer]] = []
        self.keys = KeyTimes(lambda: self.now, **times)
        self.hold = LetterHold(
            self.keys, lambda: self.letters_act, "n".__eq__, self._deliver, self._type, self._later
        )

    async def _deliver(self, event: events.Key) -> None:
        self.acted += event.character or f"<{event.key}>"

    def _type(self, event: events.Key) -> None:
        self.typed += event.character or f"<{event.key}>"

    def _later(self, _seconds: float, call: Callable[[], Awaitable[None]]) -> Timer:
        timer = Timer()
        self.timers.append((call, timer))
        return timer

    async def press(self, *keys: str, after: float = 0.2) -> None:
        for key in keys:
            self.now += after
            self.keys.note(0.0)
            is_letter = len(key) == 1
            event = events.Key(_character_to_key(key) if is_letter else key, key if is_letter else None)
            if not await self.hold.takes(event):
                await self._deliver(event)

    async def rest(self, seconds: float) -> None:
        """Let time pass, and the timers fire that are due by the real clock."""
        self.now += seconds
        due, self.timers = self.timers, []
        for call, timer in due:
            if not timer.is_stopped:
                await call()


@pytest.fixture
def board() -> Keyboard:
    return Keyboard()


async def test_a_letter_alone_acts_when_it_has_waited(board: Keyboard) -> None:
    await board.press("c")
    assert board.acted == ""
    await board.rest(0.3)
    assert board.acted == "", "the timer fired early"
    await board.rest(0.1)
    assert board.acted == "c"
    await board.rest(9.0)
    assert (board.acted, board.typed) == ("c", "")


async def test_a_sentence_is_text_from_its_first_letter_to_its_end(board: Keyboard) -> None:
    await board.press(*"run it", "backspace", "enter")
    await board.rest(0.4)
    assert (board.acted, board.typed) == ("", "run it<backspace><enter>")
    await board.press("down", after=0.6)
    await board.press("r", after=0.6)
    await board.rest(0.4)
    assert board.acted == "<down>r"


async def test_another_key_than_a_letter_lets_the_letter_act_before_it(board: Keyboard) -> None:
    await board.press("c", "down", "s", "escape")
    assert board.acted == "c<down>s<escape>"


async def test_a_letter_that_comes_late_is_one_more_command(board: Keyboard) -> None:
    await board.press("c")
    await board.press("s", after=0.4)
    await board.rest(0.4)
    assert (board.acted, board.typed) == ("cs", "")


async def test_the_same_letter_again_is_a_command_only_where_it_is_pressed_several_times(
    board: Keyboard,
) -> None:
    await board.press(*"nnn")
    await board.rest(0.4)
    assert (board.acted, board.typed) == ("nnn", "")
    await board.press(*"oops")
    assert (board.acted, board.typed) == ("nnn", "oops")


async def test_a_sign_that_opens_a_search_acts_at_once(board: Keyboard) -> None:
    await board.press("/")
    assert board.acted == "/"


async def test_where_letters_are_text_nothing_waits(board: Keyboard) -> None:
    board.letters_act = False
    await board.press(*"run", "enter")
    assert board.acted == "run<enter>"
    board.letters_act = True
    await board.press("r")
    board.letters_act = False
    await board.press("u")
    assert board.acted == "run<enter>ru", "the first letter does not get lost where the screen changes"


async def test_without_a_time_letters_act_at_once() -> None:
    board = Keyboard(hold_s=0, stand_s=0, quiet_s=0)
    await board.press(*"cs")
    assert board.acted == "cs"
