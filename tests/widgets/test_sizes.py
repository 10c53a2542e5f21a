"""A terminal may have any size, down to one cell, and change it at any time; the program shows what fits and goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fake_transport import FakeTransport
from tests.support.screen import seat

SIZES = [
    (1, 1),
    (80, 1),
    (1, 40),
    (2, 2),
    (3, 10),
    (4, 3),
    (7, 24),
    (12, 5),
    (19, 8),
    (200, 60),
    (1, 2),
    (5, 1),
    (120, 40),
]
DIALOGS = ["f1", "f3", "ctrl+s", "ctrl+p", "ctrl+l", "ctrl+b"]
TEXT = "# A title\n\nwords `code` and\n\n- a list\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = 1\n```\n\n> a quote 日本"


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_start_at_any_size_works(size: tuple[int, int], tmp_path: Path) -> None:
    server = FakeTransport()
    thread = server.say(TEXT)
    async with seat(server, tmp_path, size=size, thread_id=thread) as here:
        await here.pilot.press("h", "i", "enter")
        await here.pilot.pause()
        await here.pilot.resize_terminal(100, 30)
        await here.until(lambda: "You" in here.shown())


@pytest.mark.parametrize("key", ["none", *DIALOGS])
async def test_whatever_is_open_any_size_may_come(key: str, tmp_path: Path) -> None:
    server = FakeTransport()
    thread = server.say(TEXT)
    async with seat(server, tmp_path, thread_id=thread) as here:
        if key != "none":
            await here.pilot.press(key)
            await here.pilot.pause()
        for width, height in SIZES:
            await here.pilot.resize_terminal(width, height)
            await here.pilot.pause()
            await here.pilot.press("down", "x")
            await here.pilot.pause()
        await here.pilot.press("escape", "escape")
        await here.pilot.resize_terminal(100, 30)
        await here.pilot.pause()
        assert here.shown().strip()
