"""The prompt in a real pseudo-terminal: newline keys in every encoding, pastes, the terminal's answers."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pexpect
import pytest

from tests.support.shared import Shared

PROGRAM = """
import json, sys
from textual.app import App
from aimltui.tui.driver.driver import TerminalDriver
from aimltui.tui.terminal import ask_for_background
from aimltui.tui.widgets.prompt_input import PromptInput

class Probe(App):
    shade = None
    def compose(self):
        yield PromptInput("ready")
    def on_mount(self):
        self.query_one(PromptInput).focus()
        ask_for_background(self)
        self.call_after_refresh(self._driver.release_keys)
    def on_terminal_background(self, event):
        self.shade = event.shade
    def on_prompt_input_submitted(self, event):
        self.query_one(PromptInput).accept()
        with open(sys.argv[1], "a") as told:
            told.write(json.dumps([event.text, self.shade]) + "\\n")

Probe(driver_class=TerminalDriver).run()
"""
PATIENCE_S = 60.0

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("terminal keys")]


class Probe:
    """A prompt in a terminal that answers the question for its colours; tells what is sent from it."""

    def __init__(self, result: Path, answer: str = "") -> None:
        self._result = result
        self._result.touch()
        self._told = 0
        self._child = pexpect.spawn(
            sys.executable,
            ["-c", PROGRAM, str(result)],
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": os.getcwd()},
            dimensions=(24, 80),
            timeout=PATIENCE_S,
            encoding="utf-8",
        )
        self._child.delayafterclose = 0
        self._child.expect_exact("\x1b]11;?\x1b\\")
        self._child.send(answer)
        # A terminal sends what was typed at once, too, if the program was slow to start.
        self._child.expect_exact("eady")

    def told(self, *pieces: str) -> tuple[str, str | None]:
        """What is sent and which shade is known after typing the pieces and enter."""
        for piece in pieces:
            self._child.send(piece)
        self._child.send("\r")
        end = time.monotonic() + PATIENCE_S
        while len(lines := self._result.read_text().splitlines(keepends=True)) == self._told or not lines[
            -1
        ].endswith("\n"):
            assert time.monotonic() < end, "nothing was sent"
            self._paint()
        self._told += 1
        assert len(lines) == self._told, "sent more than once"
        text, shade = json.loads(lines[-1])
        return text, shade

    def _paint(self) -> None:
        """Take what it paints: it stands still while nobody does."""
        with suppress(pexpect.TIMEOUT):
            self._child.read_nonblocking(65536, timeout=0.02)

    def close(self) -> None:
        self._child.close(force=True)


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared[Probe]]:
    """One probe for all tests that do not look at the start."""
    program: Shared[Probe] = Shared(lambda probe: None)
    yield program
    program.close()


@pytest.fixture
def probe(shared: Shared[Probe], tmp_path: Path) -> Iterator[Probe]:
    with shared.use(lambda: closing(Probe(tmp_path / "told"))) as made:
        yield made


@pytest.mark.parametrize(
    "newline",
    [
        pytest.param("\n", id="ctrl+j"),
        pytest.param("\x1b\r", id="alt+enter"),
        pytest.param("\x1b[13;2u", id="shift+enter-kitty"),
        pytest.param("\x1b[27;2;13~", id="shift+enter-xterm"),
        pytest.param("\x1b[106;5u", id="ctrl+j-kitty"),
        pytest.param("\\\r", id="backslash"),
    ],
)
def test_a_newline_key_does_not_send(probe: Probe, newline: str) -> None:
    assert probe.told("one", newline, "two") == ("one\ntwo", None)


def test_a_bracketed_paste_does_not_send(probe: Probe) -> None:
    assert probe.told("a ", "\x1b[200~one\r\ntwo\r\x1b[201~", "b") == ("a one\ntwo\nb", None)


def test_a_paste_of_a_megabyte_arrives_whole(probe: Probe) -> None:
    text = "0123456789abcde\n" * 65_536
    assert probe.told("\x1b[200~", text, "\x1b[201~") == (text, None)


@pytest.mark.parametrize(
    ("answer", "shade"),
    [("\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "light"), ("\x1b]11;rgb:1e/1e/1e\x07", "dark")],
)
def test_the_terminals_answer_is_not_typed_into_the_prompt(
    tmp_path: Path, answer: str, shade: str | None
) -> None:
    with closing(Probe(tmp_path / "told", answer)) as answered:
        assert answered.told("x") == ("x", shade)


def test_without_an_answer_no_shade_is_known(probe: Probe) -> None:
    assert probe.told("x") == ("x", None)
