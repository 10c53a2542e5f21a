"""Listening and stopping, and the command that does it."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from aimltui.cli.serve import add_serve_parser
from aimltui.common.errors import ConfigError
from aimltui.server.listener import Address, serve
from tests.support.builders import PATIENCE_S, bounded
from tests.support.web_socket import web_socket

MAIN = """
import argparse, sys
from aimltui.common.errors import AimltuiError
from aimltui.cli.serve import add_serve_parser
parser = argparse.ArgumentParser()
add_serve_parser(parser.add_subparsers())
options = parser.parse_args()
try:
    sys.exit(options.run(options))
except AimltuiError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


class Running:
    """A server in this loop."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.ready, self.stop, self.stopped = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def announce(self, line: str) -> None:
        self.lines.append(line)
        self.ready.set()

    async def on_stop(self) -> None:
        self.stopped.set()

    async def serve(self, place: Address, **given: Any) -> None:
        await serve(
            hello,
            place,
            announce=self.announce,
            on_stop=self.on_stop,
            handle_signals=False,
            stop=self.stop,
            **given,
        )


async def once(place: Address, look: Any = None, **given: Any) -> Running:
    running = Running()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(running.serve(place, **given))
        done, _ = await asyncio.wait(
            {task, group.create_task(bounded(running.ready.wait()))}, return_when=asyncio.FIRST_COMPLETED
        )
        if task in done:
            running.ready.set()
        elif look is not None:
            await look(running)
        running.stop.set()
    return running


async def test_it_says_its_base_url_and_answers_there() -> None:
    answers: list[str] = []

    async def look(running: Running) -> None:
        url = running.lines[0].rpartition(" ")[2]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", url)
        async with httpx2.AsyncClient() as client:
            answers.append((await client.get(url)).text)

    running = await once(Address(port=0), look)
    assert answers == ["hello"]
    assert len(running.lines) == 1
    assert running.stopped.is_set()


async def test_headers_that_do_not_come_close_the_connection_and_whole_requests_do_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "s"
    whole, half = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"GET / HTTP/1.1\r\nhost: "

    async def look(running: Running) -> None:
        async with asyncio.timeout(PATIENCE_S):
            silent, slow, late = [await asyncio.open_unix_connection(str(path)) for _ in range(3)]
            slow[1].write(half)
            late[1].write(whole)
            assert (await late[0].readuntil(b"0\r\n\r\n")).startswith(b"HTTP/1.1 200")
            late[1].write(half)
            for reader, _ in (silent, slow):
                answer = await reader.read()
                assert answer.startswith(b"HTTP/1.1 408")
                assert answer.endswith(b"The headers of the request did not come in time.\n")
            assert await late[0].read() == b""
            for _, writer in (silent, slow, late):
                writer.close()

    await once(Address(uds=path), look, headers_s=0.2)


async def test_a_websocket_stays_open_beyond_the_time_for_headers(tmp_path: Path) -> None:
    path = tmp_path / "s"

    async def look(running: Running) -> None:
        async with web_socket(path) as talk:
            silent, writer = await asyncio.open_unix_connection(str(path))
            # opened later, so the time for headers of the WebSocket's connection was over before
            assert (await bounded(silent.read())).startswith(b"HTTP/1.1 408")
            writer.close()
            await talk.send({"text": "é" * 70_000})
            assert await talk.receive() == {"text": "é" * 70_000}

    await once(Address(uds=path), look, headers_s=0.1)


async def test_a_port_that_is_taken_is_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ExceptionGroup) as caught:
            await once(Address(port=port))
    (error,) = caught.value.exceptions
    assert isinstance(error, ConfigError)
    assert f"Port {port} on 127.0.0.1 cannot be used" in str(error)
    assert "--port" in str(error)


async def test_a_socket_is_its_owners_alone_and_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "own" / "s"

    async def look(running: Running) -> None:
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert str(path) in running.lines[0]

    await once(Address(uds=path), look)
    assert not path.exists()


async def test_a_stale_socket_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    await once(Address(uds=path))
    with socket.socket(socket.AF_UNIX) as live:
        live.bind(str(path))
        live.listen()
        with pytest.raises(ExceptionGroup) as caught:
            await once(Address(uds=path))
    assert "Another server is listening" in str(caught.value.exceptions[0])


async def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(ExceptionGroup) as caught:
        await once(Address(uds=path))
    assert "is not a socket" in str(caught.value.exceptions[0])
    assert path.read_text() == "precious"


async def test_a_path_that_is_too_long_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await once(Address(uds=tmp_path / ("x" * 120)))
    assert "too long" in str(caught.value.exceptions[0])


@contextmanager
def started(tmp_path: Path, *flags: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # our own interpreter
        [sys.executable, "-c", MAIN, "serve", "--data-dir", str(tmp_path / "data"), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
        cwd=Path(__file__).parents[3],
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path, number: int) -> None:
    path = tmp_path / "s"
    with started(tmp_path, "--demo", "--uds", str(path)) as process:
        assert process.stdout is not None
        assert str(path) in process.stdout.readline()
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path))) as client:
            made = client.post("http://localhost/assistants", json={"model": "gpt-4o"}).json()
            assert made["model"] == "gpt-4o"
        process.send_signal(number)
        assert process.wait(90) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert not path.exists()


def test_the_command_refuses_what_cannot_work(tmp_path: Path) -> None:
    for flags, told in (
        (("--demo", "--host", "0.0.0.0"), "--token-env NAME"),
        (("--demo", "--token-env", "NOT_SET"), "NOT_SET is not set"),
        ((), "No source of models is set up"),
    ):
        with started(tmp_path, *flags) as process:
            _, error = process.communicate(timeout=90)
        assert process.returncode == 2, flags
        assert told in error


def test_the_flags_have_their_defaults() -> None:
    parser = argparse.ArgumentParser()
    add_serve_parser(parser.add_subparsers())
    options = parser.parse_args(["serve"])
    assert (options.host, options.port, options.uds, options.demo) == ("127.0.0.1", 8765, None, False)
    with pytest.raises(SystemExit):
        parser.parse_args(["serve", "--port", "70000"])


def test_the_commands_cost_nothing_until_they_are_used() -> None:
    heavy = ("openai", "httpx2", "starlette", "uvicorn", "sqlite3", "textual", "aimltui.engine")
    code = f"import sys, aimltui.cli.chat, aimltui.cli.serve; print([n for n in {heavy} if n in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )  # our own interpreter
    assert told.stdout.strip() == "[]"
