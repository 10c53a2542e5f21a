"""The end that nobody asked for by a key: signals, a closed window, a mistake. Nothing is lost, the terminal is given back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.shared import rest
from tests.support.terminal import Terminal

pytestmark = pytest.mark.e2e

PROMPT_KEYS = "ctrl+n New"
LONG = "Write a long answer"
RESTORED = {
    "the alternate screen is left": b"\x1b[?1049l",
    "the mouse is let go": b"\x1b[?1003l",
    "bracketed paste is off": b"\x1b[?2004l",
    "the cursor is shown": b"\x1b[?25h",
    "the kitty keyboard protocol is left": b"\x1b[<u",
}


def demo(data: Path, **options: object) -> Terminal:
    return Terminal.aimltui("--demo", "--data-dir", str(data), **options)


def leave_all_undone(terminal: Terminal) -> None:
    """Have a run at work, a message in the queue, and a draft in the prompt."""
    terminal.type(LONG)
    terminal.wait_for(LONG)
    terminal.press("enter")
    terminal.wait_for("one by one")
    terminal.type("a queued message")
    terminal.wait_for("a queued message")
    terminal.press("enter")
    terminal.wait_for("queued")
    terminal.type("an unfinished draft")
    terminal.wait_for("an unfinished draft")


def end_by(terminal: Terminal, number: signal.Signals) -> None:
    """Send a signal; the program ends by it and gives the terminal back."""
    before = len(terminal.raw)
    os.kill(terminal.pid, number)
    assert terminal.wait_exit() == 128 + number
    tail = bytes(terminal.raw[before:])
    assert [what for what, code in RESTORED.items() if code not in tail] == [], number.name
    assert terminal.echoes(), number.name


def find_it_again(terminal: Terminal) -> None:
    """Nothing of it is lost; then make room for more."""
    terminal.wait_for("an unfinished draft")
    assert "a queued message" in terminal.text
    terminal.wait_for("The program ended during this run")
    terminal.press("ctrl+home")
    terminal.wait_for("one by one")
    terminal.press("ctrl+c")
    terminal.wait_gone("an unfinished draft")
    rest(terminal)


@pytest.mark.timeout(400)
def test_signals_and_a_closed_window_give_the_terminal_back_and_keep_draft_queue_and_answer(
    tmp_path: Path,
) -> None:
    with demo(tmp_path) as terminal:
        # before the program has read anything: as a person who types right after enter in the shell
        terminal.send("abcdefghij")
        terminal.wait_for(PROMPT_KEYS)
        terminal.wait_for("abcdefghij")
        terminal.type("klm")
        terminal.wait_for("abcdefghijklm")
        terminal.press("ctrl+c")
        terminal.wait_gone("abcdefghijklm")
        leave_all_undone(terminal)
        end_by(terminal, signal.SIGTERM)
    with demo(tmp_path) as terminal:
        find_it_again(terminal)
        leave_all_undone(terminal)
        end_by(terminal, signal.SIGHUP)
    with demo(tmp_path) as terminal:
        find_it_again(terminal)
        leave_all_undone(terminal)
        end_by(terminal, signal.SIGINT)
    with demo(tmp_path) as terminal:
        find_it_again(terminal)
        terminal.type("closed too soon")
        terminal.wait_for("closed too soon")
        terminal.hang_up()
    with demo(tmp_path) as terminal:
        terminal.wait_for("closed too soon")


def test_a_start_that_fails_gives_the_terminal_back(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("not = [toml")
    with Terminal.aimltui("--config", str(config)) as terminal:
        assert terminal.wait_exit() == 2
        assert terminal.echoes()


def test_ctrl_c_while_it_loads_ends_it_with_the_terminal_as_it_was(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_until(lambda: not terminal.echoes(), "the keys to be taken")
        os.kill(terminal.pid, signal.SIGINT)
        # Python itself ends by the signal where the interrupt came inside of eval
        assert terminal.wait_exit() in (130, -signal.SIGINT)
        assert terminal.echoes()
