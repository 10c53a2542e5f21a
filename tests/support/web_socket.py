"""A WebSocket client for tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)

from tests.support.builders import bounded


class Refused(Exception):
    """The server answered the handshake with an HTTP status."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status}: {body!r}")
        self.status, self.body = status, body


class WebSocketClient:
    """One connection that sends and receives JSON."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._wire = WSConnection(ConnectionType.CLIENT)
        self._text = ""

    async def open(self, path: str, headers: dict[str, str]) -> None:
        """Make the handshake."""
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._writer.write(self._wire.send(Request(host="localhost", target=path, extra_headers=extra)))
        status, body = 0, b""
        while True:
            event = await self._next()
            if isinstance(event, AcceptConnection):
                return
            if isinstance(event, RejectConnection):
                status = event.status_code
                if not event.has_body:
                    raise Refused(status, b"")
            elif isinstance(event, RejectData):
                body += event.data
                if event.body_finished:
                    raise Refused(status, body)

    async def send(self, body: Any) -> None:
        """Send a message; JSON unless it is text."""
        text = body if isinstance(body, str) else json.dumps(body)
        self._writer.write(self._wire.send(TextMessage(data=text)))
        await self._writer.drain()

    async def receive(self) -> dict[str, Any] | None:
        """Return the next message; None if the server has closed the connection."""
        while True:
            event = await self._next()
            if event is None or isinstance(event, CloseConnection):
                return None
            if isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    text, self._text = self._text, ""
                    return dict(json.loads(text))

    async def turn(self, **body: Any) -> list[dict[str, Any]]:
        """Send a request for a response; return its events, or the error."""
        await self.send({"type": "response.create", "model": "fake", **body})
        told = list[dict[str, Any]]()
        ends = {"error", *(f"response.{end}" for end in ("completed", "failed", "incomplete"))}
        while not told or told[-1]["type"] not in ends:
            event = await self.receive()
            assert event is not None, told
            told.append(event)
        return told

    async def _next(self) -> Any:
        while True:
            for event in self._wire.events():
                return event
            data = await bounded(self._reader.read(65_536))
            if not data:
                return None
            self._wire.receive_data(data)


@asynccontextmanager
async def web_socket(
    socket: Path | None, path: str = "/v1/responses", **headers: str
) -> AsyncIterator[WebSocketClient]:
    """A connection to a server on a unix socket; closed without a word in the end."""
    assert socket is not None
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        client = WebSocketClient(reader, writer)
        await client.open(path, headers)
        yield client
    finally:
        writer.close()
