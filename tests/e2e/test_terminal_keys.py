"""The prompt in a real pseudo-terminal: newline keys in every encoding, pastes, the terminal's answers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pexpect
import pytest

PROGRAM = """
import json, sys
from pathlib import Path
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
        Path(sys.argv[1]).write_text(json.dumps([event.text, self.shade]))
        self.exit()

Probe(driver_class=TerminalDriver).run()
"""

pytestmark = pytest.mark.e2e


def run(tmp_path: Path, *pieces: str, answer: str = "") -> tuple[str, str | None]:
    """What is sent and which shade is known after typing the pieces and enter."""
    result = tmp_path / "result.json"
    child = pexpect.spawn(
        sys.executable,
        ["-c", PROGRAM, str(result)],
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": os.getcwd()},
        dimensions=(24, 80),
        timeout=20,
        encoding="utf-8",
    )
    try:
        child.expect_exact("\x1b]11;?\x1b\\")
        child.send(answer)
        # A terminal sends what was typed at once, too, if the program was slow to start.
        child.expect_exact("eady")
        for piece in pieces:
            child.send(piece)
        child.send("\r")
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)
    text, shade = json.loads(result.read_text())
    return text, shade


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
def test_a_newline_key_does_not_send(tmp_path: Path, newline: str) -> None:
    assert run(tmp_path, "one", newline, "two") == ("one\ntwo", None)


def test_a_bracketed_paste_does_not_send(tmp_path: Path) -> None:
    assert run(tmp_path, "a ", "\x1b[200~one\r\ntwo\r\x1b[201~", "b") == ("a one\ntwo\nb", None)


def test_a_paste_of_a_megabyte_arrives_whole(tmp_path: Path) -> None:
    text = "0123456789abcde\n" * 65_536
    assert run(tmp_path, "\x1b[200~", text, "\x1b[201~") == (text, None)


@pytest.mark.parametrize(
    ("answer", "shade"),
    [("\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "light"), ("\x1b]11;rgb:1e/1e/1e\x07", "dark"), ("", None)],
)
def test_the_terminals_answer_is_not_typed_into_the_prompt(
    tmp_path: Path, answer: str, shade: str | None
) -> None:
    assert run(tmp_path, "x", answer=answer) == ("x", shade)
