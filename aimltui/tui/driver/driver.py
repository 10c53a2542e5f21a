"""Textual's driver for Linux and macOS, with a reader that survives whatever a terminal sends."""

from __future__ import annotations

import os
import selectors
import sys
import threading
from collections import deque
from typing import IO, TYPE_CHECKING, Any, cast

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Paste
from textual.message import Message

from aimltui.tui.driver.parser import TerminalParser
from aimltui.tui.driver.profile import profile_of
from aimltui.tui.driver.tty_mode import STATE
from aimltui.tui.driver.writer import ForgivingFile

if TYPE_CHECKING:
    from textual.app import App

_READ_BYTES = 65_536
_IDLE_S = 0.05
"""How long nothing must come before what is unfinished is looked at."""


class HungUp(Message):
    """The terminal is gone: its window was closed, or the connection to it."""


class TerminalDriver(LinuxDriver):
    """Reads the terminal through `TerminalParser`, and holds keys back until the screen can take them.

    Args:
        app: The app.
        debug: Whether Textual writes a log of the keys.
        mouse: Whether the mouse is used.
        size: Columns and rows; None asks the terminal.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._profile = profile_of(os.environ)
        self._early: deque[Message] | None = deque()
        """Keys that came before the screen; None once it is there."""
        self._early_lock = threading.Lock()
        self._frame: list[str] | None = None
        """What was written of the frame so far; None between frames."""
        self._file = cast("Any", ForgivingFile(_output()))

    def start_application_mode(self) -> None:
        """Take the terminal."""
        STATE.undo = self._profile.at_end
        STATE.is_taken = True
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if STATE.attributes is not None:
            self.attrs_before = STATE.attributes
        if self._profile.at_start and self._writer_thread is not None:
            self.write(self._profile.at_start)
            self.flush()

    def stop_application_mode(self) -> None:
        """Give the terminal back, also while a frame is being written: a signal may stop the program at any time."""
        self._frame = None
        if self._profile.at_end:
            self.write(self._profile.at_end)
        super().stop_application_mode()
        STATE.is_taken = False

    def suspend_application_mode(self) -> None:
        """Lend the terminal to another program; what the screen draws meanwhile is dropped."""
        super().suspend_application_mode()
        STATE.is_lent = True

    def resume_application_mode(self) -> None:
        """Take the terminal back."""
        STATE.is_lent = False
        super().resume_application_mode()

    def write(self, data: str) -> None:
        """Write to the terminal, unless another program has it: its writer thread has ended, and would block.

        The parts of a frame go to the writer thread together, which wakes it once.
        """
        if data == SYNC_START:
            self._frame = []
        if self._frame is not None:
            self._frame.append(data)
            if data != SYNC_END:
                return
            data, self._frame = "".join(self._frame), None
        if not STATE.is_lent:
            super().write(data)

    def _query_in_band_window_resize(self) -> None:
        """Do not ask for sizes among the keys: a lost or garbled one would set a wrong size; the signal cannot."""

    # Reading, in a separate thread

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            # the app's way to end: it restores the terminal, saves and reports
            self._loop.call_soon_threadsafe(self._app._handle_exception, error)

    def run_input_thread(self) -> None:
        """Read until the app ends or the terminal is gone."""
        parser = TerminalParser(self._debug, profile=self._profile)
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if not selector.select(_IDLE_S):
                    # never before what has come already was read: this program may be what was slow
                    messages = parser.tick()
                elif data := self._read():
                    messages = parser.feed_bytes(data)
                else:
                    self.process_message(HungUp())
                    return
                for message in messages:
                    self.process_message(message)

    def _read(self) -> bytes:
        """What came; nothing if the terminal is gone."""
        try:
            return os.read(self.fileno, _READ_BYTES)
        except OSError:
            return b""

    def process_message(self, message: Message) -> None:
        """Send a message to the app; keys and pastes once it can take them."""
        if isinstance(message, Key | Paste):
            with self._early_lock:
                if self._early is not None:
                    self._early.append(message)
                    return
        super().process_message(message)

    def release_keys(self) -> None:
        """Send what was typed so far, in its order, and from now on everything at once. Called by the app."""
        with self._early_lock:
            for message in self._early or ():
                super().process_message(message)
            self._early = None


def _output() -> IO[str]:
    """The terminal to draw on: where errors go, as Textual has it, or the output if they were sent elsewhere."""
    errors, output = sys.__stderr__, sys.__stdout__
    if errors is not None and (errors.isatty() or output is None):
        return errors
    assert output is not None
    return output
