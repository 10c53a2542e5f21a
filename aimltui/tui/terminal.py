"""What Textual does not read from the terminal: the answer about its background, and alt+enter.

Textual 8.2 has no hook for a terminal's answers: it would type an unknown one into the focused widget. So its
parser is replaced by one that knows two more things. Remove this when Textual reports the background itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import TYPE_CHECKING

from textual._xterm_parser import XTermParser
from textual.events import Key
from textual.message import Message

from aimltui.tui.themes import Shade, shade_of

if TYPE_CHECKING:
    from textual.app import App

BACKGROUND_QUERY = "\x1b]11;?\x1b\\"
"""OSC 11: which colour is your background?"""

_REPLY = re.compile(
    r"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?(?:\x07|\x1b\\)"
)
_REPLY_START = re.compile(r"\x1b\](?:1(?:1(?:;[rgba:0-9a-fA-F/]{0,32}\x1b?)?)?)?\Z")
_PATIENCE_S = 0.2

_ALT_ENTER = frozenset({"\x1b\r", "\x1b\n"})
_XTERM_KEY = re.compile(r"\x1b\[27;(\d+);(\d+)~")
"""How xterm's `modifyOtherKeys` writes a key, modifiers before the code; Textual takes 27 for the code."""


class TerminalBackground(Message):
    """The terminal has said which colour its background is; sent to the app."""

    def __init__(self, shade: Shade) -> None:
        self.shade = shade
        super().__init__()


class TerminalParser(XTermParser):
    """Textual's parser, which also understands the answer to `BACKGROUND_QUERY` and a legacy alt+enter."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._held = ""
        self._held_since = 0.0

    def feed(self, data: str) -> Iterable[Message]:
        """Take what the terminal sent; an empty text is the end of it."""
        at_end = not data
        data, self._held = self._held + data, ""
        position = 0
        for match in _REPLY.finditer(data):
            yield from self._feed_keys(data[position : match.start()])
            parts = [int(part, 16) / (16 ** len(part) - 1) for part in match.groups()]
            yield TerminalBackground(shade_of(*parts))
            position = match.end()
        rest = data[position:]
        if not at_end and (begun := _REPLY_START.search(rest)):
            rest, self._held = rest[: begun.start()], rest[begun.start() :]
            self._held_since = monotonic()
        yield from self._feed_keys(rest)
        if at_end:
            yield from super().feed("")

    def tick(self) -> Iterable[Message]:
        """Called now and then: what began like an answer and does not go on was typed."""
        if self._held and monotonic() - self._held_since > _PATIENCE_S:
            held, self._held = self._held, ""
            yield from self._feed_keys(held)
        yield from super().tick()

    def _feed_keys(self, data: str) -> Iterable[Message]:
        # An empty text would mean the end of the input to the parent.
        return super().feed(data) if data else ()

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        if sequence in _ALT_ENTER:
            # Without this Textual drops the alt, and a newline that was asked for sends the message.
            return (Key("alt+enter", None),)
        if xterm := _XTERM_KEY.fullmatch(sequence):
            sequence = f"\x1b[{xterm[2]};{xterm[1]}u"
        return super()._sequence_to_key_events(sequence, alt)


def install_parser() -> None:
    """Let Textual read the terminal through `TerminalParser`; call it before the app runs."""
    if os.name == "nt":
        return
    from textual.drivers import linux_driver

    linux_driver.XTermParser = TerminalParser  # type: ignore[attr-defined]  # no other way in


def ask_for_background(app: App[object], environment: Mapping[str, str] | None = None) -> bool:
    """Ask the terminal for its background; the answer, if one comes, is a `TerminalBackground` for the app.

    Never waits. Call it from the app's `on_mount`, after `install_parser` and before the first frame.

    Returns:
        Whether the question was sent: not without a terminal, nor to one that would print it.
    """
    environment = os.environ if environment is None else environment
    driver = app._driver
    if os.name == "nt" or driver is None or driver.is_headless or driver.is_web or driver.is_inline:
        return False
    if not getattr(driver, "input_tty", False) or environment.get("TERM", "dumb") in {"dumb", "linux", ""}:
        return False
    driver.write(BACKGROUND_QUERY)
    driver.flush()
    return True
