from __future__ import annotations

import random

from aimltui.common.growing_text import GrowingText


def test_any_part_of_a_text_reads_as_in_the_whole_however_it_came() -> None:
    chance = random.Random(7)
    for _ in range(40):
        growing, whole = GrowingText(), ""
        for _ in range(chance.randrange(30)):
            piece = "".join(chance.choice("ab\nü") for _ in range(chance.choice((0, 1, 7, 900, 5_000))))
            growing.add(piece)
            whole += piece
            start, end = sorted(chance.randrange(len(whole) + 2) for _ in range(2))
            assert growing.between(start, end) == whole[start:end]
            assert growing.since(start) == whole[start:]
            assert len(growing) == len(whole)
            assert growing.newlines == whole.count("\n")
            if chance.random() < 0.1:
                assert str(growing) == whole
        assert str(growing) == whole


def test_readers_share_one_string() -> None:
    growing = GrowingText("a" * 10_000)
    growing.add("b")
    assert str(growing) is str(growing)
