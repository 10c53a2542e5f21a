"""Reading lines from a terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from aimltui.cli.line_input import read_line
from tests.support.builders import PATIENCE_S


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """What a user types is written here; the program's input is the other end."""
    user, program = pty.openpty()
    with os.fdopen(program, "r") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.delitem(sys.modules, "readline", raising=False)
        yield user
    os.close(user)


def waiting(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Act once, when the program begins to wait: after the prompt, and after Python has last looked for signals."""
    wait, acts = select.select, [act]

    def waited(*files: list[int]) -> tuple[list[int], list[int], list[int]]:
        if acts:
            acts.pop()()
        return wait(*files, PATIENCE_S)

    monkeypatch.setattr(select, "select", waited)


def test_a_line_is_read_after_its_prompt(keyboard: int, capsys: pytest.CaptureFixture[str]) -> None:
    os.write(keyboard, "grüße\n".encode())
    assert read_line("You > ") == "grüße"
    assert capsys.readouterr().out == "You > "
    os.write(keyboard, b"\x04")
    with pytest.raises(EOFError):
        read_line("You > ")


def test_another_signal_does_not_end_the_wait(keyboard: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def told() -> None:
        signal.raise_signal(signal.SIGUSR1)
        os.write(keyboard, b"later\n")

    before = signal.signal(signal.SIGUSR1, lambda number, _: seen.append(number))
    try:
        waiting(monkeypatch, told)
        assert read_line("") == "later"
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [signal.SIGUSR1]


def test_a_line_from_elsewhere_is_read_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answered(prompt: str) -> str:
        asked.append(prompt)
        return "a"

    monkeypatch.setattr("builtins.input", answered)
    with open(os.devnull) as source:
        monkeypatch.setattr(sys, "stdin", source)
        assert read_line("You > ") == "a"
    assert asked == ["You > "]


def test_ctrl_c_counts_also_where_the_wait_itself_does_not_notice_it(
    keyboard: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal that another thread gets does not interrupt the wait, just as one that comes before it begins."""
    begun = threading.Event()

    def signalled() -> None:
        begun.wait(PATIENCE_S)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=signalled)
    thread.start()
    try:
        waiting(monkeypatch, begun.set)
        with pytest.raises(KeyboardInterrupt):
            read_line("")
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
    assert signal.set_wakeup_fd(-1) == -1
