from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from aimltui.engine.models.http import response
from aimltui.engine.models.http.gathering import GATHER_S, gathered
from tests.support.chats import answered, asking, serving, text_in


class Line:
    """A connection on which a piece arrives every so many seconds, and a clock that stands while nobody waits."""

    def __init__(self, step_s: float, sizes: list[int]) -> None:
        self.now = 0.0
        self.paused: list[float] = []
        self.got: list[int] = []
        self._due = [(number * step_s, size) for number, size in enumerate(sizes, start=1)]

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        due, size = self._due.pop(0)
        self.now = max(self.now, due)
        while self._due and self._due[0][0] <= self.now and size + self._due[0][1] <= max_bytes:
            size += self._due.pop(0)[1]
        self.got.append(size)
        return b"x" * size

    async def sleep(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.now += seconds

    async def read_all(self) -> None:
        answer = SimpleNamespace(extensions={"network_stream": self})
        with gathered(answer, sleep=self.sleep, now=lambda: self.now):
            while self._due:
                await self.read(65_536)


async def test_pieces_of_a_fast_body_are_read_together() -> None:
    line = Line(0.002, [100] * 300)
    await line.read_all()
    assert sum(line.got) == 30_000
    assert len(line.got) < 150


async def test_no_piece_waits_longer_than_the_pause() -> None:
    line = Line(0.005, [100] * 300)
    await line.read_all()
    assert set(line.paused) == {GATHER_S}
    assert max(line.got) <= 100 * (GATHER_S / 0.005 + 2)


async def test_the_first_pieces_do_not_wait() -> None:
    line = Line(0.005, [100, 100])
    await line.read_all()
    assert line.got == [100, 100]
    assert line.paused == []


async def test_a_slow_body_is_read_at_once() -> None:
    line = Line(0.02, [100] * 50)
    await line.read_all()
    assert line.got == [100] * 50
    assert line.paused == []


async def test_a_body_that_lies_ready_is_read_at_once() -> None:
    line = Line(0.0, [65_536] * 50)
    await line.read_all()
    assert line.paused == []


async def test_the_connection_reads_as_before_afterwards_also_after_an_error() -> None:
    line = Line(0.005, [100])

    async def read_too_much() -> None:
        with gathered(
            SimpleNamespace(extensions={"network_stream": line}), sleep=line.sleep, now=lambda: line.now
        ):
            assert "read" in vars(line)
            await line.read(100)
            await line.read(100)

    with pytest.raises(IndexError):
        await read_too_much()
    assert "read" not in vars(line)


@pytest.mark.parametrize("found", [SimpleNamespace(), SimpleNamespace(extensions={})])
def test_a_response_without_a_known_connection_is_left_alone(found: Any) -> None:
    with gathered(found):
        pass


def test_a_connection_that_carries_several_answers_is_left_alone() -> None:
    line = Line(0.005, [])
    answer = SimpleNamespace(extensions={"network_stream": line, "http_version": b"HTTP/2"})
    first, second = gathered(answer), gathered(answer)
    with first:
        second.__enter__()
        assert "read" not in vars(line)
    second.__exit__(None, None, None)


async def test_the_connection_of_an_answer_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it nothing would gather, and nothing would say so."""
    seen: list[bool] = []

    @contextmanager
    def noted(answer: Any, limit_s: Callable[[], float]) -> Iterator[bool]:
        stream = answer.extensions["network_stream"]
        with gathered(answer, limit_s) as is_limited:
            seen.append("read" in vars(stream))
            yield is_limited
        seen.append("read" in vars(stream))

    monkeypatch.setattr(response, "gathered", noted)
    async with serving("greeting") as (_, model):
        assert text_in(await answered(model, asking())) == "Hello, world."
    assert seen == [True, False]


async def test_a_read_that_takes_too_long_is_given_up_and_whether_reads_are_timed_is_told() -> None:
    class Silent:
        async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return await asyncio.Future()

    stream = Silent()
    with gathered(SimpleNamespace(extensions={"network_stream": stream}), lambda: 0.0) as is_limited:
        assert is_limited
        with pytest.raises(TimeoutError):
            await stream.read(100)
    with gathered(SimpleNamespace(extensions={})) as is_limited:
        assert not is_limited
