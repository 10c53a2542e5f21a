"""The second press of a key is told from the first."""

from __future__ import annotations

from aimltui.tui.controllers.pressed_twice import PressedTwice
from aimltui.tui.state.dead_time import KeyTimes


def test_the_second_press_follows_at_once_and_the_third_is_a_first_one() -> None:
    keys = KeyTimes()
    twice = PressedTwice(keys, 1.5)

    def press(at: float) -> bool:
        keys.note(at)
        return twice.again()

    assert [press(10), press(11.4), press(11.5), press(11.6)] == [False, True, False, True]
    assert [press(20), press(22), press(23)] == [False, False, True], "the first was too long ago"
    assert not press(30)
    keys.note(30.1)
    assert not press(30.2), "another key came between"
    twice.forget()
    assert not press(30.3)


def test_two_presses_that_come_at_once_count_as_two() -> None:
    keys = KeyTimes()
    twice = PressedTwice(keys, 1.5)
    keys.note(1)
    keys.note(1)
    assert [twice.again(), twice.again()] == [False, True]
