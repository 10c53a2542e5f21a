"""What the environment says about a terminal."""

from __future__ import annotations

import pytest

from aimltui.tui.driver.profile import TerminalProfile, profile_of

XTERM = {"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"}
META, OTHER_KEYS = "\x1b[?1036h", "\x1b[>4;1m"


def test_an_unknown_terminal_is_asked_for_nothing() -> None:
    assert profile_of({"TERM": "xterm-256color"}) == TerminalProfile(keys={})


def test_xterm_sends_alt_and_enter_as_keys_and_is_given_back() -> None:
    profile = profile_of(XTERM)
    assert META in profile.at_start
    assert OTHER_KEYS in profile.at_start
    assert profile.at_end == "\x1b[>4m\x1b[?1036r"
    assert "\x1b[?1036s" in profile.at_start


def test_tmux_in_xterm_is_not_xterm() -> None:
    assert META not in profile_of({**XTERM, "TERM": "screen-256color", "TMUX": "1"}).at_start


def test_gnu_screen_hands_on_what_its_xterm_is_asked() -> None:
    profile = profile_of({**XTERM, "TERM": "screen", "STY": "1.pts"})
    assert profile.at_start == f"\x1bP\x1b[?1036s{META}\x1b\\"
    assert profile.at_end.endswith("\x1bP\x1b[?1036r\x1b\\")


@pytest.mark.parametrize(
    ("environment", "colors"),
    [
        (XTERM, "truecolor"),
        ({**XTERM, "XTERM_VERSION": "XTerm(300)"}, "256"),
        ({**XTERM, "COLORTERM": "truecolor"}, None),
        ({"TERM": "screen", "STY": "1.pts", "COLORTERM": "truecolor"}, "256"),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts", "COLORTERM": "truecolor"}, "256"),
        ({"TERM": "screen-256color", "TMUX": "/tmp/x", "STY": "1.pts", "COLORTERM": "truecolor"}, None),
        ({"TERM": "xterm-256color", "STY": "1.pts", "COLORTERM": "truecolor"}, None),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, None),
        ({"TERM": "mlterm", "MLTERM": "3.9.0"}, "256"),
        ({"TERM": "mlterm", "MLTERM": "3.9.0", "COLORTERM": "truecolor"}, None),
    ],
)
def test_colours_are_named_where_they_would_be_guessed_wrongly(
    environment: dict[str, str], colors: str | None
) -> None:
    assert profile_of(environment).color_system == colors


def test_st_has_its_keypad_set_and_reset() -> None:
    profile = profile_of({"TERM": "st-256color"})
    assert (profile.at_start, profile.at_end) == ("\x1b=", "\x1b>")
    assert profile_of({"TERM": "stty"}).at_start == ""


def test_screen_is_erased_before_it_is_left() -> None:
    assert profile_of({"TERM": "screen", "STY": "1.pts"}).at_end.startswith("\x1b[2J")


def test_escape_waits_longer_over_a_network() -> None:
    near, far = profile_of({}), profile_of({"SSH_CONNECTION": "::1 1 ::1 22"})
    assert far.escape_wait_s > near.escape_wait_s
