"""Server-sent events: an engine's events as the body of an answer, with heartbeats, until somebody is done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from starlette.types import Receive, Send

from aimltui.wire import events, sse
from aimltui.wire.errors import APIError, ErrorObject, ServerError
from aimltui.wire.events import StreamEvent

HEARTBEAT_S = 15.0
PATIENCE_S = 0.5
"""Seconds that the first event may take before the headers go out without it."""

log = logging.getLogger(__name__)

RawHeaders = Sequence[tuple[bytes, bytes]]


class EventStream:
    """One streamed answer.

    Args:
        told: The events; closed with the stream. That stops the telling and not the run.
        extended: True on streams that the API does not have: they carry ids and extension events. Its own
            streams must not: the SDK takes an event that it does not know for a thread.
        watch: Called with every event before it is sent.
        heartbeat_s: Seconds of silence after which a comment is sent.
    """

    def __init__(
        self,
        told: AsyncGenerator[StreamEvent, None],
        *,
        extended: bool = False,
        watch: Callable[[StreamEvent], None] | None = None,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._told = told
        self._extended = extended
        self._watch = watch
        self._heartbeat_s = heartbeat_s
        self._begun = False
        self._sending = asyncio.Lock()
        self._last_sent = 0.0
        self._refusal: APIError | None = None

    async def send(self, receive: Receive, send: Send, headers: RawHeaders) -> None:
        """Send it all, or as much as the reader stays for.

        Raises:
            APIError: It was refused before anything was sent.
        """
        self._send_message, self._headers = send, headers
        async with asyncio.TaskGroup() as group:
            pump = group.create_task(self._pump())
            others = [group.create_task(self._beat()), group.create_task(_until_gone(receive, pump))]
            await asyncio.wait({pump})
            for task in others:
                task.cancel()
        if self._refusal is not None:
            raise self._refusal
        if self._begun:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self) -> None:
        async with aclosing(self._told):
            try:
                async for event in self._told:
                    if self._watch is not None:
                        self._watch(event)
                    if self._extended:
                        await self._send(sse.encode(event))
                    elif event.event not in events.EXTENSIONS:
                        await self._send(sse.encode(replace(event, index=None)))
                    if event.ends_stream:
                        return
                if not self._begun:
                    await self._send(b"")
            except APIError as error:
                await self._break_off(error)
            except Exception:
                log.exception("a stream broke off")
                await self._break_off(ServerError("The server had an error while it told of the run."))

    async def _break_off(self, error: APIError) -> None:
        if not self._begun:
            self._refusal = error
            return
        told = ErrorObject(message=error.message, type=error.type, code=error.code, param=error.param)
        await self._send(sse.encode(StreamEvent(events.ERROR, told)))

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(min(PATIENCE_S, self._heartbeat_s))
        if not self._begun and self._refusal is None:
            await self._send(sse.COMMENT)
        while True:
            silent = loop.time() - self._last_sent
            if silent >= self._heartbeat_s:
                await self._send(sse.COMMENT)
                silent = 0.0
            await asyncio.sleep(self._heartbeat_s - silent)

    async def _send(self, body: bytes) -> None:
        async with self._sending:
            if not self._begun:
                self._begun = True
                head = {"type": "http.response.start", "status": 200, "headers": list(self._headers)}
                await self._send_message(head)
            self._last_sent = asyncio.get_running_loop().time()
            await self._send_message({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive: Receive, pump: asyncio.Task[None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    pump.cancel()
