"""Text fitted into terminal cells."""

from __future__ import annotations

import pytest

from aimltui.formatting.cells import wrapped


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
