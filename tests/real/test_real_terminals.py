"""What real terminals do: their keys, their colours, their clipboards, and that they are given back as they were.

Opt-in: `AIMLTUI_REAL_TERMINALS=1`, see `tests.real.terminals` for what has to be installed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real.terminals import WANTED, RealTerminal, missing, x_server

pytestmark = [
    pytest.mark.skipif(not WANTED, reason="opt-in: AIMLTUI_REAL_TERMINALS=1"),
    pytest.mark.timeout(300),
]

PROMPT = "Message Assistant"
PROBE = """
import os, sys, termios, tty
tty.setraw(0)
os.write(1, b"PROBE")
with open(sys.argv[1], "ab", buffering=0) as log:
    while True:
        log.write(os.read(0, 100))
"""
"""Writes down what keys send, as a shell would get it."""


@contextmanager
def terminal(
    name: str, folder: Path, *, hidden: Sequence[str] = (), after: Sequence[str] = ()
) -> Iterator[RealTerminal]:
    if lacking := missing(name):
        pytest.skip(f"not installed: {lacking}")
    with x_server() as display:
        found = RealTerminal(name, display, folder, hidden=hidden, after=after)
        try:
            found.wait_for(PROMPT)
            found.focus()
            yield found
        finally:
            found.close()


def prompt(found: RealTerminal) -> str:
    """What stands in the prompt."""
    rows = [line.partition("▌ ")[2] for line in found.text.split("\n") if "▌" in line]
    return "\n".join(row for row in rows).strip()


EVERY = ["xterm", "kitty", "konsole", "tmux", "screen", "urxvt", "st", "mlterm", "zutty"]
NEWLINES = {
    "xterm": ["shift+Return", "ctrl+j"],
    "kitty": ["shift+Return", "alt+Return", "ctrl+j"],
    "konsole": ["shift+Return", "alt+Return", "ctrl+j"],
    "mlterm": ["shift+Return", "alt+Return", "ctrl+j"],
    "zutty": ["shift+Return", "alt+Return", "ctrl+j"],
    "urxvt": ["alt+Return", "ctrl+j"],
    "st": ["alt+Return", "ctrl+j"],
    "tmux": ["ctrl+j"],
    "screen": ["ctrl+j"],
}


@pytest.mark.parametrize("name", EVERY)
def test_letters_newlines_and_word_keys_do_what_they_do_everywhere(name: str, tmp_path: Path) -> None:
    with terminal(name, tmp_path) as found:
        for number, key in enumerate(NEWLINES[name]):
            found.type(f"row{number}")
            found.key(key)
        found.type("one two three")
        found.wait_for("one two three")
        wanted = "\n".join([f"row{number}" for number in range(len(NEWLINES[name]))] + ["one two three"])
        assert prompt(found) == wanted
        # alt+b and alt+left go back a word each, alt+backspace deletes the one before
        found.key("alt+b", "alt+Left", "alt+BackSpace")
        found.wait_for("two three")
        found.wait_until(lambda: prompt(found).endswith("\ntwo three"), "one word to be deleted")
        found.key("alt+1", "Delete")
        found.wait_until(lambda: prompt(found).endswith("\nwo three"), "one letter to be deleted")
        found.key("End")
        found.type("!")
        found.wait_until(lambda: prompt(found).endswith("wo three!"), "a letter at the end")


@pytest.mark.parametrize("name", ["xterm", "kitty", "urxvt", "st", "mlterm", "zutty"])
def test_a_letter_with_an_accent_stays_one(name: str, tmp_path: Path) -> None:
    with terminal(name, tmp_path) as found:
        found.key("eacute")
        found.wait_until(lambda: prompt(found) == "é", "the letter")


@pytest.mark.parametrize("name", ["kitty", "xterm", "konsole"])
def test_ctrl_h_m_and_bracket_are_backspace_enter_and_escape(name: str, tmp_path: Path) -> None:
    with terminal(name, tmp_path) as found:
        found.type("hellox")
        found.key("ctrl+h")
        found.wait_until(lambda: prompt(found) == "hello", "the last letter to go")
        found.key("F1")
        found.wait_for("esc Close")
        found.key("ctrl+bracketleft")
        found.wait_until(lambda: "esc Close" not in found.text, "the help to close")
        found.key("ctrl+m")
        found.wait_for("completed")


@pytest.mark.parametrize("name", ["xterm", "urxvt", "mlterm", "zutty", "st", "kitty", "konsole"])
def test_a_pasted_line_end_is_one_line_end(name: str, tmp_path: Path) -> None:
    with terminal(name, tmp_path) as found:
        for selection in ("clipboard", "primary"):
            found.set_clipboard("first\r\nsecond\r\n\r\nthird", selection)
        found.key({"kitty": "ctrl+shift+v", "st": "ctrl+shift+v"}.get(name, "shift+Insert"))
        found.wait_for("third")
        assert prompt(found) == "first\nsecond\n\nthird"


@pytest.mark.parametrize(
    ("name", "wanted", "unwanted"),
    [
        ("xterm", b"\x1b[38;2;", None),
        ("kitty", b"38;2;", None),
        ("konsole", b"38;2;", None),
        ("screen", b"38;5;", b"38;2;"),
    ],
)
def test_the_colours_are_those_that_it_shows(
    name: str, wanted: bytes, unwanted: bytes | None, tmp_path: Path
) -> None:
    with terminal(name, tmp_path) as found:
        found.wait_until(lambda: wanted.lstrip(b"\x1b[") in found.painted, "the colours")
        assert unwanted is None or unwanted not in found.painted


@pytest.mark.parametrize("name", EVERY)
def test_what_is_called_copied_can_be_pasted_elsewhere(name: str, tmp_path: Path) -> None:
    with terminal(name, tmp_path) as found:
        found.type("copy me")
        found.wait_for("copy me")
        found.key("shift+Home")
        found.key("ctrl+c")
        found.wait_for("Copied 7 characters")
        found.wait_until(lambda: found.clipboard() == "copy me", "the clipboard")


@pytest.mark.parametrize("name", EVERY)
def test_without_a_tool_it_is_only_sent_and_the_screen_says_no_more(name: str, tmp_path: Path) -> None:
    with terminal(name, tmp_path, hidden=["DISPLAY"]) as found:
        found.set_clipboard("as before")
        found.type("copy me")
        found.wait_for("copy me")
        found.key("shift+Home")
        found.key("ctrl+c")
        found.wait_for("the terminal's clipboard")
        if name == "tmux":
            found.wait_for("Copied 7 characters in tmux")
            assert found.run("tmux", "-L", "aimltui-test", "show-buffer") == "copy me"
        else:
            assert "copied" not in found.text
        if name in ("kitty", "zutty"):
            found.wait_until(lambda: found.clipboard() == "copy me", "the clipboard")


@pytest.mark.parametrize("name", ["xterm", "konsole", "kitty", "st", "mlterm"])
def test_the_keys_are_given_back(name: str, tmp_path: Path) -> None:
    log = tmp_path / "keys"
    with terminal(name, tmp_path, after=[sys.executable, "-c", PROBE, str(log)]) as found:
        found.key("ctrl+q")
        found.wait_until(log.exists, "the program to end")
        size = 0
        for key in ("alt+b", "shift+Return", "Delete"):
            found.key(key)
            found.wait_until(lambda size=size: log.stat().st_size > size, f"{key} to arrive")
            size = log.stat().st_size
    assert log.read_bytes() == FRESH[name]


FRESH = {
    "xterm": b"\xc3\xa2\r\x1b[3~",
    "konsole": b"\x1bb\x1bOM\x1b[3~",
    "kitty": b"\x1bb\r\x1b[3~",
    "st": b"\x1bb\r\x1b[P",
    "mlterm": b"\x1bb\r\x1b[3~",
}
"""What alt+b, shift+enter and Delete send in a terminal that no program has changed."""


def test_screen_without_an_alternate_screen_is_left_empty(tmp_path: Path) -> None:
    log, picture = tmp_path / "probe", tmp_path / "hardcopy"
    with terminal("screen", tmp_path, after=[sys.executable, "-c", PROBE, str(log)]) as found:
        found.key("ctrl+q")
        found.wait_until(log.exists, "the program to end")
        found.run("screen", "-X", "hardcopy", str(picture))
        found.wait_until(picture.exists, "the picture")
        shown = picture.read_text(errors="replace").split()
    assert shown == ["PROBE"]
