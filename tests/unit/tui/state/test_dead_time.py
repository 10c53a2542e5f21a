"""A question takes no key that was meant for the prompt."""

from __future__ import annotations

import pytest

from aimltui.tui.state.dead_time import DeadTime, KeyTimes


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(clock: Clock) -> KeyTimes:
    return KeyTimes(clock)


def press(keys: KeyTimes, clock: Clock, dead_time: DeadTime, *, after: float) -> bool:
    """Press a key after so many seconds; whether it may act."""
    clock.now += after
    keys.note(0.0)
    return dead_time.is_alive


def test_it_takes_no_key_before_it_has_stood(clock: Clock, keys: KeyTimes) -> None:
    question = DeadTime(keys)
    assert not press(keys, clock, question, after=60.0), "it is not on the screen"
    clock.now += 60
    question.show()
    assert not press(keys, clock, question, after=0.29)
    question.show()
    clock.now += 10
    assert press(keys, clock, question, after=0.0)


def test_keys_at_typing_speed_never_reach_it_however_long_it_stands(clock: Clock, keys: KeyTimes) -> None:
    question = DeadTime(keys)
    keys.note(0.0)
    question.show()
    assert not any(press(keys, clock, question, after=0.49) for _ in range(500))
    assert press(keys, clock, question, after=0.51)


def test_a_key_before_it_was_shown_counts(clock: Clock, keys: KeyTimes) -> None:
    keys.note(0.0)
    clock.now += 0.15
    question = DeadTime(keys)
    question.show()
    assert not press(keys, clock, question, after=0.34)


def test_from_then_on_it_takes_keys_at_any_speed_until_it_is_shown_again(
    clock: Clock, keys: KeyTimes
) -> None:
    question = DeadTime(keys)
    question.show()
    assert press(keys, clock, question, after=0.5)
    assert all(press(keys, clock, question, after=0.01) for _ in range(10))
    question.show()
    assert not press(keys, clock, question, after=0.49)
    question.hide()
    assert not press(keys, clock, question, after=60)


def test_a_key_that_another_widget_handles_still_wakes_it(clock: Clock, keys: KeyTimes) -> None:
    question = DeadTime(keys)
    question.show()
    clock.now += 5
    keys.note(0.0)
    clock.now += 0.01
    assert question.is_alive, "the pause before that key was long enough"


def test_a_click_waits_too_and_the_rest_of_the_time_is_known(clock: Clock, keys: KeyTimes) -> None:
    question = DeadTime(keys)
    keys.note(0.0)
    question.show()
    assert question.left_s == pytest.approx(0.5)
    clock.now += 0.4
    assert not question.is_alive
    assert question.left_s == pytest.approx(0.1)
    clock.now += 0.11
    assert question.left_s == 0.0
    assert question.is_alive


def test_the_time_at_which_a_key_came_counts_and_not_when_it_is_handled() -> None:
    keys = KeyTimes()
    question = DeadTime(keys)
    before = keys.now()
    question.show()
    keys.note(before - 60)
    assert not question.is_alive
