"""What the driver takes from Textual is still there and still used in the way that the driver counts on."""

from __future__ import annotations

import inspect

import pytest
from textual import constants
from textual.app import App
from textual.driver import Driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver

from aimltui.tui.driver.driver import TerminalDriver
from aimltui.tui.driver.parser import TerminalParser


@pytest.mark.parametrize(
    ("ours", "name"),
    [
        (TerminalDriver, "__init__"),
        (TerminalDriver, "start_application_mode"),
        (TerminalDriver, "stop_application_mode"),
        (TerminalDriver, "run_input_thread"),
        (TerminalDriver, "_run_input_thread"),
        (TerminalDriver, "_query_in_band_window_resize"),
        (TerminalDriver, "process_message"),
        (TerminalParser, "feed"),
        (TerminalParser, "tick"),
    ],
)
def test_what_is_replaced_takes_the_same_arguments(ours: type, name: str) -> None:
    theirs = inspect.signature(getattr(ours.__base__, name)).parameters
    assert list(inspect.signature(getattr(ours, name)).parameters) == list(theirs)


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (LinuxDriver.start_application_mode, "WriterThread(self._file)"),
        (LinuxDriver.start_application_mode, "target=self._run_input_thread"),
        (LinuxDriver.start_application_mode, "self._query_in_band_window_resize()"),
        (LinuxDriver.start_application_mode, "self.attrs_before = termios.tcgetattr"),
        (LinuxDriver.stop_application_mode, "termios.TCSANOW, self.attrs_before"),
        (LinuxDriver.disable_input, "self.exit_event.set()"),
        (LinuxDriver.disable_input, "self._key_thread.join()"),
        (Driver.send_message, "run_coroutine_threadsafe"),
        (App._process_messages, "driver.stop_application_mode()"),
        (App.run_async, "app._shutdown()"),
        (App._handle_exception, "self._fatal_error()"),
        (App.get_driver_class, "LinuxDriver"),
    ],
)
def test_textual_does_it_as_before(method: object, words: str) -> None:
    assert words in inspect.getsource(method)  # type: ignore[arg-type]


def test_the_writer_needs_no_more_of_its_file_than_ours_has() -> None:
    source = inspect.getsource(WriterThread)
    used = {part.split("(")[0].split("\n")[0].strip() for part in source.split("self._file.")[1:]}
    assert used == {"write", "flush", "fileno"}


def test_the_colours_can_be_named_in_the_environment() -> None:
    assert "TEXTUAL_COLOR_SYSTEM" in inspect.getsource(constants)
