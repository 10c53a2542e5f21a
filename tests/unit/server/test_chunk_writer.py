"""A chunk that is written past the HTTP server is what the server itself would write."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import h11
import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import RequestResponseCycle

from aimltui.server.chunk_writer import chunk_writer
from tests.support.builders import PATIENCE_S


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class Answer:
    """One answer of the HTTP server, and how it writes the chunks of its body."""

    def __init__(self, method: str = "GET", version: str = "1.1", *, short: bool = True) -> None:
        conn = h11.Connection(h11.SERVER)
        conn.receive_data(f"{method} / HTTP/{version}\r\nhost: a\r\n\r\n".encode())
        conn.next_event()
        conn.next_event()
        self.transport: Any = Transport()
        self.flow = FlowControl(self.transport)
        scope: Any = {"type": "http", "http_version": version, "method": method, "headers": []}
        log = logging.getLogger("test")
        self.cycle = RequestResponseCycle(
            scope, conn, self.transport, self.flow, log, log, False, [], asyncio.Event(), lambda: None
        )
        self.write = chunk_writer(self.cycle.send, scope) if short else None

    async def send(self, *pieces: bytes) -> bytes:
        """Send an answer; what was written to the connection."""
        await self.cycle.send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in pieces:
            if self.write is not None:
                await self.write(piece)
            else:
                await self.cycle.send({"type": "http.response.body", "body": piece, "more_body": True})
        await self.cycle.send({"type": "http.response.body", "body": b"", "more_body": False})
        return bytes(self.transport.written)


PIECES = (b"event: a\ndata: 1\n\n", b"", b"\r\n", b"x" * 70_000, b"0\r\n\r\n")


async def test_the_bytes_are_those_of_the_server() -> None:
    assert await Answer().send(*PIECES) == await Answer(short=False).send(*PIECES)


@pytest.mark.parametrize(("method", "version"), [("HEAD", "1.1"), ("GET", "1.0")])
async def test_an_answer_without_chunks_is_left_to_the_server(method: str, version: str) -> None:
    assert Answer(method, version).write is None


async def test_another_server_writes_for_itself() -> None:
    async def send(message: Any) -> None: ...

    assert chunk_writer(send, {"http_version": "1.1", "method": "GET"}) is None


async def test_nothing_is_written_to_a_client_that_has_left() -> None:
    answer = Answer()
    assert answer.write is not None
    answer.cycle.disconnected = True
    await answer.write(b"late")
    assert not answer.transport.written


async def test_a_client_that_does_not_read_is_waited_for() -> None:
    answer = Answer()
    assert answer.write is not None
    answer.flow.pause_writing()
    writing = asyncio.ensure_future(answer.write(b"a"))
    await asyncio.sleep(0)
    assert not answer.transport.written
    answer.flow.resume_writing()
    async with asyncio.timeout(PATIENCE_S):
        await writing
    assert answer.transport.written == b"1\r\na\r\n"
