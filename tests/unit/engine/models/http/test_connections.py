from __future__ import annotations

import asyncio
import re

import pytest

from aimltui.engine.models.chat.model import OpenAICompatibleModel
from aimltui.engine.models.endpoint.endpoint import Endpoint
from tests.support.chats import answered, asking, failed, play, serving, text_in
from tests.support.raw_server import raw_server


async def test_a_model_is_asked_more_than_a_hundred_times_at_once() -> None:
    """The HTTP library's own limit is a hundred connections: the next request fails after ten seconds."""
    async with serving("gated") as (server, model):
        asked = [asyncio.create_task(play(model, asking())) for _ in range(101)]
        await server.wait_for_requests(101)
        for task in asked:
            task.cancel()
        await asyncio.wait(asked)


PIECE = b'data: {"choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
PLAIN = b'{"choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}]}'
ANSWERS = {
    "chunked": b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"%x\r\n%s\r\n0\r\n\r\n" % (len(PIECE), PIECE),
    "of a known length": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
    % (len(PLAIN), PLAIN),
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize(
    "surplus",
    [
        b"",
        b"\r\n",
        b"\0",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
async def test_what_comes_after_an_answer_is_not_taken_for_the_next_one(kind: str, surplus: bytes) -> None:
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            writer.write(ANSWERS[kind] + surplus)

    async with raw_server(talk) as port:
        model = OpenAICompatibleModel(Endpoint("test", f"http://127.0.0.1:{port}/v1"))
        try:
            for _ in range(3):
                assert text_in(await answered(model, asking())) == "Hello"
        finally:
            await model.aclose()
    # without a surplus the connection is kept
    assert connections == (3 if surplus else 1)


async def test_a_refusal_with_headers_that_are_not_ascii_is_read() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 401 No\r\nX-Request-Id: \xe9\xff\r\nLocation: \xff\r\nContent-Length: 0\r\n\r\n"
        )

    async with raw_server(talk) as port:
        model = OpenAICompatibleModel(Endpoint("test", f"http://127.0.0.1:{port}/v1"))
        try:
            assert (await failed(model, asking())).status == 401
        finally:
            await model.aclose()
