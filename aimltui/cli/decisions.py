"""Asks in a plain terminal whether calls may run. Nothing but a word that was written for the question allows one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from aimltui.common.sanitize import clean, clean_line

if TYPE_CHECKING:
    from aimltui.cli.local_functions import AskedCall, Decision

Write = Callable[[str], None]
_MOST_ARGUMENTS = 4_000
_WORDS: dict[str, Decision] = {"y": "once", "yes": "once", "a": "thread", "always": "thread"}


def decided(
    asked: Sequence[AskedCall], write: Write, read: Callable[[str], str], *, is_terminal: bool
) -> dict[str, Decision]:
    """Return the user's decision about each call, by its id.

    Args:
        asked: The calls.
        write: Writes to the terminal.
        read: Shows a question and returns the line that the user enters.
        is_terminal: Whether a user can answer; what a pipe brings is the next message, and allows nothing.

    Raises:
        KeyboardInterrupt: The user stops the answer instead.
    """
    decisions: dict[str, Decision] = {}
    for one in asked:
        write(_about(one))
        if one.tool is None:
            write("⚠ This chat has no function of this name, so the call was refused.\n")
        elif not is_terminal:
            write("⚠ It needs your approval, and there is no terminal to ask you. The call was refused.\n")
        else:
            decisions[one.call.id] = _answer(one, write, read)
    return decisions


def _about(one: AskedCall) -> str:
    arguments = clean(one.call.function.arguments)
    if len(arguments) > _MOST_ARGUMENTS:
        cut = len(arguments) - _MOST_ARGUMENTS
        arguments = f"{arguments[:_MOST_ARGUMENTS]}\n[{cut:,} more characters]"
    lines = [f"\nCall > {clean_line(one.call.function.name)}", arguments]
    if one.tool is not None:
        lines += [clean(part) for part in (one.tool.touches, f"From {one.tool.source}.") if part]
        if not one.tool.is_trusted and one.tool.code:
            lines += ["This file was not approved yet:", clean(one.tool.code)]
    return "\n".join(lines) + "\n"


def _answer(one: AskedCall, write: Write, read: Callable[[str], str]) -> Decision:
    always = ", a = always in this thread" if one.may_always else ""
    _drop_typed()
    try:
        word = read(f"Run it? (y = once{always}, n = no) > ").strip().lower()
    except EOFError:
        word = ""
    chosen = _WORDS.get(word, "no")
    if chosen == "thread" and not one.may_always:
        chosen = "no"
    if chosen == "no":
        write("The call was refused.\n")
    return chosen


def _drop_typed() -> None:
    """Forget what was typed before the question could be read."""
    with suppress(ImportError, OSError, ValueError):
        import termios

        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
