"""Wrong keys, dead servers, cut streams, broken files: each has a clear sentence, and nothing is lost."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from aimltui.engine.engine import Engine
from tests.support.builders import options
from tests.support.fake_model import FakeModel, FakeModels
from tests.support.processes import chat_server
from tests.support.shared import Shared, rest
from tests.support.terminal import ROOT, Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("bad days")]

PROMPT = "Message"
KEY = "sk-test-0123456789abcdef"


def connected(base_url: str, data: Path, *more: str) -> Terminal:
    arguments = [
        "--base-url",
        base_url,
        "--api-key-env",
        "MY_KEY",
        "--model",
        "m",
        "--data-dir",
        str(data),
        *more,
    ]
    return Terminal.aimltui(*arguments, env={"MY_KEY": KEY})


def ask(terminal: Terminal, text: str = "what is up") -> None:
    terminal.wait_for(PROMPT)
    terminal.type(text)
    terminal.wait_for(text)
    terminal.press("enter")


FAILURES = {
    "wrong-key": "did not accept the API key",
    "out-of-credits": "credits",
    "unknown-model": "model",
    "wrapped-400": "",
    "cut": "Half an ans",
    "no-finish": "It just sto",
    "malformed": "Good",
    "garbage": "",
    "web-page": "",
    "redirect": "",
}


@contextmanager
def at_the_named_scenes(data: Path) -> Iterator[Terminal]:
    """The program at a server that plays the scene which the last word of a message names."""
    with chat_server("--scene", "named") as base_url, connected(base_url, data) as terminal:
        yield terminal


@pytest.fixture
def opened(shared: Shared[Terminal], tmp_path: Path) -> Iterator[Terminal]:
    """The program at that server on an empty new thread, started once for the tests that leave it there."""
    with shared.use(lambda: at_the_named_scenes(tmp_path)) as terminal:
        yield terminal


def test_a_failed_run_says_what_and_keeps_the_message(opened: Terminal) -> None:
    for scene, words in FAILURES.items():
        opened.wait_for(PROMPT)
        ask(opened, f"what is up with {scene}")
        opened.wait_for("r Retry")
        opened.wait_for(words)
        assert f"what is up with {scene}" in opened.text
        opened.press("ctrl+n")
        opened.wait_gone("r Retry")
    assert KEY not in opened.raw.decode("utf-8", "replace")


def test_a_rate_limit_is_waited_out_with_a_notice(opened: Terminal) -> None:
    before = len(opened.raw)
    ask(opened, "now rate-limited-once")
    opened.wait_for("completed")
    assert "etrying" in opened.raw[before:].decode("utf-8", "replace")


def test_escape_ends_the_waiting_for_a_silent_server(opened: Terminal) -> None:
    ask(opened, "now silent")
    opened.wait_for("running")
    opened.press("escape")
    # nothing was answered: the text is in the prompt again, and nothing of the run is left
    opened.wait_until(lambda: "now silent" in opened.prompt, "the text to be back in the prompt")
    opened.wait_gone("running")
    opened.press("ctrl+c")
    opened.wait_for("enter sends")


def test_hostile_text_reaches_the_screen_harmless(opened: Terminal) -> None:
    ask(opened, "now hostile")
    opened.wait_for("completed")
    raw = bytes(opened.raw)
    assert b"PWNED\x07" not in raw
    assert b"\x1b]0;PWNED" not in raw
    assert b"\xc2\x9b" not in raw
    assert "\u202e".encode() not in raw
    assert "[@click=app.quit]" in opened.text


def test_a_server_that_echoes_the_key_does_not_show_it_and_a_dead_one_is_named(tmp_path: Path) -> None:
    with ExitStack() as server:
        base_url = server.enter_context(chat_server("--scene", "echoes-the-key"))
        with connected(base_url, tmp_path) as terminal:
            ask(terminal)
            terminal.wait_for("r Retry")
            server.close()
            rest(terminal)
            address = base_url.removeprefix("http://").removesuffix("/v1")
            ask(terminal)
            terminal.wait_for("r Retry")
            # the header names it, too
            terminal.wait_until(lambda: terminal.text.count(address) > 1, "the address in the card")
            assert KEY.encode() not in terminal.raw
            terminal.quit()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes(), file


def test_without_a_key_the_program_opens_and_says_what_to_do(tmp_path: Path) -> None:
    with Terminal.aimltui("--data-dir", str(tmp_path)) as terminal:
        terminal.wait_for("Connect to a model")
        terminal.wait_for("esc Not now")
        # a question takes no key before it has stood for a moment
        terminal.wait_quiet(0.6)
        terminal.press("escape")
        terminal.wait_gone("esc Not now")
        terminal.wait_for("Try the demo")
        terminal.quit()


async def an_empty_store(data: Path) -> None:
    await (await Engine.open(options(data), FakeModels(FakeModel()))).aclose()


def test_a_database_of_a_newer_version_is_left_alone_and_named(tmp_path: Path) -> None:
    asyncio.run(an_empty_store(tmp_path))
    (database,) = tmp_path.glob("*.db")
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 9999")
    connection.close()
    before = database.read_bytes()
    with Terminal.aimltui("--demo", "--data-dir", str(tmp_path)) as terminal:
        terminal.wait_for("a newer aimltui made it")
        terminal.press("ctrl+q")
        terminal.wait_exit()
    assert database.read_bytes() == before


def test_a_data_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with Terminal.aimltui("--demo", "--data-dir", str(blocker / "data")) as terminal:
        terminal.wait_for("cannot")
        terminal.quit()


def test_a_full_disk_fails_the_message_and_not_the_program(tmp_path: Path) -> None:
    limited = (
        "import resource, signal, runpy, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000));"
        "sys.argv[0] = 'aimltui'; runpy.run_module('aimltui', run_name='__main__')"
    )
    arguments = [sys.executable, "-c", limited, "--demo", "--data-dir", str(tmp_path)]
    with Terminal(arguments) as terminal:
        terminal.wait_for(PROMPT)
        terminal.paste("x" * 200_000)
        terminal.wait_for("Pasted")
        terminal.press("enter")
        terminal.wait_for("✗ The message was not sent")
        terminal.wait_for("full")
        terminal.wait_for("Pasted")
        terminal.quit()


def run_cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aimltui", *arguments], capture_output=True, text=True, cwd=ROOT, timeout=60
    )


def test_a_broken_config_file_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[ui]\ntheme = "nord\n')
    result = run_cli("--config", str(file))
    assert result.returncode == 2
    assert "line 2" in result.stderr
    assert str(file) in result.stderr
    assert "Traceback" not in result.stderr


def test_a_pipe_instead_of_a_terminal_is_refused_with_a_sentence() -> None:
    result = run_cli("--demo")
    assert result.returncode == 2
    assert "terminal" in result.stderr
    assert result.stdout == ""


def test_version_and_help_work_without_a_terminal() -> None:
    assert run_cli("--version").stdout.startswith("aimltui ")
    assert "--data-dir" in run_cli("--help").stdout
