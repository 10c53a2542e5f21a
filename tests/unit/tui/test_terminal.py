"""The terminal's answers are read as answers, and everything else stays what was typed."""

from __future__ import annotations

import pytest
from textual.events import Key, Paste

from aimltui.tui import terminal
from aimltui.tui.terminal import TerminalBackground, TerminalParser

DARK_REPLY = "\x1b]11;rgb:1414/1616/1a1a\x1b\\"
LIGHT_REPLY = "\x1b]11;rgb:ff/ff/f0\x07"


def read(*chunks: str, end: bool = True) -> list[str]:
    """What the parser makes of the chunks: keys by name, pastes and shades marked."""
    parser = TerminalParser()
    seen: list[str] = []
    for chunk in [*chunks, ""] if end else chunks:
        for message in parser.feed(chunk):
            match message:
                case Key():
                    seen.append(message.key)
                case TerminalBackground():
                    seen.append(f"<{message.shade}>")
                case Paste():
                    seen.append(f"paste:{message.text}")
    return seen


def test_an_answer_is_taken_out_of_what_was_typed() -> None:
    assert read("a" + DARK_REPLY + "b") == ["a", "<dark>", "b"]
    assert read(LIGHT_REPLY) == ["<light>"]


@pytest.mark.parametrize("cut", range(2, len(DARK_REPLY)))
def test_an_answer_may_come_in_two_pieces(cut: int) -> None:
    assert read("a" + DARK_REPLY[:cut], DARK_REPLY[cut:] + "b") == ["a", "<dark>", "b"]


def test_a_begun_answer_that_does_not_go_on_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(terminal, "monotonic", lambda: now)
    parser = TerminalParser()
    assert list(parser.feed("\x1b]")) == []
    assert list(parser.tick()) == []
    now = 101.0
    keys = [message.key for message in [*parser.tick(), *parser.feed("")] if isinstance(message, Key)]
    assert keys


def test_a_lone_escape_is_not_held_back() -> None:
    assert read("\x1b") == ["escape"]


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("\r", "enter"),
        ("\n", "ctrl+j"),
        ("\x1b[106;5u", "ctrl+j"),
        ("\x1b[27;5;106~", "ctrl+j"),
        ("\x1b\r", "alt+enter"),
        ("\x1b\n", "alt+enter"),
        ("\x1b[13;3u", "alt+enter"),
        ("\x1b[13;2u", "shift+enter"),
        ("\x1b[27;2;13~", "shift+enter"),
    ],
)
def test_every_encoding_of_enter_is_told_apart(sent: str, key: str) -> None:
    assert read(sent) == [key]


def test_a_paste_with_line_ends_is_one_paste() -> None:
    assert read("\x1b[200~one\r\ntwo\n\x1b[201~") == ["paste:one\r\ntwo\n"]
