from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore2
import httpx2
import pytest

from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.http.network import Backend, Stream, _Arrivals, _Gate
from tests.support.raw_server import Talk, raw_server


@asynccontextmanager
async def connected(talk: Talk) -> AsyncIterator[Stream]:
    """A connection to a server that talks."""
    async with raw_server(talk) as port:
        stream = await Backend().connect_tcp("127.0.0.1", port, timeout=10)
        try:
            yield stream
        finally:
            await stream.aclose()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def silent_reader(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let what comes lie, until the other side has gone."""
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.Event().wait()


async def test_the_client_of_an_endpoint_makes_its_connections_here() -> None:
    """Without them a piece of an answer costs several times as much, and nothing would say so."""
    client = EndpointClient(Endpoint("x", "http://127.0.0.1:1/v1"))
    try:
        http = (await client.client())._client
        assert isinstance(http._transport._pool._network_backend, Backend)  # type: ignore[attr-defined]
    finally:
        await client.aclose()


async def test_a_read_that_gets_nothing_in_time_is_given_up_and_the_next_one_too() -> None:
    async with connected(silent) as stream:
        # its timer is still there when a shorter limit comes
        waiting = asyncio.create_task(stream.receive(100, 60.0))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        for limit_s in (0.0, 0.001, 0.0):
            with pytest.raises(TimeoutError):
                await stream.receive(100, limit_s)
        with pytest.raises(httpcore2.ReadTimeout):
            await stream.read(100, 0.0)


async def test_a_limit_counts_from_each_read() -> None:
    released = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(4):
            writer.write(b"x")
            await asyncio.sleep(0.06)
        await released.wait()

    async with connected(talk) as stream:
        # together they take longer than the limit of each
        assert [await stream.receive(1, 0.2) for _ in range(4)] == [b"x"] * 4
        with pytest.raises(TimeoutError):
            await stream.receive(1, 0.01)
        released.set()
        assert await stream.receive(1, math.inf) == b""


async def test_more_than_fits_into_memory_waits_at_the_sender_and_comes_whole() -> None:
    whole = bytes(range(256)) * 20_000
    sent = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(whole)
        await writer.drain()
        sent.set()

    async with connected(talk) as stream:
        got = bytearray()
        while data := await stream.receive(1_000, 10):
            assert len(data) <= 1_000
            got += data
        assert sent.is_set()
    assert got == whole


async def test_a_large_request_waits_for_a_slow_reader() -> None:
    whole, may_read, got = b"y" * 5_000_000, asyncio.Event(), bytearray()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await may_read.wait()
        while len(got) < len(whole):
            got.extend(await reader.read(100_000))
        writer.write(b"done")

    async with connected(talk) as stream:
        writing = asyncio.create_task(stream.write(whole, 10))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not writing.done()
        may_read.set()
        await writing
        assert await stream.read(100, 10) == b"done"
    assert bytes(got) == whole


async def test_a_large_request_that_nobody_reads_is_given_up() -> None:
    async with connected(silent_reader) as stream:
        with pytest.raises(httpcore2.WriteTimeout):
            await stream.write(b"y" * 20_000_000, 0.05)


async def test_a_large_encrypted_request_goes_in_parts_so_that_it_waits_for_its_reader() -> None:
    """asyncio encrypts what it gets as a whole, and then says that it may get more."""

    class Filling(asyncio.Transport):
        def __init__(self) -> None:
            super().__init__()
            self.parts: list[int] = []

        def write(self, data: object) -> None:
            self.parts.append(len(data))  # type: ignore[arg-type]
            if len(self.parts) == 3:
                arrivals.pause_writing()

    arrivals = _Arrivals(_Gate())
    arrivals.connection_made(filling := Filling())
    with pytest.raises(httpcore2.WriteTimeout):
        await Stream(arrivals).write(b"y" * 5_000_000, 0.0)
    assert len(filling.parts) == 3
    assert sum(filling.parts) < 1_000_000


async def test_a_request_whose_reader_ends_in_the_middle_is_given_up_at_once_and_its_answer_read() -> None:
    may_end = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await may_end.wait()
        writer.write(b"too long")
        writer.write_eof()
        await asyncio.Event().wait()

    async with connected(talk) as stream, asyncio.timeout(10):
        writing = asyncio.create_task(stream.write(b"y" * 20_000_000))
        while stream._arrivals._writer is None:  # noqa: ASYNC110  # that it waits is not told
            await asyncio.sleep(0)
        may_end.set()
        with pytest.raises(httpcore2.WriteError):
            await writing
        assert await stream.read(100) == b"too long"


async def test_a_connection_whose_closing_is_cancelled_is_closed_all_the_same() -> None:
    async with connected(silent_reader) as stream:
        with pytest.raises(httpcore2.WriteTimeout):
            await stream.write(b"y" * 20_000_000, 0.0)
        closing = asyncio.create_task(stream.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait({closing})
        await asyncio.sleep(0)
        assert stream.get_extra_info("socket").fileno() == -1


async def test_a_connection_that_ended_and_then_sent_the_rest_of_a_request_can_be_closed() -> None:
    may_read = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write_eof()
        await may_read.wait()
        while await reader.read(100_000):
            pass

    async with connected(talk) as stream:
        with pytest.raises(httpcore2.WriteError):
            await stream.write(b"y" * 20_000_000, 10)
        may_read.set()
        async with asyncio.timeout(10):
            while stream.get_extra_info("socket").fileno() >= 0:  # noqa: ASYNC110  # what was sent is not told
                await asyncio.sleep(0)
        await stream.aclose()


async def test_an_idle_connection_that_the_server_has_closed_is_known() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        return

    async with connected(talk) as stream:
        async with asyncio.timeout(10):
            while not stream.get_extra_info("is_readable"):  # noqa: ASYNC110  # what arrives is not told
                await asyncio.sleep(0)
        assert await stream.read(100) == b""
        with pytest.raises(httpcore2.WriteError):
            await stream.write(b"more")


async def test_a_connection_that_breaks_gives_what_came_and_then_an_error() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        # a reset instead of an end
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        writer.transport.abort()

    async with connected(talk) as stream:
        await stream.write(b"x")
        with pytest.raises(httpcore2.ReadError):
            await stream.read(100, 10)


async def test_a_refusal_by_all_addresses_of_a_host_says_that_it_is_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(httpcore2.ConnectError) as caught:
        await Backend().connect_tcp("localhost", port, timeout=10)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


async def test_an_encrypted_connection_that_ends_in_the_handshake_is_a_failure_of_tls() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with connected(talk) as stream:
        with pytest.raises(httpcore2.ConnectError) as caught:
            await stream.start_tls(httpx2.create_ssl_context(), "localhost", 10)
    assert "SSL" in type(caught.value.__cause__).__name__


async def test_a_handshake_that_takes_too_long_is_given_up() -> None:
    async with connected(silent) as stream:
        with pytest.raises(httpcore2.ConnectTimeout):
            await stream.start_tls(httpx2.create_ssl_context(), "localhost", 0.0)


async def test_readers_of_several_connections_are_woken_together_and_one_alone_at_once() -> None:
    order: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while word := await reader.read(1):
            writer.write(word)

    async def echoed(stream: Stream, word: bytes) -> None:
        await stream.write(word)
        assert await stream.receive(1, 10, may_be_late=True) == word
        order.append(word.decode())

    async with raw_server(talk) as port:
        backend = Backend()
        streams = [await backend.connect_tcp("127.0.0.1", port, timeout=10) for _ in range(6)]
        await echoed(streams[0], b"a")
        await asyncio.gather(*(echoed(stream, b"b") for stream in streams))
        assert order == ["a", *"bbbbbb"]
        # what must not be late does not wait for the others
        await streams[0].write(b"c")
        assert await streams[0].receive(1, 10) == b"c"
        for stream in streams:
            await stream.aclose()


async def test_a_reader_that_waits_for_others_gets_what_came_when_its_time_is_up() -> None:
    loop = asyncio.get_running_loop()
    gate = _Gate()
    gate.wake(loop.create_future())  # the next one waits
    arrivals = _Arrivals(gate)
    reading = asyncio.create_task(arrivals.read(10, 0.0, may_be_late=True))
    await asyncio.sleep(0)
    arrivals.data_received(b"x")
    assert await reading == b"x"
