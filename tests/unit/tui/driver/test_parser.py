"""What a terminal sends becomes the keys, pastes and mouse events that were meant, in every form that terminals use."""

from __future__ import annotations

import random

import pytest
from textual.events import AppBlur, AppFocus, Key, MouseDown, MouseMove, MouseScrollDown, MouseUp, Paste
from textual.messages import TerminalSupportsSynchronizedOutput

from aimltui.tui.driver.parser import TerminalParser
from aimltui.tui.driver.profile import TerminalProfile, profile_of
from aimltui.tui.terminal import TerminalBackground

DARK_REPLY = "\x1b]11;rgb:1414/1616/1a1a\x1b\\"
LIGHT_REPLY = "\x1b]11;rgb:ff/ff/f0\x07"


def read(*chunks: str | bytes, profile: TerminalProfile | None = None) -> list[str]:
    """What the parser makes of the chunks: keys by name, everything else marked."""
    now = 100.0
    parser = TerminalParser(profile=profile, clock=lambda: now)
    messages = []
    for chunk in chunks:
        messages += parser.feed_bytes(chunk.encode() if isinstance(chunk, str) else chunk)
    now += 5
    messages += parser.tick()
    seen: list[str] = []
    for message in messages:
        match message:
            case Key():
                seen.append(message.key)
            case TerminalBackground():
                seen.append(f"<{message.shade}>")
            case Paste():
                seen.append(f"paste:{message.text}")
            case MouseDown() | MouseUp() | MouseMove() | MouseScrollDown():
                seen.append(f"{type(message).__name__} {message.button} at {message.x:.0f},{message.y:.0f}")
            case _:
                seen.append(type(message).__name__)
    return seen


def typed(*chunks: str | bytes) -> str:
    """The characters of the keys."""
    parser = TerminalParser()
    messages = [
        message
        for chunk in chunks
        for message in parser.feed_bytes(chunk.encode() if isinstance(chunk, str) else chunk)
    ]
    return "".join(message.character or "" for message in messages if isinstance(message, Key))


def test_an_answer_about_the_background_is_taken_out_of_what_was_typed() -> None:
    assert read("a" + DARK_REPLY + "b") == ["a", "<dark>", "b"]
    assert read(LIGHT_REPLY) == ["<light>"]


@pytest.mark.parametrize("cut", range(2, len(DARK_REPLY)))
def test_an_answer_may_come_in_two_pieces(cut: int) -> None:
    assert read("a" + DARK_REPLY[:cut], DARK_REPLY[cut:] + "b") == ["a", "<dark>", "b"]


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
        ("\x1b[27;3;13~", "alt+enter"),
        ("\x1b[13;2u", "shift+enter"),
        ("\x1b[27;2;13~", "shift+enter"),
        ("\x1b[13u", "enter"),
        ("\x1b[57414u", "enter"),
    ],
)
def test_every_encoding_of_enter_is_told_apart(sent: str, key: str) -> None:
    assert read(sent) == [key]


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        # where ctrl+h and the like come as themselves
        ("\x1b[104;5u", "backspace"),
        ("\x1b[109;5u", "enter"),
        ("\x1b[105;5u", "tab"),
        ("\x1b[91;5u", "escape"),
        ("\x1b[127;2u", "backspace"),
        ("\x1b[127;5u", "ctrl+w"),
        ("\x1b[8;3u", "ctrl+w"),
        ("\x1b[8;5u", "ctrl+w"),
        ("\x08", "backspace"),
        ("\x7f", "backspace"),
        ("\x1b\x7f", "ctrl+w"),
        ("\x1b\x08", "ctrl+w"),
        # words
        ("\x1bb", "ctrl+left"),
        ("\x1b[98;3u", "ctrl+left"),
        ("\x1b[27;3;98~", "ctrl+left"),
        ("\x1b[1;3D", "ctrl+left"),
        ("\x1b\x1b[D", "ctrl+left"),
        ("\x1b\x1bOD", "ctrl+left"),
        ("\x1bf", "ctrl+right"),
        ("\x1b[102;3u", "ctrl+right"),
        ("\x1b[1;3C", "ctrl+right"),
        ("\x1bd", "ctrl+delete"),
        ("\x1b[1;4D", "ctrl+shift+left"),
        # alt and arrows that mean something else
        ("\x1b[1;3A", "alt+up"),
        ("\x1b\x1b[B", "alt+down"),
        # alt and a digit is no letter of another keyboard
        ("\x1b1", "alt+1"),
        ("\x1b=", "alt+equals_sign"),
        ("\x1b[49;3u", "alt+1"),
        # with modifiers, in three forms
        ("\x1b[1;5H", "ctrl+home"),
        ("\x1bO5A", "ctrl+up"),
        ("\x1bO1;5A", "ctrl+up"),
        ("\x1b[3;5~", "ctrl+delete"),
        ("\x1b[3$", "shift+delete"),
        ("\x1b[1;2R", "shift+f3"),
        ("\x1bOM", "enter"),
        ("\x1b[[A", "f1"),
        ("\x1b[Z", "shift+tab"),
        ("\x1b[27u", "escape"),
    ],
)
def test_keys_that_mean_the_same_have_one_name(sent: str, key: str) -> None:
    assert read(sent) == [key]


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("\x1b[97;;97u", "a"),
        ("\x1b[97:65;2;65u", "A"),
        ("\x1b[97:65;2u", "A"),
        ("\x1b[65;2u", "A"),
        ("\x1b[27;2;65~", "A"),
        ("\x1b[27;2;32~", " "),
        ("\x1b[32;2u", " "),
        ("\x1b[233u", "é"),
        ("\x1b[233;u", "é"),
        ("\x1b[97;129;97u", "a"),
        ("\x1b[97;65;65u", "A"),
        ("\x1b[97;2:1;65u", "A"),
        ("\x1b[97:65:99;2:2;65u", "A"),
        ("\x1b[57399;;48u", "0"),
        ("\x1b[98;3;8747u", "∫"),
        ("\x1b[97;;97:98u", "ab"),
    ],
)
def test_letters_that_come_as_reports_are_typed(sent: str, text: str) -> None:
    assert typed(sent) == text


@pytest.mark.parametrize(
    "sent",
    [
        "\x1b[97;1:3u",
        "\x1b[57441;2u",
        "\x1b[57442;5u",
        "\x1b[57358u",
        "\x1b[1114112;1u",
        "\x1b[55296;1u",
        "\x1b[99999999999999999999;1u",
        f"\x1b[{'9' * 100}u",
        "\x1b[97;999999u",
        "\x1b[;u",
        "\x1b[:;:;:u",
        "\x1b[97;5;1114112u",
        "\x1b[=5u",
        "\x1b[?1u",
        "\x1b[24;80R",
        "\x1b[48;1;99999999;1;1t",
        "\x1b[201~",
        "\x1b[99~",
        "\x1b[<99999999999;1;1M",
        "\x1b[<0;0;1M",
        "\x1b[<0;-3;1M",
        "\x1b[<1M",
        "\x1b[1M",
        "\x1b[M\x01\x01\x01",
        "\x1b[>0;276;0c",
        "\x1b]52;c;YWJj\x07",
        "\x1bP1$r0m\x1b\\",
        "\u0085\u009b",
    ],
    ids=repr,
)
def test_what_is_no_key_does_nothing(sent: str) -> None:
    assert read("a", sent, "b") == ["a", "b"]


@pytest.mark.parametrize(
    ("sent", "events"),
    [
        ("\x1b[<0;13;6M\x1b[<0;13;6m", ["MouseDown 1 at 12,5", "MouseUp 1 at 12,5"]),
        ("\x1b[32;13;6M\x1b[35;13;6M", ["MouseDown 1 at 12,5", "MouseUp 1 at 12,5"]),
        (b"\x1b[M\x22\x2d\x26\x1b[M\x23\x2d\x26", ["MouseDown 3 at 12,5", "MouseUp 3 at 12,5"]),
        (b"\x1b[M\x20\xb4\x25", ["MouseDown 1 at 147,4"]),
        (b"\x1b[M\x61\x2d\x26", ["MouseScrollDown 0 at 12,5"]),
        ("\x1b[M\x43\u0134\x26", ["MouseMove 0 at 275,5"]),
    ],
)
def test_the_mouse_is_read_in_every_form(sent: str | bytes, events: list[str]) -> None:
    assert read(sent) == events


def test_focus_and_modes_are_told() -> None:
    assert read("\x1b[I\x1b[O\x1b[?2026;2$y\x1b[?2026;0$y\x1b[?2048;2$y") == [
        AppFocus.__name__,
        AppBlur.__name__,
        TerminalSupportsSynchronizedOutput.__name__,
    ]


@pytest.mark.parametrize(
    ("environment", "sent", "key"),
    [
        ({"KONSOLE_VERSION": "221203"}, "\x1bOM", "shift+enter"),
        ({"TERM": "st-256color"}, "\x1b[P", "delete"),
        ({"TERM": "st-256color"}, "\x1b[J", "ctrl+end"),
        ({"TERM": "st-256color"}, "\x1b[2J", "shift+home"),
        ({"TERM": "rxvt-unicode-256color"}, "\x1b[7^", "ctrl+home"),
        ({"TERM": "rxvt-unicode-256color"}, "\x1b[8^", "ctrl+end"),
        ({"TERM": "rxvt-unicode-256color"}, "\x1b\x1b[C", "ctrl+right"),
    ],
)
def test_a_terminals_own_keys_are_known(environment: dict[str, str], sent: str, key: str) -> None:
    assert read(sent, profile=profile_of(environment)) == [key]


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("one\r\ntwo\n", "one\r\ntwo\n"),
        ("one\rtwo\r", "one\rtwo\r"),
        ("one\r\rtwo\r\rthree", "one\rtwo\rthree"),
        ("one\r\r\r\rtwo\r\r", "one\r\rtwo\r"),
        ("one\r\rtwo\rthree", "one\r\rtwo\rthree"),
        ("a long paragraph " * 9 + "\r\r" + "and another one " * 9, None),
        ("log: \x1b[32mok\x1b[0m\0", "log: \x1b[32mok\x1b[0m"),
        (b"caf\xe9", "caf\ufffd"),
    ],
)
def test_a_paste_is_one_text_with_the_line_ends_that_were_copied(sent: str | bytes, text: str | None) -> None:
    sent = sent.encode() if isinstance(sent, str) else sent
    wanted = sent.decode() if text is None else text
    assert read(b"a\x1b[200~" + sent + b"\x1b[201~b") == ["a", f"paste:{wanted}", "b"]


def test_a_terminal_that_keeps_line_ends_is_believed() -> None:
    profile = profile_of({"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"})
    assert read("\x1b[200~one\r\rtwo\x1b[201~", profile=profile) == ["paste:one\r\rtwo"]


def test_bytes_that_are_no_text_are_shown_and_end_nothing() -> None:
    assert typed(b"caf\xe9 \xff", "ok") == "caf\ufffd \ufffdok"


def test_a_paste_that_the_terminal_does_not_mark_is_a_paste_if_it_is_long() -> None:
    line = "a line of some text"
    assert read("\r".join([line] * 20) + "\r") == [f"paste:{chr(13).join([line] * 20)}", "enter"]
    assert read("a" * 200) == ["a"] * 200
    assert read("a\x7f" * 200) == ["a", "backspace"] * 200


def test_random_reports_never_raise() -> None:
    source = random.Random(11)
    signs = "0123456789;:?<>=$ !\"'uMmRt~ABCDHFPSc[O]\\\x07é\x1b\r"
    for _ in range(20_000):
        body = "".join(source.choices(signs, k=source.randrange(1, 14)))
        parser = TerminalParser()
        for message in [*parser.feed(f"\x1b[{body}"), *parser.feed("")]:
            assert message is not None
