from __future__ import annotations

import random

from aimltui.tui.widgets.transcript.height_index import HeightIndex


def test_tops_are_right_after_any_changes() -> None:
    numbers = random.Random(1)
    index, plain = HeightIndex(), [3, 1, 4]
    index.load(plain)
    for _ in range(500):
        match numbers.randrange(4):
            case 0:
                place = numbers.randrange(len(plain) + 1)
                plain.insert(place, numbers.randrange(1, 9))
                index.insert(place, plain[place])
            case 1 if len(plain) > 1:
                place = numbers.randrange(len(plain))
                del plain[place]
                index.remove(place)
            case 2:
                place = numbers.randrange(len(plain))
                plain[place] = numbers.randrange(1, 9)
                index.set(place, plain[place])
            case _:
                place = numbers.randrange(len(plain) + 1)
                assert index.top(place) == sum(plain[:place])
        y = numbers.randrange(sum(plain))
        found = index.at(y)
        assert sum(plain[:found]) <= y < sum(plain[: found + 1])
    assert index.total == sum(plain)
