"""What the terminal can do: as the environment says it, and as the terminal answers when it is asked."""

from __future__ import annotations

import os
import re
import select
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aimltui.tui.pictures.abilities import Abilities

_QUESTION = b"\x1b[?u\x1b[>0q\x1b[c"
"""Asks for the flags of the kitty keyboard protocol, for the name, then for the attributes, which every terminal answers."""
_ATTRIBUTES_QUESTION = b"\x1b[c"
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
_KEYBOARD = re.compile(rb"\x1b\[\?(\d+)u")
_WAIT_S = 0.5
"""Seconds for the answer; a terminal answers within milliseconds, over a network later."""
_SEQUENCE = re.compile(rb"\x1b[P_][^\x1b]*\x1b\\|\x1b\[[0-?]*[a-z]")


def terminal_facts(
    environment: Mapping[str, str] | None = None, answer: bytes | None = None
) -> Iterator[str]:
    """Yield lines about the terminal.

    Args:
        environment: The variables; None for those of this process.
        answer: What the terminal answered to `ask`; None asks it.
    """
    environment = os.environ if environment is None else environment
    answer = ask() if answer is None else answer
    attributes = _ATTRIBUTES.search(answer)
    yield f"colors    {_colors(environment)}"
    yield f"keyboard  {_keyboard(answer, is_answered=attributes is not None)}"
    yield f"pictures  {_pictures(environment, answer)}"
    yield f"clipboard {', '.join(_clipboards(environment))}"


def _pictures(environment: Mapping[str, str], answer: bytes) -> str:
    from aimltui.tui.pictures.abilities import may_be_asked

    blocks = "half blocks in threads and full screen"
    if environment.get("NO_COLOR"):
        return "none, because NO_COLOR is set"
    if not may_be_asked(environment):
        return blocks
    abilities = _abilities(answer)
    if abilities.has_placeholders:
        return "kitty graphics in threads and full screen"
    known = {"kitty": "kitty graphics", "iterm2": "the protocol of iTerm2", "sixel": "sixel"}
    return f"half blocks in threads, {known[abilities.viewer]} full screen" if abilities.viewer else blocks


def _abilities(answer: bytes) -> Abilities:
    from aimltui.tui.pictures.abilities import Abilities

    found = Abilities()
    for sequence in _SEQUENCE.findall(answer):
        found.take(sequence.decode("ascii", "replace"))
    return found


def ask() -> bytes:
    """Ask the terminal what it can do; empty where there is none, or it does not answer."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM", "dumb") == "dumb":
        return b""
    import termios
    import tty

    place = sys.stdin.fileno()
    before = termios.tcgetattr(place)
    try:
        tty.setcbreak(place)
        sys.stdout.flush()
        os.write(sys.stdout.fileno(), _QUESTION)
        answer = _read(place)
        if _abilities(answer).may_have_graphics:
            from aimltui.tui.pictures.abilities import GRAPHICS_QUESTION

            os.write(sys.stdout.fileno(), GRAPHICS_QUESTION.encode() + _ATTRIBUTES_QUESTION)
            answer += _read(place)
        return answer
    except OSError:
        return b""
    finally:
        # TCSAFLUSH: a late answer is not left for the shell
        termios.tcsetattr(place, termios.TCSAFLUSH, before)


def _read(place: int) -> bytes:
    answer, end = b"", time.monotonic() + _WAIT_S
    while (left := end - time.monotonic()) > 0 and not _ATTRIBUTES.search(answer):
        if select.select([place], [], [], left)[0]:
            answer += os.read(place, 1024)
    return answer


def _colors(environment: Mapping[str, str]) -> str:
    from aimltui.tui.driver.profile import profile_of

    if environment.get("NO_COLOR"):
        return "none, because NO_COLOR is set"
    term = environment.get("TERM", "")
    if known := profile_of(environment).color_system:
        return f"{known}, known from the terminal"
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "truecolor, from COLORTERM"
    return "256, from TERM" if "256" in term else "16, since TERM promises no more"


def _keyboard(answer: bytes, *, is_answered: bool) -> str:
    if _KEYBOARD.search(answer):
        return "kitty protocol: shift+enter and the like are told apart"
    return (
        "no kitty protocol: ctrl+j makes a new line"
        if is_answered
        else "unknown: the terminal did not answer"
    )


def _clipboards(environment: Mapping[str, str]) -> Iterator[str]:
    from aimltui.tui.clipboard import system_commands, tmux_commands

    commands = [*system_commands(environment), *tmux_commands(environment)]
    for name in dict.fromkeys(command[0] for command in commands):
        yield name if shutil.which(name, path=environment.get("PATH")) else f"{name} (not installed)"
    yield "the terminal's own (OSC 52, which no terminal confirms)"
