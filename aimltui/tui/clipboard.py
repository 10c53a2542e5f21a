"""Copies to every clipboard within reach, and tells which of them said that they took it.

The terminal's own clipboard (OSC 52) never answers, and many terminals ignore it: what nobody confirmed is never called
copied. Tools of the system and tmux do answer.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean

if TYPE_CHECKING:
    from textual.app import App

TOOL_TIMEOUT_S: Final = 3.0
"""How long a tool may take to take the text."""

_SCREEN_CHUNK = 512
"""Characters that GNU screen hands on to its terminal at once."""

Command = tuple[str, ...]


@dataclass(frozen=True)
class CopyResult:
    """Who took a text."""

    by_system: bool = False
    """A tool of the system has it: it can be pasted anywhere."""
    by_tmux: bool = False
    """tmux has it: it can be pasted in tmux."""
    drag_key: str = "shift"
    """What is held to select with the terminal itself."""

    def sentence(self, what: str) -> str:
        """Return what to tell the user.

        Args:
            what: What was copied, such as `3 lines`.
        """
        if self.by_system:
            return f"Copied {what}."
        if self.by_tmux:
            return f"Copied {what} in tmux, and sent to the terminal's clipboard."
        return f"Sent {what} to the terminal's clipboard. {self.drag_key}+drag selects with the terminal."


def send_to_terminal(app: App[Any], text: str) -> str:
    """Send a text to the terminal's own clipboard, and keep it for pasting in the app.

    Args:
        app: The app.
        text: Any text.

    Returns:
        What was sent: without what could drive a terminal that it is pasted into.
    """
    text = clean(text)
    app._clipboard = text
    if app._driver is not None:
        app._driver.write(terminal_copy(text, os.environ))
        app._driver.flush()
    return text


async def copy_with_tools(text: str, environment: Mapping[str, str] | None = None) -> CopyResult:
    """Copy with the system's tools, and in tmux; call it after `send_to_terminal`.

    Args:
        text: What to copy.
        environment: Says where the program runs; None is the process's.
    """
    environment = dict(os.environ if environment is None else environment)
    data = text.encode("utf-8", "replace")
    system, tmux = await asyncio.gather(
        asyncio.to_thread(_first_that_works, system_commands(environment), data, environment),
        asyncio.to_thread(_first_that_works, tmux_commands(environment), data, environment),
    )
    return CopyResult(by_system=system, by_tmux=tmux, drag_key=_drag_key(environment))


def terminal_copy(text: str, environment: Mapping[str, str]) -> str:
    """Return the sequence that asks the terminal to copy a text (OSC 52)."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    sequence = f"\x1b]52;c;{encoded}\x07"
    if "STY" not in environment or "TMUX" in environment:
        return sequence
    # GNU screen drops it unless it is told to hand it on, a piece at a time
    pieces = (sequence[at : at + _SCREEN_CHUNK] for at in range(0, len(sequence), _SCREEN_CHUNK))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def system_commands(environment: Mapping[str, str], platform: str = sys.platform) -> list[Command]:
    """Return the commands that can copy here, the best one first."""
    commands: list[Command] = []
    if platform == "darwin" and "SSH_CONNECTION" not in environment:
        # over a network it would be another machine's clipboard
        commands.append(("pbcopy",))
    if environment.get("WAYLAND_DISPLAY"):
        commands.append(("wl-copy",))
    if environment.get("DISPLAY"):
        commands += [("xclip", "-selection", "clipboard", "-in"), ("xsel", "--clipboard", "--input")]
    return commands


def tmux_commands(environment: Mapping[str, str]) -> list[Command]:
    """Return the commands that copy in tmux; `-w` also hands it to tmux's own terminal, from 3.2 on."""
    if not environment.get("TMUX"):
        return []
    return [("tmux", "load-buffer", "-w", "-"), ("tmux", "load-buffer", "-")]


def _first_that_works(commands: list[Command], data: bytes, environment: Mapping[str, str]) -> bool:
    return any(_run(command, data, environment) for command in commands)


def _run(command: Command, data: bytes, environment: Mapping[str, str]) -> bool:
    """Whether a command took the data."""
    path = shutil.which(command[0], path=environment.get("PATH"))
    if path is None:
        return False
    try:
        # What it leaves behind to hold the clipboard must not hold on to the terminal.
        result = subprocess.run(  # noqa: S603  # a fixed command, the text goes in as input
            [path, *command[1:]],
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=TOOL_TIMEOUT_S,
            start_new_session=True,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return result.returncode == 0


def _drag_key(environment: Mapping[str, str]) -> str:
    program = environment.get("TERM_PROGRAM", "")
    return {"iTerm.app": "option", "Apple_Terminal": "fn"}.get(program, "shift")
