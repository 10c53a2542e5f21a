"""Connections for the HTTP library that cost little for each piece of an answer. It imports an HTTP library: import it late.

The library's own connections stop listening after each read and begin again with the next one, and make two timers for it.
These listen all the time, up to a limit, and have one timer, which is looked at only when it fires.
"""

from __future__ import annotations

import asyncio
import math
import select
import ssl
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import httpcore2

from aimltui.common.surplus import has_surplus, innermost, pools_of
from aimltui.engine.models.http import addresses

_MOST_BYTES = 256 * 1024
"""Bytes that may wait to be read; then the connection stops listening."""
_MOST_SEEN = 64 * 1024
"""Bytes of the beginning of an answer that are remembered."""
_TOGETHER_S = 0.008
"""Seconds between two times that readers are woken together; less than a third of a frame of the screen."""
_LOOKED_S = 0.001
"""Seconds for which it is not looked again: a request looks at all idle connections, and a hundred may start at once."""


class _Gate:
    """Wakes the readers of many connections together: then one turn of the loop serves them all.

    A reader that comes alone does not wait.
    """

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        self._is_closed = False
        self._opened = -math.inf

    def wake(self, reader: asyncio.Future[None]) -> None:
        """Wake a reader, at once or with others soon."""
        loop = reader.get_loop()
        if self._is_closed:
            self._waiting.append(reader)
            return
        now = loop.time()
        if now - self._opened >= _TOGETHER_S:
            self._opened = now
            _wake(reader)
            return
        self._is_closed = True
        self._waiting.append(reader)
        loop.call_at(self._opened + _TOGETHER_S, self._open, loop)

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_closed, self._opened = False, loop.time()
        waiting, self._waiting = self._waiting, []
        for reader in waiting:
            _wake(reader)


class _Arrivals(asyncio.Protocol):
    """What has arrived on one connection and was not read yet, and whether more may be sent."""

    def __init__(self, gate: _Gate) -> None:
        self.transport: Any = None
        self.gate = gate
        self._may_be_late = False
        self.has_ended = False
        self._error: Exception | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._is_paused = False
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._may_write = True
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0

    @property
    def is_readable(self) -> bool:
        """Whether a read would not wait: there are bytes, or the end."""
        return bool(self._pieces) or self.has_ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)
        self._size += len(data)
        if self._size > _MOST_BYTES and not self._is_paused:
            self._is_paused = True
            self.transport.pause_reading()
        if self._reader is not None and self._may_be_late:
            self.gate.wake(self._reader)
        else:
            _wake(self._reader)

    def eof_received(self) -> None:
        self.has_ended = True
        _wake(self._reader)
        # who has ended may read no more: then the rest of a request would wait until its time is up
        _wake(self._writer)

    def connection_lost(self, exc: Exception | None) -> None:
        self.has_ended, self._error = True, exc
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        self._may_write = False

    def resume_writing(self) -> None:
        self._may_write = True
        _wake(self._writer)

    async def read(self, max_bytes: int, limit_s: float, *, may_be_late: bool = False) -> bytes:
        """Return what has arrived; wait for it if there is nothing.

        Args:
            max_bytes: The most to return.
            limit_s: Seconds to wait.
            may_be_late: Whether what comes may lie for some milliseconds, until other connections have something, too.

        Raises:
            TimeoutError: Nothing came in time.
            OSError: The connection broke.
        """
        if not self._pieces and not self.has_ended:
            self._may_be_late = may_be_late
            self._reader = self._loop.create_future()
            self._limit(limit_s)
            try:
                await self._reader
            finally:
                self._reader = None
        if not self._pieces:
            if self._error is not None:
                raise ConnectionResetError(str(self._error)) from self._error
            return b""
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if len(data) > max_bytes:
            self.put_back(data[max_bytes:])
            data = data[:max_bytes]
        if self._is_paused and not self._size:
            self._is_paused = False
            self.transport.resume_reading()
        return data

    def put_back(self, data: bytes) -> None:
        """Let the next read begin with these bytes."""
        if data:
            self._pieces.insert(0, data)
            self._size += len(data)

    async def drain(self, limit_s: float) -> None:
        """Wait until more may be written.

        Raises:
            TimeoutError: The other side did not read in time.
            OSError: The connection broke.
        """
        if not self._may_write and not self.has_ended:
            self._writer = self._loop.create_future()
            try:
                async with asyncio.timeout(None if limit_s == math.inf else limit_s):
                    await self._writer
            finally:
                self._writer = None
        if self.has_ended:
            raise ConnectionResetError("the connection is closed")

    def _limit(self, limit_s: float) -> None:
        if limit_s == math.inf:
            self._deadline = math.inf
            return
        self._deadline = self._loop.time() + limit_s
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        # a timer for each read would cost more than the read
        self._timer = None
        if self._reader is None or self._reader.done() or self._deadline == math.inf:
            return
        if self._pieces:
            _wake(self._reader)
        elif self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._look)
        else:
            self._reader.set_exception(TimeoutError())


class Stream(httpcore2.AsyncNetworkStream):
    """One connection, as the HTTP library uses it."""

    def __init__(
        self, arrivals: _Arrivals, has_surplus: Callable[[Stream], bool] = lambda _stream: False
    ) -> None:
        self._arrivals = arrivals
        self._has_surplus = has_surplus
        self.connection: Any = None
        """The library's connection over this stream, once it is known."""
        self._looked = -math.inf
        """When the socket was looked at last, and had nothing."""
        self._seen: bytearray | None = bytearray()

    @property
    def answer_so_far(self) -> bytes | None:
        """What was read since the request was sent; None if that is too much."""
        return None if self._seen is None else bytes(self._seen)

    def receive(self, max_bytes: int, limit_s: float, *, may_be_late: bool = False) -> Awaitable[bytes]:
        """Return what has arrived, without the library's errors; empty at the end.

        Args:
            max_bytes: The most to return.
            limit_s: Seconds to wait.
            may_be_late: Whether what comes may lie for some milliseconds, until other connections have something, too.

        Raises:
            TimeoutError: Nothing came in time.
            OSError: The connection broke.
        """
        reading = self._arrivals.read(max_bytes, limit_s, may_be_late=may_be_late)
        return reading if self._seen is None else self._remembered(reading)

    async def _remembered(self, reading: Awaitable[bytes]) -> bytes:
        data = await reading
        if self._seen is not None:
            self._seen += data
            if len(self._seen) > _MOST_SEEN:
                self._seen = None
        return data

    def put_back(self, data: bytes) -> None:
        """Let the next read begin with these bytes."""
        self._arrivals.put_back(data)

    def forget(self) -> None:
        """Remember no more of this answer."""
        self._seen = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See `httpcore2.AsyncNetworkStream.read`."""
        try:
            return await self.receive(max_bytes, math.inf if timeout is None else timeout)
        except TimeoutError as error:
            raise httpcore2.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See `httpcore2.AsyncNetworkStream.write`."""
        if not buffer:
            return
        self._seen = bytearray()
        loop = asyncio.get_running_loop()
        deadline = math.inf if timeout is None else loop.time() + timeout
        whole = memoryview(buffer)
        try:
            # an encrypted connection takes a whole text at once, and does not tell that it waits
            for place in range(0, len(whole), _MOST_BYTES):
                if not self._arrivals.has_ended:
                    self._arrivals.transport.write(whole[place : place + _MOST_BYTES])
                await self._arrivals.drain(deadline - loop.time())
        except TimeoutError as error:
            raise httpcore2.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Close the connection."""
        self.connection = None
        self._arrivals.transport.close()
        try:
            await asyncio.sleep(0)
        finally:
            # a server that does not read, or does not close its side of TLS, keeps nothing open
            _abort(self._arrivals.transport)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        """See `httpcore2.AsyncNetworkStream.start_tls`."""
        try:
            async with asyncio.timeout(timeout):
                return Stream(
                    await _with_tls(self._arrivals, ssl_context, server_hostname), self._has_surplus
                )
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(str(error)) from error
        except ssl.SSLError as error:
            raise httpcore2.ConnectError(str(error)) from error

    def get_extra_info(self, info: str) -> Any:
        """See `httpcore2.AsyncNetworkStream.get_extra_info`."""
        if info == "is_readable":
            return self._arrivals.is_readable or self._has_arrived() or self._has_surplus(self)
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return self._arrivals.transport.get_extra_info(names.get(info, info))

    def _has_arrived(self) -> bool:
        """Return whether something has arrived that the loop has not read yet."""
        now = asyncio.get_running_loop().time()
        if now - self._looked < _LOOKED_S:
            return False
        found = _is_readable(self.get_extra_info("socket"))
        self._looked = -math.inf if found else now
        return found


class Backend(httpcore2.AnyIOBackend):
    """Makes such connections over TCP.

    Args:
        pool: The library's pool that uses them.
    """

    def __init__(self, pool: Any = None) -> None:
        self._pool = pool
        self._gate = _Gate()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        """See `httpcore2.AsyncNetworkBackend.connect_tcp`."""
        local = None if local_address is None else (local_address, 0)
        try:
            async with asyncio.timeout(timeout):
                arrivals = await _connect(lambda: _Arrivals(self._gate), host, port, local)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        for option in socket_options or ():
            arrivals.transport.get_extra_info("socket").setsockopt(*option)
        return Stream(arrivals, self._has_surplus)

    def _has_surplus(self, stream: Stream) -> bool:
        """Return whether the library has read more than the answer: it would take that for the answer to the next request."""
        if stream.connection is None:
            # asked for each idle connection before each request, so it is searched for once
            for connection in getattr(self._pool, "connections", ()):
                if getattr(innermost(connection), "_network_stream", None) is stream:
                    stream.connection = connection
        return stream.connection is not None and has_surplus(stream.connection)


async def _connect(
    made: Callable[[], _Arrivals], host: str, port: int, local: tuple[str, int] | None
) -> _Arrivals:
    connected = await addresses.connect(host, port, local)
    try:
        _, arrivals = await asyncio.get_running_loop().create_connection(made, sock=connected)
    except BaseException:
        connected.close()
        raise
    return arrivals


async def _with_tls(plain: _Arrivals, ssl_context: ssl.SSLContext, server_hostname: str | None) -> _Arrivals:
    """Encrypt a connection.

    Raises:
        ssl.SSLError: There was no handshake.
    """
    transport = plain.transport
    arrivals, made = _Arrivals(plain.gate), None
    try:
        made = await asyncio.get_running_loop().start_tls(
            transport, arrivals, ssl_context, server_hostname=server_hostname
        )
    except ssl.SSLError:
        raise
    except OSError as error:
        # whatever ends a handshake is a failure of TLS
        failure = ssl.SSLEOFError(str(error))
    else:
        if made is not None:
            arrivals.transport = made
            return arrivals
        failure = ssl.SSLEOFError("the connection was closed")
    finally:
        if made is None:
            _abort(transport)
    raise failure


def use_backend(client: Any) -> None:
    """Let a client of the HTTP library make its connections here; one whose parts have other names is left as it is."""
    for pool in pools_of(client):
        if hasattr(pool, "_network_backend"):
            pool._network_backend = Backend(pool)


def _abort(transport: Any) -> None:
    # one that was closed while bytes waited, and then has sent them, has no loop any more, and asyncio does not look
    with suppress(AttributeError):
        transport.abort()


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)


def _is_readable(sock: Any) -> bool:
    """Return whether something has arrived that the loop has not read yet."""
    number = sock.fileno() if sock is not None else -1
    if number < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([number], [], [], 0)[0])
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))
