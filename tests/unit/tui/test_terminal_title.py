"""The terminal's title: the thread and its state, written when it changes; hostile titles stay text."""

from __future__ import annotations

import pytest

from aimltui.tui.terminal_title import TerminalTitle

XTERM = {"TERM": "xterm-256color"}


def test_the_title_says_thread_and_state_and_is_given_back() -> None:
    written: list[str] = []
    title = TerminalTitle(written.append, XTERM)
    title.show("", "idle")
    title.show("Tax return", "idle")
    title.show("Tax return", "idle")
    title.show("Tax return", "running")
    title.show("Tax return", "asking")
    title.close()
    title.close()
    assert written == [
        "\x1b[22;2t\x1b]2;aimltui\x1b\\",
        "\x1b]2;aimltui · Tax return\x1b\\",
        "\x1b]2;● aimltui · Tax return\x1b\\",
        "\x1b]2;? aimltui · Tax return\x1b\\",
        "\x1b[23;2t",
    ]


def test_a_hostile_title_drives_nothing_and_a_long_one_is_cut() -> None:
    written: list[str] = []
    title = TerminalTitle(written.append, XTERM)
    title.show("a\x1b\\\x1b]52;c;eA==\x07\x9c\nb" + "x" * 300, "idle")
    inner = written[0].removeprefix("\x1b[22;2t\x1b]2;").removesuffix("\x1b\\")
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in inner)
    assert len(inner) <= 80


@pytest.mark.parametrize(
    ("environment", "has_progress"),
    [
        ({**XTERM, "WT_SESSION": "1"}, True),
        ({**XTERM, "TERM_PROGRAM": "ghostty"}, True),
        ({**XTERM, "TERM_PROGRAM": "ghostty", "TMUX": "/tmp/x"}, False),
        ({**XTERM, "TERM_PROGRAM": "iTerm.app"}, False),
    ],
)
def test_progress_goes_only_to_terminals_that_know_it(
    environment: dict[str, str], has_progress: bool
) -> None:
    written: list[str] = []
    title = TerminalTitle(written.append, environment)
    title.show("x", "running")
    title.show("x", "idle")
    title.show("y", "running")
    title.close()
    assert ("\x1b]9;4;3;0\x1b\\" in "".join(written)) is has_progress
    assert written[-1].startswith("\x1b]9;4;0;0\x1b\\") is has_progress


@pytest.mark.parametrize("term", ["dumb", "linux", ""])
def test_a_terminal_that_would_print_it_gets_nothing(term: str) -> None:
    written: list[str] = []
    title = TerminalTitle(written.append, {"TERM": term})
    title.show("x", "running")
    title.close()
    assert written == []
