"""`aimltui serve` as a process: starting, refusing, stopping, dying; other people's programs; one store with the screen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.api_server import PATIENCE_S, TOKEN, Served, served, served_demo
from tests.support.shared import Shared
from tests.support.terminal import ROOT, Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("serving")]

LONG = "Write a long answer that I can stop with Esc."
PROGRAMS = ROOT / "tests" / "support" / "programs"


@contextmanager
def asking(server: Served, token: str | None = TOKEN) -> Iterator[httpx2.Client]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    with httpx2.Client(base_url=server.base_url, headers=headers, timeout=30) as client:
        yield client


def thread_with(client: httpx2.Client, text: str) -> str:
    body = {"messages": [{"role": "user", "content": text}]}
    return str(client.post("/threads", json=body).json()["id"])


def start_run(client: httpx2.Client, thread: str) -> Any:
    assistant = client.post("/assistants", json={"model": "gpt-4o"}).json()["id"]
    return client.post(f"/threads/{thread}/runs", json={"assistant_id": assistant}).json()


class Reader(threading.Thread):
    """Reads the stream of a new run to its end; `begun` is set once there is text."""

    def __init__(self, client: httpx2.Client, thread: str) -> None:
        super().__init__(daemon=True)
        self.begun = threading.Event()
        self.text = ""
        self._client, self._thread = client, thread
        self._assistant = client.post("/assistants", json={"model": "gpt-4o"}).json()["id"]
        self.start()

    def run(self) -> None:
        body = {"assistant_id": self._assistant, "stream": True}
        try:
            with self._client.stream("POST", f"/threads/{self._thread}/runs", json=body) as answer:
                for piece in answer.iter_text():
                    self.text += piece
                    if self.text.count("thread.message.delta") > 20:
                        self.begun.set()
        except httpx2.TransportError:
            self.text += "CUT"


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared[Served]]:
    """A server for all tests that leave it running."""
    made: Shared[Served] = Shared(lambda server: None)
    yield made
    made.close()


@pytest.fixture(scope="module")
def data(numbered: Iterator[Path]) -> Path:
    """The shared server's directory."""
    return next(numbered)


@pytest.fixture
def server(shared: Shared[Served], data: Path) -> Iterator[Served]:
    """The demo on a port, with a token."""
    with shared.use(lambda: served_demo(data)) as made:
        yield made


def thread_ids(client: httpx2.Client) -> set[str]:
    return {thread["id"] for thread in client.get("/threads?limit=100").json()["data"]}


@contextmanager
def on_a_socket(path: Path, data: Path) -> Iterator[tuple[Served, httpx2.Client]]:
    with (
        served("--demo", "--uds", str(path), "--data-dir", str(data)) as server,
        httpx2.Client(
            transport=httpx2.HTTPTransport(uds=str(path)), base_url="http://localhost/v1", timeout=30
        ) as client,
    ):
        assert str(path) in server.line
        yield server, client


def stop_in_the_middle(server: Served, client: httpx2.Client, number: signal.Signals) -> str:
    """Stop a server that streams a run to a reader; the run's thread."""
    thread = thread_with(client, LONG)
    reader = Reader(client, thread)
    assert reader.begun.wait(PATIENCE_S)
    begin = time.monotonic()
    assert server.end(number) == (0, ""), number
    assert time.monotonic() - begin < 10
    reader.join(PATIENCE_S)
    assert "event: thread.run.failed" in reader.text
    assert reader.text.endswith("event: done\ndata: [DONE]\n\n")
    return thread


def check_is_ended(client: httpx2.Client, thread: str) -> None:
    """The next server knows how the run ended, and has the part of the answer."""
    (run,) = client.get(f"/threads/{thread}/runs").json()["data"]
    assert run["status"] == "failed"
    answer = client.get(f"/threads/{thread}/messages").json()["data"][0]
    assert (answer["role"], answer["status"]) == ("assistant", "incomplete")
    assert answer["content"][0]["text"]["value"]


def test_a_killed_server_leaves_a_socket_that_the_next_replaces_and_a_stop_ends_runs_tells_readers_and_removes_it(
    tmp_path: Path,
) -> None:
    path, data = tmp_path / "s", tmp_path / "d"
    with on_a_socket(path, data) as (server, _):
        assert server.end(signal.SIGKILL)[0] == -signal.SIGKILL
        assert path.exists()
    with on_a_socket(path, data) as (server, client):
        thread = stop_in_the_middle(server, client, signal.SIGTERM)
    assert not path.exists()
    with on_a_socket(path, data) as (server, client):
        check_is_ended(client, thread)
        thread = stop_in_the_middle(server, client, signal.SIGINT)
    assert not path.exists()
    with on_a_socket(path, data) as (_, client):
        check_is_ended(client, thread)


def test_a_second_server_on_the_port_is_refused_with_a_sentence(server: Served, data: Path) -> None:
    command = ["serve", "--demo", "--port", str(server.port), "--data-dir", str(data)]
    second = subprocess.run(
        [sys.executable, "-m", "aimltui", *command], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 2
    assert f"Port {server.port}" in second.stderr
    assert "--port" in second.stderr
    assert "Traceback" not in second.stderr
    with asking(server) as client:
        assert client.get("/models").status_code == 200


def test_the_token_lets_in_and_nothing_else_does(server: Served) -> None:
    for token, status in ((TOKEN, 200), ("wrong" * 6, 401), (None, 401), (TOKEN + "x", 401), ("", 401)):
        with asking(server, token) as client:
            answer = client.get("/assistants")
            assert answer.status_code == status, token
    with asking(server, None) as client:
        assert client.get("/assistants", headers={"api-key": TOKEN}).status_code == 200
    assert TOKEN not in server.line


def test_other_machines_are_let_in_only_by_a_token(tmp_path: Path) -> None:
    with served_demo(tmp_path / "d", "--host", "0.0.0.0") as server:
        url = f"http://127.0.0.1:{server.port}/v1/assistants"
        assert httpx2.get(url).status_code == 401
        assert httpx2.get(url, headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    command = ["serve", "--demo", "--host", "0.0.0.0", "--port", "0", "--data-dir", str(tmp_path / "d")]
    refused = subprocess.run(
        [sys.executable, "-m", "aimltui", *command], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert refused.returncode == 2
    assert "--token-env" in refused.stderr


def converse(program: str, server: Served, *lines: str) -> str:
    """What a program says to these lines; base URL without /v1, as the page has it."""
    told = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", str(PROGRAMS / program)],
        input="".join(f"{line}\n" for line in lines),
        env=os.environ | {"CHAT_URL": server.base_url.removesuffix("v1"), "CHAT_KEY": TOKEN},
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert told.returncode == 0, told.stderr
    assert told.stderr == ""
    return told.stdout


def test_the_plain_program_of_the_page_runs_unchanged(server: Served) -> None:
    told = converse("plain_chat.py", server, "Solve 3x + 11 = 14", "", "thanks", "quit")
    assert "nothing to send" in told
    assert "x = 1" in told
    assert told.rstrip().endswith("bye")
    # the page's own fault, which only a server with the documented order shows
    assert told.count("x = 1") >= 2


def test_the_streaming_program_of_the_page_runs_unchanged(server: Served) -> None:
    with asking(server) as client:
        before = thread_ids(client)
        told = converse(
            "streaming_chat.py", server, "Solve 3x + 11 = 14", "   ", "Which keys should I know?", "exit"
        )
        (thread,) = thread_ids(client) - before
        messages = client.get(f"/threads/{thread}/messages?order=asc").json()["data"]
    texts = [message["content"][0]["text"]["value"] for message in messages]
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2
    assert told.count("Assistant > ") == 2
    for answer in texts[1::2]:
        assert answer in told
    assert "None" not in told


def test_a_thread_of_a_program_appears_in_the_sidebar_and_the_other_way_round(tmp_path: Path) -> None:
    data = tmp_path / "d"
    with (
        served_demo(data) as server,
        asking(server) as client,
        Terminal.aimltui("--demo", "--data-dir", str(data)) as terminal,
    ):
        terminal.wait_for("Message")
        terminal.wait_for("No threads yet")
        thread_with(client, "From a program")
        terminal.wait_for("From a program")
        terminal.type("From the screen")
        terminal.press("enter")
        terminal.wait_for("completed")
        listed = client.get("/threads").json()["data"]
        assert {thread["preview"] for thread in listed} == {"From a program", "From the screen"}
        mine = next(thread["id"] for thread in listed if thread["preview"] == "From the screen")
        client.post(f"/threads/{mine}/messages", json={"role": "user", "content": "Spoken by a program"})
        start_run(client, mine)
        terminal.wait_for("Spoken by a program")
        terminal.quit()


def test_a_run_of_the_server_goes_on_in_the_screen_and_can_be_stopped_there(
    server: Served, data: Path
) -> None:
    with asking(server) as client:
        thread = thread_with(client, LONG)
        run = start_run(client, thread)
        with Terminal.aimltui("--demo", "--data-dir", str(data), "--thread", thread) as terminal:
            terminal.wait_for("running")
            # the beginning may have left the screen by now
            terminal.press("ctrl+home")
            terminal.wait_for("one by one")
            terminal.press("escape")
            where = f"/threads/{thread}/runs/{run['id']}"
            terminal.wait_until(lambda: client.get(where).json()["status"] == "cancelled", "the run's end")
            terminal.wait_gone("running")
            terminal.wait_gone("stopping")


def test_the_conformance_suite_can_judge_another_server(server: Served) -> None:
    # A short folder: a socket's path has a limit, and the tests' own temporary folders nest here.
    with asking(server) as client, tempfile.TemporaryDirectory(dir="/tmp") as short:
        before = thread_ids(client)
        elsewhere = {
            "AIMLTUI_CONFORMANCE_URL": server.base_url,
            "AIMLTUI_CONFORMANCE_KEY": TOKEN,
            "AIMLTUI_CONFORMANCE_MODEL": "demo",
        }
        judged = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "--basetemp",
                f"{short}/t",
                "-v",
                "-p",
                "no:cacheprovider",
                "tests/conformance/test_threads.py",
                "tests/conformance/test_http.py::test_an_empty_body_is_an_empty_object",
            ],
            cwd=ROOT,
            env=os.environ | elsewhere,
            capture_output=True,
            text=True,
            timeout=110,
        )
        assert judged.returncode == 0, judged.stdout
        assert "9 passed" in judged.stdout
        assert thread_ids(client) - before, "the tests were there"
