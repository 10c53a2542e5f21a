"""Text fitted into terminal cells."""

from __future__ import annotations

import pytest

from aimltui.formatting.cells import whole_parts, wrapped


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, []),
        ("one two three", 7, ["one two", "three"]),
        ("one  two", 80, ["one two"]),
        ("abcdefgh ij", 3, ["abc", "def", "gh", "ij"]),
        ("日本語 x", 4, ["日本", "語 x"]),
        ("日本", 1, ["日", "本"]),
    ],
)
def test_words_are_wrapped(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("report.pdf · page 7 · score 0.71", 40, "report.pdf · page 7 · score 0.71"),
        ("report.pdf · page 7 · score 0.71", 28, "report.pdf · page 7"),
        ("report.pdf · page 7 · score 0.71", 15, "report.pdf"),
        ("report.pdf · page 7 · score 0.71", 7, "report…"),
        ("report.pdf", 40, "report.pdf"),
    ],
)
def test_parts_are_shown_whole_or_left_out(text: str, width: int, shown: str) -> None:
    assert whole_parts(text, width) == shown
