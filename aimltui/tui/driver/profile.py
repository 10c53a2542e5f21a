"""Which terminal it is, as far as the environment tells, and what is peculiar about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Final, Literal

from aimltui.common.dataclass import dataclass

ColorSystem = Literal["256", "truecolor"]

_META_SENDS_ESCAPE = "\x1b[?1036s\x1b[?1036h"
_META_AS_BEFORE = "\x1b[?1036r"
_OTHER_KEYS = "\x1b[>4;1m"
_OTHER_KEYS_AS_BEFORE = "\x1b[>4m"
_APPLICATION_KEYPAD = "\x1b="
_NUMERIC_KEYPAD = "\x1b>"
_ERASE = "\x1b[2J\x1b[H"

_FIRST_DIRECT_XTERM = 331
"""The first version of xterm with direct colours."""
_ESCAPE_WAIT_SSH_S = 0.25

_URXVT_KEYS: Final = {
    "\x1b[7^": "ctrl+home",
    "\x1b[8^": "ctrl+end",
    "\x1b[7@": "ctrl+shift+home",
    "\x1b[8@": "ctrl+shift+end",
}
_KONSOLE_KEYS: Final = {"\x1bOM": "shift+enter"}
_ST_KEYS: Final = {
    "\x1b[P": "delete",
    "\x1b[4h": "insert",
    "\x1b[J": "ctrl+end",
    "\x1b[2J": "shift+home",
    "\x1b[K": "shift+end",
}


@dataclass(frozen=True)
class TerminalProfile:
    """What is peculiar about a terminal."""

    at_start: str = ""
    """What is sent when the screen is taken."""
    at_end: str = ""
    """What is sent when it is given back."""
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Sequences that mean another key here than elsewhere."""
    color_system: ColorSystem | None = None
    """What it can show, where Textual would guess wrongly."""
    doubles_line_ends: bool = True
    """Whether a pasted line end of two characters may arrive as two line ends."""
    escape_wait_s: float = 0.1
    """How long a lone ESC may be the beginning of a sequence."""


def profile_of(environment: Mapping[str, str]) -> TerminalProfile:
    """Return what is known of the terminal that an environment describes.

    Several may apply: variables of one terminal stay set in another one that was started from it.
    """
    term = environment.get("TERM", "")
    in_tmux = "TMUX" in environment
    in_screen = "STY" in environment and term.startswith("screen") and not in_tmux
    is_inner = in_tmux or in_screen
    version = _xterm_version(environment) if not is_inner else None
    start, end, keys = "", "", dict[str, str]()
    if version is not None:
        start, end = start + _META_SENDS_ESCAPE, _META_AS_BEFORE + end
    elif in_screen and "XTERM_VERSION" in environment:
        start, end = start + _through_screen(_META_SENDS_ESCAPE), _through_screen(_META_AS_BEFORE) + end
    if version is not None or in_tmux or (_is_mlterm(environment, term) and not is_inner):
        start, end = start + _OTHER_KEYS, _OTHER_KEYS_AS_BEFORE + end
    if re.match(r"st(?:-|term|\Z)", term):
        start, end = start + _APPLICATION_KEYPAD, _NUMERIC_KEYPAD + end
        keys |= _ST_KEYS
    if term.startswith("rxvt"):
        keys |= _URXVT_KEYS
    if "KONSOLE_VERSION" in environment:
        keys |= _KONSOLE_KEYS
    if in_screen:
        # without its option altscreen the last frame would stay, and the shell write into it
        end = _ERASE + end
    return TerminalProfile(
        at_start=start,
        at_end=end,
        keys=keys,
        color_system=_color_system(environment, term, version, in_screen=in_screen),
        doubles_line_ends=not _keeps_line_ends(environment, term),
        escape_wait_s=_ESCAPE_WAIT_SSH_S if "SSH_CONNECTION" in environment else 0.1,
    )


def _through_screen(sequence: str) -> str:
    """A sequence that GNU screen hands on to the terminal that it runs in."""
    return f"\x1bP{sequence}\x1b\\"


def _xterm_version(environment: Mapping[str, str]) -> int | None:
    found = re.search(r"\((\d+)", environment.get("XTERM_VERSION", ""))
    return int(found[1]) if found and environment.get("TERM", "").startswith("xterm") else None


def _is_mlterm(environment: Mapping[str, str], term: str) -> bool:
    return "MLTERM" in environment or term.startswith("mlterm")


def _color_system(
    environment: Mapping[str, str], term: str, version: int | None, *, in_screen: bool
) -> ColorSystem | None:
    if in_screen:
        # it inherits COLORTERM and takes parts of a direct colour for attributes
        return "256"
    if _is_mlterm(environment, term) and not environment.get("COLORTERM") and "TMUX" not in environment:
        # it promises 8 colours and has 256
        return "256"
    if version is None or environment.get("COLORTERM") or term.endswith("-direct"):
        return None
    return "truecolor" if version >= _FIRST_DIRECT_XTERM else "256"


def _keeps_line_ends(environment: Mapping[str, str], term: str) -> bool:
    known = ("KITTY_WINDOW_ID", "KONSOLE_VERSION", "ALACRITTY_WINDOW_ID")
    return term in ("xterm-kitty", "alacritty", "foot") or any(name in environment for name in known)
