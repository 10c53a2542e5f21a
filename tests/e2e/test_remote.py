"""The screen on a remote server: our own, a poor one, a dead one, one that dies and returns."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.support.api_server import TOKEN, Served, poor_server, served_demo
from tests.support.processes import chat_server
from tests.support.shared import rest
from tests.support.terminal import Terminal

pytestmark = pytest.mark.e2e

PROMPT = "Message"
LONG = "Write a long answer"


def screen(base_url: str, data: Path, *more: str, token: str = TOKEN) -> Terminal:
    arguments = ["--assistants-url", base_url, "--api-key-env", "MY_KEY", "--data-dir", str(data), *more]
    return Terminal.aimltui(*arguments, env={"MY_KEY": token})


def say(terminal: Terminal, text: str) -> None:
    terminal.wait_for(PROMPT)
    terminal.type(text)
    terminal.wait_for(text)
    terminal.press("enter")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here"


def converse(base_url: str, data: Path) -> None:
    with screen(base_url, data) as terminal:
        say(terminal, "Solve 3x + 11 = 14")
        terminal.wait_for("completed")
        terminal.wait_for("x = 1")
        terminal.quit()
    assert not list(data.glob("*.db")), "the threads are the server's"


def find_the_conversation(terminal: Terminal) -> None:
    terminal.wait_for("completed")
    terminal.wait_for("x = 1")
    assert "Solve 3x + 11 = 14" in terminal.text


def stop_a_run(terminal: Terminal) -> None:
    say(terminal, LONG)
    terminal.wait_for("one by one")
    terminal.press("escape")
    terminal.wait_for("■ stopped")
    terminal.wait_gone("running")
    say(terminal, "hello again")
    terminal.wait_for("completed")


def see_each_others_threads(first: Terminal, base_url: str, data: Path) -> None:
    with screen(base_url, data, "--new") as second:
        second.wait_for("New thread")
        say(first, "A word from the first")
        first.wait_for("completed")
        second.wait_for("A word from")


def outlive_the_server(terminal: Terminal, ours: Served, store: Path) -> None:
    say(terminal, LONG)
    terminal.wait_for("one by one")
    port = ours.port
    ours.process.kill()
    ours.process.wait()
    terminal.wait_for("Reconnecting")
    with served_demo(store, port=port):
        terminal.wait_for("r Retry")
        terminal.wait_gone("Reconnecting")
        say(terminal, "hello again")
        terminal.wait_for("completed")
        terminal.quit()


@pytest.mark.timeout(400)
def test_our_own_server_has_the_threads_stops_runs_tells_other_screens_and_may_die_and_return(
    here: Path, tmp_path: Path
) -> None:
    with served_demo(tmp_path / "server") as ours:
        converse(ours.base_url, here)
        be_refused(ours.base_url, tmp_path / "refused")
        with screen(ours.base_url, here) as terminal:
            find_the_conversation(terminal)
            rest(terminal)
            stop_a_run(terminal)
            rest(terminal)
            see_each_others_threads(terminal, ours.base_url, tmp_path / "other")
            rest(terminal)
            outlive_the_server(terminal, ours, tmp_path / "server")


def be_refused(base_url: str, data: Path) -> None:
    """A wrong token is a card with the server's words."""
    with screen(base_url, data, token="not-the-token-that-it-wants") as terminal:
        terminal.wait_for("No connection to")
        terminal.wait_for("Incorrect API key provided")
        terminal.press("f1")
        terminal.wait_for("esc Close")
        terminal.press("escape")
        terminal.wait_gone("esc Close")
        terminal.quit()
    assert "not-the-token-that-it-wants" not in (data / "state" / "aimltui.log").read_text()


def test_a_server_that_is_not_there_yet_is_found_with_the_next_message(here: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with screen(f"http://127.0.0.1:{port}/v1", here) as terminal:
        terminal.wait_for("cannot be reached")
        terminal.wait_for("Send a message to try again")
        say(terminal, "Are you there?")
        terminal.wait_for("Trying again")
        terminal.wait_for("cannot be reached")
        # the message itself has the words, too
        terminal.wait_until(
            lambda: "Are you there?" in terminal.prompt, "the message to be back in the prompt"
        )
        with served_demo(tmp_path / "server", port=port):
            terminal.press("enter")
            terminal.wait_for("completed")
            terminal.wait_gone("cannot be reached")
            terminal.quit()


def test_a_poor_server_is_enough_for_a_conversation(here: Path) -> None:
    with poor_server() as base_url, screen(base_url, here, "--model", "poor") as terminal:
        terminal.wait_for("cannot list threads")
        terminal.wait_for("cannot list models")
        say(terminal, "loud words")
        terminal.wait_for("LOUD WORDS")
        terminal.wait_for("completed")
        say(terminal, "and more")
        terminal.wait_for("AND MORE")
        terminal.press("ctrl+n")
        terminal.wait_gone("LOUD WORDS")
        say(terminal, "another one")
        terminal.wait_for("ANOTHER ONE")
        assert "loud words" in terminal.text, "the own list has the first thread"
        terminal.quit()
        with screen(base_url, here, "--model", "poor") as again:
            again.wait_for("ANOTHER ONE")
            again.wait_for("loud words")
            again.press("ctrl+s")
            again.wait_for("enter Open")
            again.press("down", "enter")
            again.wait_for("LOUD WORDS")
            again.quit()


@pytest.mark.parametrize(
    "more",
    [["--lacks", "steps,runs,run,modify"], ["--lacks", "steps,runs"], ["--refuses-streams"]],
)
def test_what_a_server_lacks_takes_nothing_else_with_it(here: Path, more: list[str]) -> None:
    with poor_server(*more) as base_url, screen(base_url, here, "--model", "poor") as terminal:
        say(terminal, "loud words")
        terminal.wait_for("LOUD WORDS")
        terminal.wait_for("completed")
        assert "✗" not in terminal.text
        terminal.quit()
        with screen(base_url, here, "--model", "poor") as again:
            again.wait_for("LOUD WORDS")
            assert "✗" not in again.text
            again.quit()


def test_a_server_that_cannot_stop_runs_is_said_so_and_the_answer_comes(here: Path) -> None:
    with poor_server("--answer-s", "3") as base_url, screen(base_url, here, "--model", "poor") as terminal:
        say(terminal, "loud words")
        terminal.wait_for("running")
        terminal.press("escape")
        terminal.wait_for("This server cannot stop a run")
        terminal.press("escape")
        terminal.wait_for("LOUD WORDS")
        terminal.wait_for("completed")


def test_without_a_list_of_models_and_without_a_model_one_is_asked_for(here: Path) -> None:
    with poor_server() as base_url, screen(base_url, here) as terminal:
        say(terminal, "loud words")
        terminal.wait_for("No model is chosen")
        terminal.wait_for("--model ID")
        terminal.press("ctrl+l")
        terminal.wait_for("type an id")
        terminal.type("poor")
        terminal.press("enter")
        terminal.wait_for("poor ·")
        terminal.press("enter")
        terminal.wait_for("LOUD WORDS")


def test_a_server_that_is_no_assistants_server_is_named_as_such(here: Path, tmp_path: Path) -> None:
    with chat_server() as base_url, screen(base_url, here) as terminal:
        terminal.wait_for("does not speak the Assistants API")
        terminal.wait_for("--base-url")
        terminal.quit()
