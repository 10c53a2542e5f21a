"""The engine is imported when no key has come for a moment after the first frame."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from aimltui.bootstrap.screen import until_quiet
from aimltui.tui.state.dead_time import KeyTimes


@pytest.mark.parametrize(
    ("keys", "waited"),
    [((), 0.08), ((0.05,), 0.13), ((0.07, 0.14, 0.19), 0.27)],
    ids=["none", "one", "three"],
)
async def test_it_waits_for_the_last_key(keys: tuple[float, ...], waited: float) -> None:
    assert await _waited(keys) == pytest.approx(waited)


async def test_it_does_not_wait_for_somebody_who_types_on() -> None:
    assert 1.0 <= await _waited([number / 20 for number in range(100)]) < 1.1


async def test_it_waits_no_longer_when_something_was_sent() -> None:
    assert await _waited([0.05, 0.07], sent_at=0.07) == 0.07
    assert await _waited([], sent_at=0.0) == 0.0


async def _waited(keys: Sequence[float], *, sent_at: float = float("inf")) -> float:
    now, coming = 0.0, list(keys)
    times = KeyTimes(lambda: now)

    async def sleep(seconds: float) -> None:
        nonlocal now
        end = now + seconds
        while coming and coming[0] <= end:
            now = coming.pop(0)
            times.note(now)
        now = min(end, max(now, sent_at))

    await until_quiet(times, sleep, lambda: now >= sent_at)
    return now
