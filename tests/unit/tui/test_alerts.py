"""The terminal's alerts: what is written for which terminal, and that hostile text stays text."""

from __future__ import annotations

import pytest

from aimltui.tui.alerts import Alerts, alert_sequence


@pytest.mark.parametrize(
    ("kind", "environment", "expected"),
    [
        ("off", {"TERM": "xterm-kitty"}, ""),
        ("bell", {"TERM": "xterm-kitty"}, "\x07"),
        ("notify", {"TERM": "xterm-kitty"}, "\x07\x1b]99;;a, b\x1b\\"),
        ("notify", {"TERM_PROGRAM": "WezTerm"}, "\x07\x1b]9;a, b\x1b\\"),
        ("notify", {"TERM": "foot"}, "\x07\x1b]777;notify;aimltui;a, b\x1b\\"),
        ("notify", {"TERM": "xterm-256color"}, "\x07"),
        (
            "notify",
            {"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1", "TMUX": "/tmp/x"},
            "\x07\x1bPtmux;\x1b\x1b]99;;a, b\x1b\x1b\\\x1b\\",
        ),
        (
            "notify",
            {"TERM": "tmux-256color", "WEZTERM_PANE": "1", "TMUX": "/tmp/x"},
            "\x07\x1bPtmux;\x1b\x1b]9;a, b\x1b\x1b\\\x1b\\",
        ),
        ("notify", {"TERM": "tmux-256color", "TMUX": "/tmp/x"}, "\x07"),
        ("notify", {"TERM": "xterm-kitty", "STY": "1.x"}, "\x07"),
    ],
)
def test_each_terminal_gets_what_it_understands(
    kind: Alerts, environment: dict[str, str], expected: str
) -> None:
    assert alert_sequence(kind, "a; \x1b]0;title\x07b\x9c", environment) == expected
