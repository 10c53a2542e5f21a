"""The whole story in a real terminal: start, say something, stop, switch, quit, come back, find everything."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pdfs import pdf
from tests.support.shared import Shared, sidebar
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("story")]

PROMPT = "Message"
LONG = "Write a long answer"
SIZE = (120, 40)


def demo(data: Path, *more: str, **options: object) -> Terminal:
    return Terminal.aimltui("--demo", "--data-dir", str(data), *more, **options)


@pytest.fixture(scope="module")
def data(numbered: Iterator[Path]) -> Path:
    """The directory of the shared demo."""
    return next(numbered)


@pytest.fixture
def opened(shared: Shared[Terminal], data: Path) -> Iterator[Terminal]:
    """The demo on an empty new thread, started once for the tests that leave it there."""
    with shared.use(lambda: demo(data, size=SIZE)) as terminal:
        terminal.wait_for(PROMPT)
        yield terminal


def say(terminal: Terminal, text: str) -> None:
    terminal.type(text)
    terminal.wait_for(text)
    terminal.press("enter")


def empty_prompt(terminal: Terminal) -> None:
    terminal.press("ctrl+c")
    terminal.wait_for("enter sends")


def stop(terminal: Terminal) -> None:
    terminal.press("escape")
    # the long answer has the word itself
    terminal.wait_for("■ stopped")
    terminal.wait_gone("running")


def suspend_and_return(terminal: Terminal) -> None:
    """Suspend the program from the palette, as ctrl+z would, and continue it."""
    taken = bytes(terminal.raw).count(b"\x1b[?1049h")
    terminal.press("ctrl+p")
    terminal.wait_for("search commands")
    terminal.type("suspend")
    terminal.wait_for("go back to the shell")
    terminal.press("enter")
    stopped = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
    terminal.wait_until(lambda: os.waitid(os.P_PID, terminal.pid, stopped) is not None, "a stopped program")
    terminal.wait_until(lambda: b"\x1b[?1049l" in bytes(terminal.raw), "the screen of the shell")
    raw = bytes(terminal.raw)
    assert raw.rindex(b"\x1b[23;2t") > raw.rindex(b"\x1b]2;"), "the title of the shell"
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.wait_until(lambda: bytes(terminal.raw).count(b"\x1b[?1049h") > taken, "the screen again")
    terminal.wait_for("not finished yet")


def test_a_conversation_and_a_draft_are_there_again_after_a_restart(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        say(terminal, "Solve 3x + 11 = 14")
        terminal.wait_for("completed")
        terminal.wait_for("x = 1")
        terminal.type("not finished yet")
        terminal.wait_for("not finished yet")
        suspend_and_return(terminal)
        terminal.quit()
        title, tail = bytes(terminal.raw), bytes(terminal.raw[-4000:])
    assert b"\x1b[?1049l" in tail, "the alternate screen is left"
    assert b"\x1b[?25h" in tail, "the cursor is shown"
    assert b"\x1b[?1000l" in tail, "the mouse is released"
    assert b"\x1b[?2004l" in tail, "bracketed paste is off"
    assert "\x1b]2;aimltui · Solve 3x + 11 = 14\x1b\\".encode() in title, "the terminal's title is the thread"
    assert "\x1b]2;● aimltui".encode() in title, "the title shows that a run goes on"
    assert b"\x1b[23;2t" in tail, "the title is given back"
    with demo(tmp_path) as terminal:
        terminal.wait_for("completed")
        assert "Solve 3x + 11 = 14" in terminal.text
        assert "x = 1" in terminal.text
        terminal.wait_for("not finished yet")


def test_the_demo_has_the_real_sandbox_work_it_out(opened: Terminal) -> None:
    say(opened, "Solve 3x + 11 = 14 with the code interpreter")
    opened.wait_for("completed")
    if "No code was run" in opened.text:
        pytest.skip("no sandbox holds on this machine")
    opened.wait_for("x = 1")
    opened.wait_for("check: True")
    opened.wait_for("The code ran on this machine")


def test_escape_stops_the_run_and_keeps_the_text(opened: Terminal) -> None:
    say(opened, LONG)
    opened.wait_for("one by one")
    stop(opened)
    opened.press("ctrl+home")
    opened.wait_for("one by one")


def test_a_killed_program_loses_no_more_than_a_moment_and_says_what_happened(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        say(terminal, LONG)
        terminal.wait_for("1 to 20")
        terminal.wait_for("3")
        terminal.kill()
    with demo(tmp_path) as terminal:
        terminal.wait_for("r Retry")
        terminal.press("ctrl+home")
        terminal.wait_for("one by one")
        say(terminal, "hello again")
        terminal.wait_for("completed")


def test_a_message_that_is_sent_while_a_run_is_at_work_waits_and_can_be_taken_back(opened: Terminal) -> None:
    say(opened, LONG)
    opened.wait_for("one by one")
    say(opened, "and now thanks")
    opened.wait_for("queued")
    opened.press("up")
    opened.wait_gone("queued")
    opened.wait_for("and now thanks")
    empty_prompt(opened)
    stop(opened)


def test_a_dropped_document_is_searched_and_what_the_answer_cites_opens(
    opened: Terminal, tmp_path: Path
) -> None:
    document = tmp_path / "a warranty.pdf"
    document.write_bytes(
        pdf(
            [
                ["Terms of the kettle"],
                ["In an office the warranty lasts twelve months.", "Dents are not covered."],
            ]
        )
    )
    opened.paste(f"'{document}' ")
    opened.wait_for("file search")
    opened.type("How long is the warranty in an office?")
    opened.wait_for("in an office?")
    opened.press("enter")
    opened.wait_for("completed")
    opened.wait_for("[1] a warranty.pdf · page")
    opened.press("alt+up")
    opened.wait_for("enter Choose")
    opened.press("enter")
    opened.wait_for("Copy passage")
    opened.wait_for("Dents are not covered.")
    opened.press("escape")
    opened.wait_gone("Copy passage")


def test_a_paste_of_many_lines_never_sends(opened: Terminal) -> None:
    opened.paste("first line\r\nsecond line\rthird line\n")
    opened.wait_for("third line")
    assert "running" not in opened.text
    assert "completed" not in opened.text
    assert "first line" in opened.text
    empty_prompt(opened)


def test_every_newline_key_makes_a_line_and_does_not_send(opened: Terminal) -> None:
    opened.type("above")
    for number, key in enumerate(("ctrl+j", "shift+enter", "alt+enter")):
        opened.press(key)
        opened.type(f"below {number}")
        opened.wait_for(f"below {number}")
    lines = opened.text.splitlines()
    above = next(number for number, line in enumerate(lines) if "above" in line)
    for number in range(3):
        assert f"below {number}" in lines[above + 1 + number]
    opened.press("enter")
    opened.wait_for("completed")


def test_two_windows_share_a_directory(opened: Terminal, data: Path) -> None:
    with demo(data, "--new") as second:
        second.wait_for(PROMPT)
        say(opened, "Which keys should both know?")
        opened.wait_for("completed")
        second.wait_until(lambda: "Which keys" in sidebar(second), "the thread of the first window")


def test_a_run_goes_on_while_another_thread_is_open(opened: Terminal) -> None:
    # no other thread of this program has these words, so the search has one result
    say(opened, f"{LONG} that goes on elsewhere")
    opened.wait_for("one by one")
    opened.press("ctrl+n")
    opened.wait_gone("one by one")
    say(opened, "thanks")
    opened.wait_for("completed")
    opened.press("ctrl+s")
    opened.wait_for("enter Open")
    opened.type("elsewhere")
    opened.wait_for("▌ elsewhere")
    opened.wait_for("Titles")
    opened.press("enter")
    opened.wait_for("running")
    opened.wait_until(lambda: LONG in opened.text.splitlines()[0], "the thread's title in the header")
    stop(opened)


def test_any_size_of_terminal_works_and_may_change_while_text_streams(opened: Terminal) -> None:
    say(opened, LONG)
    opened.wait_for("one by one")
    for size in ((20, 5), (80, 24), (300, 100)):
        before = len(opened.raw)
        opened.resize(*size)
        opened.wait_until(lambda before=before: len(opened.raw) > before + 500, "the new size")
    opened.resize(100, 30)
    opened.wait_for("running")
    stop(opened)
    opened.resize(*SIZE)


def test_a_start_in_a_tiny_terminal_works(tmp_path: Path) -> None:
    with demo(tmp_path, size=(20, 5)) as terminal:
        terminal.wait_for("Message")
        terminal.type("hi")
        terminal.wait_for("hi")
        terminal.quit()


def test_a_remark_does_not_lie_on_the_prompt_and_an_idle_screen_paints_nothing(opened: Terminal) -> None:
    opened.resize(80, 24)
    opened.wait_for("Solve an")
    opened.type("hello")
    opened.press("enter")
    opened.wait_for("completed")
    opened.press("ctrl+s")
    opened.wait_for("titles and words")
    opened.press("ctrl+s")
    opened.wait_for("type to search")
    opened.press("delete")
    opened.wait_for("Moved “")
    assert any("Moved “" in line for line in opened.text.splitlines()[:4])
    opened.press("ctrl+u", "escape")
    opened.wait_gone("Moved “")
    opened.wait_quiet(2.5)
    opened.resize(*SIZE)


def test_a_key_that_follows_at_once_goes_where_the_one_before_led(opened: Terminal) -> None:
    opened.wait_for("Solve an")
    opened.send("\x13wheat")  # ctrl+s and a word in one go
    opened.wait_for("▌ wheat")
    opened.press("escape")
    opened.wait_gone("▌ wheat")
    opened.send("\x10theme")  # ctrl+p
    opened.wait_for("▌ theme")
    opened.press("escape")
    opened.wait_gone("▌ theme")
