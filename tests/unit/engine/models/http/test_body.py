from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
import pytest

from aimltui.engine.models.http.body import ChunkedBody, body_of
from aimltui.engine.models.http.gathering import gathered
from aimltui.engine.models.http.network import use_backend
from tests.support.raw_server import raw_server

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


@pytest.mark.parametrize("size", range(1, 60))
def test_the_content_does_not_depend_on_how_the_bytes_are_cut(size: int) -> None:
    contents = [b"data: a\n\n", b"x" * 300, b"\r\n0\r\n\r\n", b"z"]
    sent = b"".join(map(chunk, contents)) + LAST
    body, got = ChunkedBody(), b""
    for start in range(0, len(sent), size):
        if body.rest is not None:
            break
        got += body.feed(sent[start : start + size])
    assert got == b"".join(contents)
    assert body.rest is not None
    assert LAST.startswith(body.rest)


@pytest.mark.parametrize(
    "odd",
    [
        b"5;name=value\r\nhello\r\n",
        b"0\r\ntrailer: x\r\n\r\n",
        b"-1\r\n",
        b"\n",
        b"0x5\r\nhello\r\n",
        b"f" * 12,
    ],
)
def test_what_is_no_plain_chunk_is_left_as_it_is(odd: bytes) -> None:
    body = ChunkedBody()
    assert body.feed(chunk(b"first") + odd) == b"first"
    assert body.rest == body.stop() == odd
    assert not body.is_between


@pytest.mark.parametrize("after", [b"cd\r\n", b"5\r\nworld\r\n", b"0\r\n\r\n"])
def test_a_chunk_without_its_end_is_left_to_the_library_which_refuses_it(after: bytes) -> None:
    body = ChunkedBody()
    assert body.feed(b"2\r\nab" + after) == b"ab"
    assert body.rest is not None
    assert body.rest.startswith(b"\n")


def test_it_tells_whether_it_stands_between_two_chunks() -> None:
    body = ChunkedBody()
    states = []
    for piece in (b"5", b"\r\n", b"hel", b"lo", b"\r", b"\n"):
        body.feed(piece)
        states.append(body.is_between)
    assert states == [False, False, False, False, False, True]


@dataclass
class Served:
    """A server that answers each request with the next of its answers, in pieces, and counts connections."""

    url: str = ""
    connections: int = 0
    answers: list[list[bytes]] = field(default_factory=list)


@asynccontextmanager
async def serving(*answers: list[bytes]) -> AsyncIterator[tuple[Served, httpx2.AsyncClient]]:
    """Serve answers; an empty piece ends the connection, and each piece is sent after a turn of the loop."""
    served = Served(answers=list(answers))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        while served.answers:
            await reader.readuntil(b"\r\n\r\n")
            for piece in served.answers.pop(0):
                if not piece:
                    return
                writer.write(piece)
                await writer.drain()
                for _ in range(10):
                    await asyncio.sleep(0)

    async with raw_server(talk) as port, httpx2.AsyncClient(timeout=10) as client:
        served.url = f"http://127.0.0.1:{port}/"
        use_backend(client)
        yield served, client


async def pieces(
    client: httpx2.AsyncClient, url: str, counted: Callable[[bytes], object] = lambda piece: None
) -> list[bytes]:
    """The pieces of a body, and what the library still had to read of it."""
    got = []
    async with client.stream("GET", url) as response:

        async def source() -> AsyncIterator[bytes]:
            async for piece in response.aiter_bytes():
                counted(piece)
                yield piece

        with gathered(response):
            async for piece in body_of(response, source()):  # type: ignore[arg-type]
                got.append(piece)
    return got


WORDS = [b"data: %d\n\n" % number for number in range(40)]


async def test_chunks_are_read_past_the_library_and_the_connection_is_used_again() -> None:
    answer = [HEAD + chunk(WORDS[0]), *map(chunk, WORDS[1:]), LAST]
    seen: list[bytes] = []
    async with serving(answer, answer) as (served, client):
        for _ in range(2):
            assert b"".join(await pieces(client, served.url, seen.append)) == b"".join(WORDS)
        assert served.connections == 1
    # the library reads what comes with the head
    assert len(b"".join(seen)) < len(b"".join(WORDS))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 50, 10_000])
async def test_an_answer_comes_whole_however_it_is_cut(size: int) -> None:
    sent = HEAD + b"".join(map(chunk, WORDS)) + b"3;an=extension\r\nend\r\n" + b"0\r\nand: a trailer\r\n\r\n"
    answer = [sent[start : start + size] for start in range(0, len(sent), size)]
    async with serving(answer, answer) as (served, client):
        for _ in range(2):
            assert b"".join(await pieces(client, served.url)) == b"".join(WORDS) + b"end"
        assert served.connections == 1


@pytest.mark.parametrize(
    "end",
    [b"", b"5\r\nab", b"5\r\nabcde\r", b"zz\r\n", b"2\r\nabcd\r\n", b"2\r\nab" + LAST],
    ids=["between", "in a chunk", "at its end", "no size", "too long", "no end"],
)
async def test_a_broken_body_gives_what_came_and_then_fails(end: bytes) -> None:
    answer = [HEAD + chunk(WORDS[0]), chunk(WORDS[1]), *([end] if end else []), b""]
    got: list[bytes] = []

    async def read(client: httpx2.AsyncClient, url: str) -> None:
        async with client.stream("GET", url) as response:
            async for piece in body_of(response, response.aiter_bytes()):
                got.append(piece)

    async with serving(answer) as (served, client):
        with pytest.raises(httpx2.RemoteProtocolError):
            await read(client, served.url)
    assert b"".join(got).startswith(WORDS[0] + WORDS[1])


@pytest.mark.parametrize(
    "answer",
    [
        [b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n", b"01234", b"56789"],
        [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", b"0123456789", b""],
        [b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + HEAD + chunk(b"01234"), chunk(b"56789") + LAST],
    ],
    ids=["of a known length", "to the end of the connection", "after another head"],
)
async def test_other_bodies_are_read_by_the_library(answer: list[bytes]) -> None:
    async with serving(answer) as (served, client):
        assert b"".join(await pieces(client, served.url)) == b"0123456789"


async def test_compressed_chunks_are_read_by_the_library() -> None:
    import gzip

    packed = gzip.compress(b"hello " * 50)
    head = HEAD[:-2] + b"content-encoding: gzip\r\n\r\n"
    async with serving([head, chunk(packed[:20]), chunk(packed[20:]), LAST]) as (served, client):
        assert b"".join(await pieces(client, served.url)) == b"hello " * 50


async def test_a_head_of_other_lines_ends_where_the_library_says() -> None:
    """The library takes lines without a carriage return, too: then the first empty line of the usual kind is content."""
    content = [b"x\r\n\r\n5\r\nhello\r\n", b"3\r\nabc\r\n"]
    head = HEAD.replace(b"\r\n", b"\n") + b"%x\r\n" % len(b"".join(content))
    async with serving([head + content[0], content[1] + b"\r\n" + chunk(b"more") + LAST]) as (served, client):
        assert b"".join(await pieces(client, served.url)) == b"".join(content) + b"more"
