from __future__ import annotations

import pytest

from aimltui.tui.state.status import Status, clock_text, count_text, fitting, segments


@pytest.mark.parametrize(("seconds", "text"), [(-3, "0:00"), (7, "0:07"), (750, "12:30"), (3723, "1:02:03")])
def test_a_clock_reads_like_one(seconds: int, text: str) -> None:
    assert clock_text(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (312, "312"),
        (2_113, "2.1k"),
        (48_000, "48k"),
        (999_400, "999k"),
        (1_300_000, "1.3M"),
        (2 * 10**9, "2.0G"),
    ],
)
def test_counts_take_little_room(number: int, text: str) -> None:
    assert count_text(number) == text


def test_an_unknown_cost_is_left_out_and_a_known_one_is_exact() -> None:
    assert segments(Status(tokens_in=2_113, tokens_out=312), "unicode")[1] == "thread ↑2.1k ↓312"
    assert segments(Status(tokens_in=1, cost_usd=0.00431), "ascii")[1] == "thread in 1 out 0 - $0.0043"


def test_what_lies_below_is_counted() -> None:
    assert segments(Status(is_away=True, new_lines=6), "unicode")[0][0][0] == "▼ 6 new lines below · End"
    assert segments(Status(is_away=True, new_lines=1), "unicode")[0][0][0] == "▼ 1 new line below · End"
    assert segments(Status(is_away=True), "ascii")[0][0][0] == "v more below - End"


def test_in_little_room_the_least_important_goes_first() -> None:
    left, right = segments(Status(hint="hint", run="running", seconds=3, queued=2, tokens_in=5), "unicode")
    assert fitting(left, right, 80) == (left, right)
    narrow, used = fitting(left, right, 24)
    assert [text for text, _ in narrow] == ["hint", "● running 0:03"]
    assert used == ""
    assert [text for text, _ in fitting(left, right, 2)[0]] == ["hint"]
