"""Sends server-sent events, with heartbeats, until the events or the client end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from starlette.types import Receive, Send

from aimltui.server.chunk_writer import Write
from aimltui.wire import events, sse
from aimltui.wire.errors import APIError, ErrorObject, ServerError
from aimltui.wire.events import StreamEvent

HEARTBEAT_S = 15.0
"""Seconds of silence after which a comment is sent."""
HEADERS_LIMIT_S = 0.5
"""Seconds to wait for the first event before the headers are sent without it."""

log = logging.getLogger(__name__)

RawHeaders = Sequence[tuple[bytes, bytes]]


async def encoded(
    source: AsyncGenerator[StreamEvent, None],
    *,
    extended: bool = False,
    watch: Callable[[StreamEvent], None] | None = None,
) -> AsyncGenerator[bytes, None]:
    """Yield an engine's events as server-sent bytes, up to the one that ends the stream.

    Args:
        source: The events; closed with this generator. Closing does not stop the run.
        extended: True for streams that are not part of the API: they have ids and extension events. Streams of the API
            must not have them: the SDK treats an unknown event as a thread.
        watch: Called with every event before it is sent.
    """
    async with aclosing(source):
        async for event in source:
            if watch is not None:
                watch(event)
            if extended:
                yield sse.encode(event)
            elif event.event not in events.EXTENSIONS:
                yield sse.encode(event, with_id=False)
            if event.ends_stream:
                return


def encoded_error(error: APIError) -> bytes:
    """Return the API's event for an error after the first event of a stream."""
    shown = ErrorObject(message=error.message, type=error.type, code=error.code, param=error.param)
    return sse.encode(StreamEvent(events.ERROR, shown))


class EventStream:
    """One streamed answer.

    Args:
        source: The bytes of the events; closed with the stream.
        encode_error: Makes the event that tells of an error after the first event.
        heartbeat_s: Seconds of silence after which a comment is sent.
    """

    def __init__(
        self,
        source: AsyncGenerator[bytes, None],
        *,
        encode_error: Callable[[APIError], bytes] = encoded_error,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._source = source
        self._encode_error = encode_error
        self._heartbeat_s = heartbeat_s
        self._has_started = False
        self._beginning = asyncio.Lock()
        self._last_sent = 0.0
        self._refusal: APIError | None = None

    async def send(
        self, receive: Receive, send: Send, headers: RawHeaders, write: Write | None = None
    ) -> None:
        """Send all events, or until the client disconnects.

        Args:
            receive: Receives the client's messages.
            send: Sends messages.
            headers: The headers of the answer.
            write: Sends a piece of the body once the headers are sent; None sends it as a message.

        Raises:
            APIError: The request was refused before anything was sent.
        """
        self._send_message, self._headers, self._write = send, headers, write
        self._time = asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as group:
            pump = group.create_task(self._pump())
            others = [
                group.create_task(self._send_heartbeats()),
                group.create_task(_cancel_on_disconnect(receive, pump)),
            ]
            await asyncio.wait({pump})
            for task in others:
                task.cancel()
        if self._refusal is not None:
            raise self._refusal
        if self._has_started:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self) -> None:
        async with aclosing(self._source):
            try:
                async for event in self._source:
                    if self._write is None or not self._has_started:
                        await self._send(event)
                        continue
                    self._last_sent = self._time()
                    await self._write(event)
                if not self._has_started:
                    await self._send(b"")
            except APIError as error:
                await self._fail(error)
            except Exception:
                log.exception("a stream failed")
                await self._fail(ServerError("The server had an error while sending the events of the run."))

    async def _fail(self, error: APIError) -> None:
        if not self._has_started:
            self._refusal = error
            return
        await self._send(self._encode_error(error))

    async def _send_heartbeats(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(min(HEADERS_LIMIT_S, self._heartbeat_s))
        if not self._has_started and self._refusal is None:
            await self._send(sse.COMMENT)
        while True:
            silent = loop.time() - self._last_sent
            if silent >= self._heartbeat_s:
                await self._send(sse.COMMENT)
                silent = 0.0
            await asyncio.sleep(self._heartbeat_s - silent)

    async def _send(self, body: bytes) -> None:
        if not self._has_started:
            await self._begin()
        self._last_sent = self._time()
        # two that are sent at once come whole, one after the other
        if self._write is not None:
            await self._write(body)
            return
        await self._send_message({"type": "http.response.body", "body": body, "more_body": True})

    async def _begin(self) -> None:
        async with self._beginning:
            if not self._has_started:
                head = {"type": "http.response.start", "status": 200, "headers": list(self._headers)}
                await self._send_message(head)
                self._has_started = True


async def _cancel_on_disconnect(receive: Receive, pump: asyncio.Task[None]) -> None:
    await disconnected(receive)
    pump.cancel()


async def disconnected(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
