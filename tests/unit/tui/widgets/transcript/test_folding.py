from __future__ import annotations

import pytest
from rich.cells import get_character_cell_size

from aimltui.tui.widgets.transcript.folding import NARROW, cells, fold, fold_hard, shorten

TEXTS = [
    "",
    "word",
    "a few short words that must be folded somewhere near the edge",
    "averylongwordwithoutanyblankthatmustbecut and then some",
    "  leading blanks   and   runs of them   ",
    "中文字符和 latin words 混在一起 with 👩‍👩‍👧 family and 🇳🇴 flag",
    "e\u0301\u0302 combining marks e\u0301 stay with their letters",
    "日本語" * 30,
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("width", [2, 3, 7, 20, 80])
def test_rows_fit_and_lose_nothing_but_blanks(text: str, width: int) -> None:
    for folded in (fold(text, width), fold_hard(text, width)):
        place = 0
        for start, end in folded:
            assert text[place:start].strip(" ") == ""
            assert cells(text[start:end]) <= width
            place = end
        assert text[place:].strip(" ") == ""


def test_code_keeps_its_blanks() -> None:
    assert fold_hard("    x = 1", 4) == [(0, 4), (4, 8), (8, 9)]


def test_words_stay_whole_where_they_can() -> None:
    text = "one two three"
    assert [text[a:b] for a, b in fold(text, 8)] == ["one two", "three"]


def test_narrow_characters_are_one_cell_for_textual_too() -> None:
    assert {get_character_cell_size(character) for character in NARROW} == {1}


def test_shortening_ends_after_a_whole_word() -> None:
    assert shorten("several words of text", 16) == "several words…"
    assert cells(shorten("中文字符中文字符", 7)) <= 7
