from __future__ import annotations

import pytest

from aimltui.formatting.numbers import bytes_text, clock_text, short_count


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
        (9_960, "10k"),
        (999_600, "1.0M"),
        (999_600_000, "1.0G"),
        (1_300_000, "1.3M"),
        (2 * 10**9, "2.0G"),
    ],
)
def test_counts_take_little_room(number: int, text: str) -> None:
    assert short_count(number) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(999, "999 B"), (2_100, "2.1 KB"), (9_960, "10 KB"), (48_000, "48 KB"), (999_600, "1.0 MB")],
)
def test_sizes_take_the_larger_unit_before_they_need_four_digits(size: int, text: str) -> None:
    assert bytes_text(size) == text
