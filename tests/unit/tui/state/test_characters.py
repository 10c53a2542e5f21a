"""Whole characters, as a reader sees them."""

from __future__ import annotations

import pytest

from aimltui.tui.state.characters import end_after, start_before

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
GERMANY, FRANCE = "\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7"


@pytest.mark.parametrize(
    "characters",
    [
        ["a", "b"],
        ["x", FAMILY, "y"],
        ["e\u0301", "n"],
        [GERMANY, FRANCE, "!"],
        ["\U0001f44d\U0001f3fd", "\u2764\ufe0f"],
        ["한", "字", "\u0928\u093f"],
    ],
)
def test_every_step_goes_over_one_character(characters: list[str]) -> None:
    text = "".join(characters)
    forwards, place = [], 0
    while place < len(text):
        forwards.append(text[place : end_after(text, place)])
        place = end_after(text, place)
    backwards, place = [], len(text)
    while place > 0:
        backwards.append(text[start_before(text, place) : place])
        place = start_before(text, place)
    assert forwards == characters
    assert backwards == characters[::-1]


def test_the_ends_of_a_text_stay() -> None:
    assert (start_before("", 0), end_after("", 0)) == (0, 0)
    assert (start_before("ab", 0), end_after("ab", 2)) == (0, 2)
    # a place far inside of a long text is found without reading all of it
    text = "x" * 200_000 + FAMILY
    assert start_before(text, len(text)) == 200_000
