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


async def test_the_terminal_is_given_back_while_a_frame_is_being_written(
    driver: TerminalDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # nothing of the test's own terminal is changed
    monkeypatch.setattr(driver, "disable_input", lambda: None)
    monkeypatch.setattr(driver, "flush", lambda: None)
    driver.write(SYNC_START)
    driver.write("half a fr")
    driver.stop_application_mode()
    assert "\x1b[?1049l" in cast("Any", driver._writer_thread).texts
    driver.write("ame")
    driver.write(SYNC_END)
    assert cast("Any", driver._writer_thread).texts[-2:] == ["ame", SYNC_END]
