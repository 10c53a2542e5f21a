"""Asks the terminal for the colour of its background; `driver.parser` reads the answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.message import Message

from aimltui.common.patterns import pattern
from aimltui.tui.themes import Shade, shade_of

if TYPE_CHECKING:
    from textual.app import App

BACKGROUND_QUERY = "\x1b]11;?\x1b\\"
"""OSC 11: asks for the background colour."""

_REPLY = pattern(
    r"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?(?:\x07|\x1b\\)"
)


class TerminalBackground(Message):
    """The terminal has answered; sent to the app."""

    def __init__(self, shade: Shade) -> None:
        self.shade = shade
        super().__init__()


class TerminalAnswer(Message):
    """The terminal has answered how it can draw pictures; sent to the app."""

    def __init__(self, sequence: str) -> None:
        self.sequence = sequence
        super().__init__()


def background_in(answer: str) -> Shade | None:
    """Return what a terminal's answer to `BACKGROUND_QUERY` says; None if it is another sequence."""
    found = _REPLY.fullmatch(answer)
    if found is None:
        return None
    return shade_of(*(int(part, 16) / (16 ** len(part) - 1) for part in found.groups()))


def ask_for_background(app: App[object], environment: Mapping[str, str] | None = None) -> bool:
    """Ask the terminal for its background; an answer reaches the app as a `TerminalBackground`.

    It does not wait for the answer. Call it from the app's `on_mount`, before the first frame.

    Returns:
        Whether the question was sent. It is not sent to a terminal that would print it.
    """
    environment = os.environ if environment is None else environment
    if not is_terminal(app) or environment.get("TERM", "dumb") in {"dumb", "linux", ""}:
        return False
    send(app, BACKGROUND_QUERY)
    return True


def is_terminal(app: App[object]) -> bool:
    """Return whether the screen is a terminal that can answer."""
    driver = app._driver
    if os.name == "nt" or driver is None or driver.is_headless or driver.is_web or driver.is_inline:
        return False
    return bool(getattr(driver, "input_tty", False))


def cell_pixels(app: App[object]) -> tuple[int, int] | None:
    """Return the pixels of a cell, width and height; None if the system does not know them."""
    if not is_terminal(app):
        return None
    import fcntl
    import struct
    import termios

    try:
        answer = fcntl.ioctl(getattr(app._driver, "fileno", 0), termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("HHHH", answer)
    if not rows or not columns or width < columns or height < rows:
        return None
    return width // columns, height // rows


def send(app: App[object], sequence: str) -> None:
    """Write to the terminal, behind what was painted before."""
    if app._driver is not None:
        app._driver.write(sequence)
        app._driver.flush()
