"""`aimltui chat` in a pseudo-terminal."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pexpect
import pytest

from tests.support.processes import chat_server
from tests.support.shared import sidebar
from tests.support.terminal import PATIENCE_S, ROOT, Terminal

pytestmark = pytest.mark.e2e

LONG = "Write a long answer that I can stop with Esc."
WAYS = pytest.mark.parametrize("flags", [[], ["--no-stream"]], ids=["stream", "no-stream"])


def ignore_sigint() -> None:
    """What a shell without job control does for a program in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def chat(data: Path, *flags: str, before: Callable[[], None] | None = None) -> Iterator[pexpect.spawn]:
    arguments = ["-m", "aimltui", "chat", "--data-dir", str(data), *flags]
    terminal = pexpect.spawn(
        sys.executable, arguments, encoding="utf-8", timeout=60, cwd=ROOT, preexec_fn=before
    )
    terminal.delayafterclose = 0
    try:
        terminal.expect_exact("You > ")
        yield terminal
    finally:
        terminal.close(force=True)


def runs(data: Path) -> int:
    with closing(sqlite3.connect(data / "aimltui.db")) as store:
        return int(store.execute("SELECT count(*) FROM runs").fetchone()[0])


def until_a_run_began(data: Path, count: int) -> None:
    """Nothing is shown of it: not before the whole answer is there."""
    end = time.monotonic() + PATIENCE_S
    while runs(data) < count:
        assert time.monotonic() < end, "no run began"
        time.sleep(0.02)


def ask(terminal: pexpect.spawn, text: str) -> str:
    """What is said until the next prompt."""
    terminal.sendline(text)
    terminal.expect_exact("You > ")
    return str(terminal.before)


def leave(terminal: pexpect.spawn) -> int:
    terminal.expect(pexpect.EOF)
    terminal.close()
    return int(terminal.exitstatus)


@WAYS
def test_every_answer_is_the_one_to_its_question_and_ctrl_c_stops_it_first_and_leaves_at_the_prompt(
    tmp_path: Path, flags: list[str]
) -> None:
    with chat(tmp_path, "--demo", *flags) as terminal:
        for text in ("", "   ", "\t"):
            told = ask(terminal, text)
            assert "The message is empty" in told
            assert "Assistant >" not in told
        first = ask(terminal, "Solve 3x + 11 = 14")
        second = ask(terminal, "Which keys should I know?")
        third = ask(terminal, "Solve 2y - 8 = 2")
        assert "x = 1" in first
        assert "What it does" in second
        assert "x = 1" not in second
        assert "y = 5" in third
        assert [told.count("Assistant > ") for told in (first, second, third)] == [1, 1, 1]
        assert runs(tmp_path) == 3, "nothing is sent for an empty message"
        terminal.sendline(LONG)
        if not flags:
            terminal.expect_exact("one by one")
        else:
            until_a_run_began(tmp_path, 4)
        terminal.sendintr()
        terminal.expect_exact("[stopped]")
        terminal.expect_exact("You > ")
        assert "x = 1" in ask(terminal, "Solve 3x + 11 = 14")
        terminal.sendintr()
        assert leave(terminal) == 0
    if not flags:
        with Terminal.aimltui("--demo", "--data-dir", str(tmp_path)) as screen:
            screen.wait_until(lambda: "Solve 3x" in sidebar(screen), "the thread of the chat")


def test_ctrl_c_stops_the_answer_of_a_chat_that_was_started_with_sigint_ignored(tmp_path: Path) -> None:
    with chat(tmp_path, "--demo", before=ignore_sigint) as terminal:
        terminal.sendline(LONG)
        terminal.expect_exact("one by one")
        terminal.sendintr()
        terminal.expect_exact("[stopped]")
        terminal.expect_exact("You > ")
        terminal.sendintr()
        assert leave(terminal) == 0


def test_a_pipe_whose_sigint_is_ignored_is_answered_to_the_end(tmp_path: Path) -> None:
    """Ctrl+C in the terminal of a background job is meant for the job in the foreground."""
    command = [sys.executable, "-m", "aimltui", "chat", "--demo", "--data-dir", str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=ignore_sigint
    ) as background:
        assert background.stdin is not None
        assert background.stdout is not None
        assert "The assistant is ready" in background.stdout.readline()
        background.send_signal(signal.SIGINT)
        told, _ = background.communicate("Solve 3x + 11 = 14\n", timeout=60)
    assert "x = 1" in told
    assert background.returncode == 0


@pytest.mark.parametrize(
    ("scene", "words", "flags", "farewell"),
    [
        ("wrong-key", "needs an API key", [], "  EXIT "),
        ("cut", "Half an ans", ["--no-stream"], "quit"),
        ("garbage", "⚠", [], "ctrl+d"),
    ],
)
def test_a_failure_is_told_and_the_chat_goes_on_until_a_word_or_ctrl_d_leaves_it(
    tmp_path: Path, scene: str, words: str, flags: list[str], farewell: str
) -> None:
    with (
        chat_server("--scene", scene) as base_url,
        chat(tmp_path, "--base-url", base_url, "--model", "m", *flags) as terminal,
    ):
        told = ask(terminal, "Hello?")
        assert words in told
        assert "⚠" in told
        assert "Traceback" not in told
        assert "The message is empty" in ask(terminal, "")
        if farewell == "ctrl+d":
            terminal.sendeof()
        else:
            terminal.sendline(farewell)
            terminal.expect_exact("Goodbye")
        assert leave(terminal) == 0


def test_a_pipe_can_ask_and_is_shown_the_code_that_was_run(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "aimltui", "chat", "--demo", "--data-dir", str(tmp_path)],
        input="Solve 3x + 11 = 14 with the code interpreter\n", capture_output=True, text=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    assert told.returncode == 0
    assert "x = 1" in told.stdout
    assert told.stderr == ""
    if "No code was run" in told.stdout:
        pytest.skip("no sandbox holds on this machine")
    assert "Code >\nfrom fractions import Fraction" in told.stdout
    assert "Output >\nx = 1\ncheck: True\n" in told.stdout
