"""Output as a terminal would show it, and nothing in it that could drive the real one."""

from __future__ import annotations

import time

import pytest

from aimltui.tui.state.terminal_output import RGB, Sgr, TerminalText, excerpt, failure_in, settled


def shown(line: str) -> str:
    return "".join(text for text, _ in TerminalText().line(line))


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("10%\r50%\r100%", "100%"),
        ("100%\r9", "900%"),
        ("done\r", "done"),
        ("abc\b\bX", "aXc"),
        ("\b\bab", "ab"),
        ("a\tb", "a       b"),
        ("working…\r\x1b[Kdone", "done"),
        ("half\x1b[2K", "    "),
        ("a\x1b[31mred\x1b[0mb", "aredb"),
        ("\x1b]0;PWNED\x07", "␛]0;PWNED␇"),
        ("\x1b]52;c;aGk=\x1b\\", "␛]52;c;aGk=␛\\"),
        ("\x1b[6n", "␛[6n"),
        ("\x1b[2J\x1b[H", "␛[2J␛[H"),
        ("\x9b31mx", "x"),
        ("\x9d0;t\x9c", "␛]0;t␛\\"),
        ("\x00\x7f", "␀␡"),
        ("a\u202eb\u2066", "a<U+202E>b<U+2066>"),
    ],
)
def test_a_line_is_what_a_terminal_would_leave_with_its_controls_made_visible(
    printed: str, seen: str
) -> None:
    assert shown(printed) == seen


def test_controls_are_ascii_signs_where_the_font_has_no_others() -> None:
    assert TerminalText(ascii_only=True).line("\x07\x1b\x7f\x9d") == [("^G^[^?^[]", Sgr())]


def test_colours_become_data_and_go_on_over_lines() -> None:
    reader = TerminalText()
    assert reader.line("\x1b[1;31mbad") == [("bad", Sgr(fg=1, bold=True))]
    assert reader.line("still\x1b[22;39m not") == [("still", Sgr(fg=1, bold=True)), (" not", Sgr())]
    assert reader.line("\x1b[38;5;208ma\x1b[48;2;1;2;3mb\x1b[0;97;100mc") == [
        ("a", Sgr(fg=208)),
        ("b", Sgr(fg=208, bg=RGB + 0x010203)),
        ("c", Sgr(fg=15, bg=8)),
    ]


def test_nonsense_in_a_sequence_changes_nothing_and_raises_nothing() -> None:
    for codes in ("38", "38;5", "38;2;1", "999", ";;;", "38;9;1", "9" * 60):
        assert shown(f"\x1b[{codes}mx") == "x"


def test_an_excerpt_looks_at_the_ends_only() -> None:
    text = "\n".join(map(str, range(1000))) + "\n\n"
    found = excerpt(text, 2, 3)
    assert (found.head, found.hidden, found.tail) == (("0", "1"), 995, ("997", "998", "999"))
    assert found.total == 1000
    assert excerpt("a\nb\n", 1, 1).head == ("a", "b")
    assert excerpt(" \n\n", 5, 5).total == 0
    assert excerpt("a\nb\nc", 0, 1) == excerpt("a\nb\nc\n", 0, 1)


def test_ten_megabytes_and_a_line_of_ten_megabytes_are_read_at_once() -> None:
    many = "line of some length\n" * 500_000
    one = "\r".join(f"{n}%" for n in range(2_500_000))
    started = time.process_time()
    found = excerpt(many, 50, 50)
    assert found.hidden == 499_900
    assert shown(excerpt(one, 50, 50).head[0]) == "2499999%"
    assert time.process_time() - started < 1


def test_what_is_copied_is_what_was_left_of_a_progress_bar() -> None:
    assert settled("a\tb\r\n\r 1 %\r50 %\r100 %\ndone\n") == "a\tb\n100 %\ndone\n"


@pytest.mark.parametrize(
    ("output", "name"),
    [
        ("Traceback (most recent call last):\n  File \"<cell>\", line 1\nZeroDivisionError: division by zero\n", "ZeroDivisionError"),
        ("x\nTraceback (most recent call last):\n  File\nmy.mod.OddError: a\nb\n", "OddError"),
        ('  File "<cell 1>", line 1\n    1 +\n       ^\nSyntaxError: invalid syntax', "SyntaxError"),
        ("Traceback (most recent call last):\n  File\nKeyboardInterrupt", "KeyboardInterrupt"),
        ("ValueError: printed by hand", ""),
        ("Traceback (most recent call last):\nValueError: x\n" + "and then it went on\n" * 20, ""),
        ("42\n", ""),
        ("[It printed more than 16 MiB; the rest was left out. The code was stopped.]\n[All of the output is kept as a-1.txt.]\n", "stopped at a limit"),
        ("Traceback (most recent call last):\nKeyboardInterrupt\n[It ran too long. The code was stopped.]", "stopped at a limit"),
        ("42\n[The interpreter ended unexpectedly. Its variables are gone.]\n", "the interpreter ended"),
        ("The user did not allow it, so nothing was run. Do not try again.\n", "not run"),
        ("This is the same call as the last 3 times, so it was not carried out again. Answer.\n", "not run"),
        ("[The interpreter was started anew: files are there.]\n42\n", ""),
    ],
)  # fmt: skip
def test_an_output_that_ends_with_a_failure_names_it(output: str, name: str) -> None:
    assert failure_in(output) == name
