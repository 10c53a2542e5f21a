from __future__ import annotations

from dataclasses import replace

from aimltui.tui.state.status import Status, fitting, hint_rows, segments


def test_an_unknown_cost_is_left_out_and_a_known_one_is_exact() -> None:
    assert segments(Status(tokens_in=2_113, tokens_out=312), "unicode")[1] == ["thread ↑2.1k ↓312"]
    assert segments(Status(tokens_in=1, cost_usd=0.00431), "ascii")[1] == ["thread in 1 out 0", "$0.0043"]


def test_what_is_computed_or_not_whole_says_so() -> None:
    computed = Status(tokens_in=1, cost_usd=0.2, cost_is_computed=True)
    assert segments(computed, "unicode")[1][1] == "≈\u00a0$0.200"
    assert segments(computed, "ascii")[1][1] == "~\u00a0$0.200"
    assert segments(replace(computed, cost_is_partial=True), "unicode")[1][1] == "over\u00a0$0.200"


def test_in_little_room_today_goes_before_the_context_and_the_context_before_the_cost() -> None:
    status = Status(tokens_in=5, cost_usd=0.25, context="ctx 3 %", today="today $1.20")
    texts = [fitting(*segments(status, "unicode"), width)[1] for width in (60, 34, 27, 15, 5)]
    assert texts[0] == "thread ↑5 ↓0 · $0.250 · ctx 3 % · today $1.20"
    assert texts[1:3] == ["thread ↑5 ↓0 · $0.250 · ctx 3 %", "thread ↑5 ↓0 · $0.250"]
    assert texts[3:] == ["thread ↑5 ↓0", ""]


def test_what_lies_below_is_counted() -> None:
    assert segments(Status(is_away=True, new_lines=6), "unicode")[0][0][0] == "▼ 6 new lines below · End"
    assert segments(Status(is_away=True, new_lines=1), "unicode")[0][0][0] == "▼ 1 new line below · End"
    assert segments(Status(is_away=True), "ascii")[0][0][0] == "v more below - End"
    assert segments(Status(is_away=True, has_text=True), "unicode")[0][0][0] == "▼ more below · ctrl+End"


def test_in_little_room_the_least_important_goes_first() -> None:
    left, right = segments(Status(hint="hint", run="running", seconds=3, queued=2, tokens_in=5), "unicode")
    assert fitting(left, right, 80) == (left, "thread ↑5 ↓0")
    narrow, used = fitting(left, right, 24)
    assert [text for text, _ in narrow] == ["hint", "● running 0:03"]
    assert used == ""
    assert [text for text, _ in fitting(left, right, 3)[0]] == ["hi…"]
    title = [("How did revenue develop? Tell me", "bold")]
    assert fitting(title, [], 20)[0] == [("How did revenue…", "bold")]


def test_a_hint_that_is_too_long_has_several_lines_so_that_its_end_can_be_read() -> None:
    hint = "The thread is temporary, and a model is still answering. Wait, or stop it with esc."
    assert hint_rows(hint, 100) == []
    assert hint_rows(hint, 0) == []
    assert hint_rows(hint, 50) == [
        "The thread is temporary, and a model is still",
        "answering. Wait, or stop it with esc.",
    ]
    long = hint_rows("word " * 100, 20)
    assert len(long) == 4
    assert long[-1] == "word word word word…"


def test_of_a_cost_that_is_only_known_to_be_higher_than_nothing_nothing_is_said() -> None:
    assert segments(Status(tokens_in=1, cost_usd=0.0, cost_is_partial=True), "unicode")[1] == ["thread ↑1 ↓0"]
    assert segments(Status(tokens_in=1, cost_usd=0.0), "unicode")[1] == ["thread ↑1 ↓0", "$0"]
