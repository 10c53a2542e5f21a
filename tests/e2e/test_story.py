"""The whole story in a real terminal: start, say something, stop, switch, quit, come back, find everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.terminal import Terminal

pytestmark = pytest.mark.e2e

PROMPT = "Message"
LONG = "Write a long answer"


def demo(data: Path, *more: str, **options: object) -> Terminal:
    return Terminal.aimltui("--demo", "--data-dir", str(data), *more, **options)


def say(terminal: Terminal, text: str) -> None:
    terminal.type(text)
    terminal.wait_for(text)
    terminal.press("enter")


def quit_program(terminal: Terminal) -> None:
    terminal.press("ctrl+q")
    assert terminal.wait_exit() == 0


def test_a_conversation_is_there_again_after_a_restart(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        say(terminal, "Solve 3x + 11 = 14")
        terminal.wait_for("completed")
        terminal.wait_for("x = 1")
        quit_program(terminal)
    with demo(tmp_path) as terminal:
        terminal.wait_for("completed")
        assert "Solve 3x + 11 = 14" in terminal.text
        assert "x = 1" in terminal.text


def test_the_demo_has_the_real_sandbox_work_it_out(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        say(terminal, "Solve 3x + 11 = 14 with the code interpreter")
        terminal.wait_for("completed")
        if "No code was run" in terminal.text:
            pytest.skip("no sandbox holds on this machine")
        terminal.wait_for("x = 1")
        terminal.wait_for("check: True")
        terminal.wait_for("The code ran on this machine")
        quit_program(terminal)


def test_the_terminal_is_given_back_as_it_was(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        quit_program(terminal)
        tail = bytes(terminal.raw[-4000:])
    assert b"\x1b[?1049l" in tail, "the alternate screen is left"
    assert b"\x1b[?25h" in tail, "the cursor is shown"
    assert b"\x1b[?1000l" in tail, "the mouse is released"
    assert b"\x1b[?2004l" in tail, "bracketed paste is off"


def test_escape_stops_the_run_and_keeps_the_text(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        say(terminal, LONG)
        terminal.wait_for("one by one")
        terminal.press("escape")
        terminal.wait_for("stopped")
        terminal.wait_gone("running")
        terminal.press("ctrl+home")
        terminal.wait_for("one by one")


def test_a_killed_program_loses_no_more_than_a_moment_and_says_what_happened(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        say(terminal, LONG)
        terminal.wait_for("1 to 20")
        terminal.wait_for("3")
        terminal.kill()
    with demo(tmp_path) as terminal:
        terminal.wait_for("failed")
        terminal.press("ctrl+home")
        terminal.wait_for("one by one")
        say(terminal, "hello again")
        terminal.wait_for("completed")


def test_a_message_that_is_sent_while_a_run_is_at_work_waits_and_can_be_taken_back(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        say(terminal, LONG)
        terminal.wait_for("one by one")
        say(terminal, "and now thanks")
        terminal.wait_for("queued")
        terminal.press("up")
        terminal.wait_gone("queued")
        terminal.wait_for("and now thanks")


def test_a_draft_survives_a_restart(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type("not finished yet")
        terminal.wait_for("not finished yet")
        quit_program(terminal)
    with demo(tmp_path) as terminal:
        terminal.wait_for("not finished yet")


def test_a_paste_of_many_lines_never_sends(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        terminal.paste("first line\r\nsecond line\rthird line\n")
        terminal.wait_for("third line")
        assert "running" not in terminal.text
        assert "completed" not in terminal.text
        assert "first line" in terminal.text


def test_every_newline_key_makes_a_line_and_does_not_send(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        terminal.type("above")
        for number, key in enumerate(("ctrl+j", "shift+enter", "alt+enter")):
            terminal.press(key)
            terminal.type(f"below {number}")
            terminal.wait_for(f"below {number}")
        lines = terminal.text.splitlines()
        above = next(number for number, line in enumerate(lines) if "above" in line)
        for number in range(3):
            assert f"below {number}" in lines[above + 1 + number]
        terminal.press("enter")
        terminal.wait_for("completed")


def test_two_windows_share_a_directory(tmp_path: Path) -> None:
    with demo(tmp_path) as first, demo(tmp_path, "--new") as second:
        first.wait_for(PROMPT)
        second.wait_for(PROMPT)
        say(first, "Which keys should I know?")
        first.wait_for("completed")
        second.wait_for("Which keys")


def test_a_run_goes_on_while_another_thread_is_open(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        say(terminal, LONG)
        terminal.wait_for("one by one")
        terminal.press("ctrl+n")
        terminal.wait_gone("one by one")
        say(terminal, "thanks")
        terminal.wait_for("completed")
        terminal.press("ctrl+s")
        terminal.wait_for("enter Open")
        terminal.type("Write a long")
        terminal.wait_gone("Show me")
        terminal.press("enter")
        terminal.wait_for("running")
        assert LONG in terminal.text.splitlines()[0]


def test_any_size_of_terminal_works_and_may_change_while_text_streams(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.wait_for(PROMPT)
        say(terminal, LONG)
        terminal.wait_for("one by one")
        for size in ((20, 5), (80, 24), (300, 100)):
            before = len(terminal.raw)
            terminal.resize(*size)
            terminal.wait_until(lambda before=before: len(terminal.raw) > before + 500, "the new size")
        terminal.resize(100, 30)
        terminal.wait_for("running")
        terminal.press("escape")
        terminal.wait_for("stopped")
        quit_program(terminal)


def test_a_start_in_a_tiny_terminal_works(tmp_path: Path) -> None:
    with demo(tmp_path, size=(20, 5)) as terminal:
        terminal.wait_for("Message")
        terminal.type("hi")
        terminal.wait_for("hi")
        quit_program(terminal)


def test_a_remark_does_not_lie_on_the_prompt_and_an_idle_screen_paints_nothing(tmp_path: Path) -> None:
    with Terminal.aimltui("--demo", "--data-dir", str(tmp_path), size=(80, 24)) as terminal:
        terminal.wait_for("Solve an")
        terminal.type("hello")
        terminal.press("enter")
        terminal.wait_for("completed")
        terminal.press("ctrl+s")
        terminal.wait_for("type to search")
        terminal.press("delete")
        terminal.wait_for("Moved “")
        assert any("Moved “" in line for line in terminal.text.splitlines()[:4])
        terminal.press("ctrl+u", "escape")
        terminal.wait_gone("Moved “")
        terminal.wait_quiet(2.5)


def test_a_key_that_follows_at_once_goes_where_the_one_before_led(tmp_path: Path) -> None:
    with Terminal.aimltui("--demo", "--data-dir", str(tmp_path)) as terminal:
        terminal.wait_for("Solve an")
        terminal.send("\x13wheat")  # ctrl+s and a word in one go
        terminal.wait_for("⌕ wheat")
        terminal.press("escape")
        terminal.wait_for("type to search")
        terminal.press("escape")
        terminal.wait_gone("type to search")
        terminal.wait_for("Threads")
        terminal.send("\x10theme")  # ctrl+p
        terminal.wait_for("▌ theme")
