"""The terminal's title and progress: the open thread, and whether a run goes on in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import cut

TitleState = Literal["idle", "running", "asking"]

_ST: Final = "\x1b\\"
_SAVE: Final = "\x1b[22;2t"
RESTORE: Final = "\x1b[23;2t"
"""Gives the terminal the title back that it had before."""
_MOST: Final = 80
"""Cells of a title."""
_MARKS: Final[Mapping[TitleState, str]] = {"idle": "", "running": "● ", "asking": "? "}
_PROGRESS_PROGRAMS: Final = ("ghostty", "wezterm")
"""Values of TERM_PROGRAM; other terminals take the sequence for a message to show."""


class TerminalTitle:
    """Writes the title when it changes.

    Args:
        write: Writes to the terminal.
        environment: The variables that tell the terminal.
    """

    def __init__(self, write: Callable[[str], None], environment: Mapping[str, str]) -> None:
        self._write = write
        self._has_title = environment.get("TERM", "dumb") not in {"", "dumb", "linux"}
        self._has_progress = _has_progress(environment)
        self._shown = ""
        self._is_running = False

    def show(self, thread: str, state: TitleState) -> None:
        """Show a thread's title and its state.

        Args:
            thread: The title; empty for a new thread.
            state: What goes on in it; its mark stands first, where the terminal cuts last.
        """
        if not self._has_title:
            return
        title = cut(f"{_MARKS[state]}aimltui" + (f" · {clean_line(thread)}" if thread else ""), _MOST)
        sequence = ""
        if title != self._shown:
            sequence = f"{'' if self._shown else _SAVE}\x1b]2;{title}{_ST}"
            self._shown = title
        if self._has_progress and (state == "running") != self._is_running:
            self._is_running = state == "running"
            sequence += _progress(is_on=self._is_running)
        if sequence:
            self._write(sequence)

    def close(self) -> None:
        """Give the terminal its title back."""
        if self._shown:
            self._write((_progress(is_on=False) if self._is_running else "") + RESTORE)
        self._shown, self._is_running = "", False


def _progress(*, is_on: bool) -> str:
    """Return the sequence that shows that something goes on, for an unknown time."""
    return f"\x1b]9;4;{3 if is_on else 0};0{_ST}"


def _has_progress(environment: Mapping[str, str]) -> bool:
    if environment.get("TMUX") or environment.get("STY"):
        return False
    program = environment.get("TERM_PROGRAM", "").lower()
    return program in _PROGRESS_PROGRAMS or bool(
        environment.get("WT_SESSION") or environment.get("ConEmuANSI")
    )
