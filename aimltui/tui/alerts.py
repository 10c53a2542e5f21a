"""Alerts of the terminal, a bell and a message of the desktop, for a user who looks at another window."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from aimltui.common.sanitize import clean_line

if TYPE_CHECKING:
    from textual.app import App

Alerts = Literal["off", "bell", "notify"]
BELL: Final = "\x07"
_ESC: Final = "\x1b"
_ST: Final = "\x1b\\"
_MOST: Final = 120
"""Characters of a message."""
_OSC_9: Final = ("iterm.app", "wezterm", "ghostty", "warpterminal")
"""Values of TERM_PROGRAM."""
_OSC_9_VARIABLES: Final = ("ITERM_SESSION_ID", "WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR")
"""Variables of the same terminals, which programs in tmux get, too."""


def alert_sequence(kind: Alerts, text: str, environment: Mapping[str, str]) -> str:
    """What to write to the terminal: nothing, a bell, or a bell and the sequence for messages that it understands.

    Args:
        kind: What the user wants.
        text: The message.
        environment: The variables that tell the terminal.
    """
    if kind == "off":
        return ""
    return BELL + (_message(text, environment) if kind == "notify" else "")


def _message(text: str, environment: Mapping[str, str]) -> str:
    if environment.get("STY"):
        # GNU screen may not hand it on; the bell comes through
        return ""
    # a semicolon separates the parts of a sequence
    shown = clean_line(text).replace(";", ",")[:_MOST]
    sequence = _own_sequence(shown, environment)
    if sequence and environment.get("TMUX"):
        # tmux hands on what stands in this, if its option allow-passthrough is on, and drops it otherwise
        return f"\x1bPtmux;{sequence.replace(_ESC, _ESC * 2)}{_ST}"
    return sequence


def _own_sequence(shown: str, environment: Mapping[str, str]) -> str:
    """Return the sequence that the terminal itself understands; tmux sets `TERM` and `TERM_PROGRAM` to its own."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "").lower()
    if environment.get("KITTY_WINDOW_ID") or "kitty" in term:
        return f"\x1b]99;;{shown}{_ST}"
    if program in _OSC_9 or any(environment.get(name) for name in _OSC_9_VARIABLES):
        return f"\x1b]9;{shown}{_ST}"
    if term.startswith(("foot", "rxvt")):
        return f"\x1b]777;notify;aimltui;{shown}{_ST}"
    return ""


def alert(app: App[Any], kind: Alerts, text: str) -> None:
    """Alert the user, if the terminal says that its window is not in front."""
    driver = app._driver
    if app.app_focus or driver is None:
        return
    if sequence := alert_sequence(kind, text, os.environ):
        driver.write(sequence)
        driver.flush()
