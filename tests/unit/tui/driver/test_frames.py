"""What goes to the thread that writes to the terminal."""

from __future__ import annotations

from typing import Any, cast

import pytest
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.app import App

from aimltui.tui.driver.driver import TerminalDriver


class Received:
    """Stands for the thread."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
async def driver() -> TerminalDriver:
    made = TerminalDriver(App(), size=(80, 24))
    made._writer_thread = cast("Any", Received())
    return made


async def test_the_parts_of_a_frame_go_to_the_terminal_together(driver: TerminalDriver) -> None:
    for text in ("before", SYNC_START, "one", "two", SYNC_END, "after", SYNC_START, SYNC_END):
        driver.write(text)
    assert cast("Any", driver._writer_thread).texts == [
        "before",
        f"{SYNC_START}onetwo{SYNC_END}",
        "after",
        f"{SYNC_START}{SYNC_END}",
    ]
