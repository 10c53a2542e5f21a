"""Time limits for requests that arrive slowly, so that a few clients cannot occupy the server for ever."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.types import Message, Receive
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from aimltui.common.dataclass import dataclass
from aimltui.wire.errors import APIError

HEADERS_S = 20.0
"""Seconds for the headers of a request, from the connection's start or from their first byte."""
_SENTENCE = b"The headers of the request did not come in time.\n"
_TOO_LATE = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_SENTENCE), _SENTENCE)
)


@dataclass(frozen=True, slots=True)
class BodyPatience:
    """How long the body of a request may take to arrive."""

    silence_s: float = 30.0
    """Seconds without a byte of the body."""
    slowest: float = 1024.0
    """Bytes a second that the body must have on average, `silence_s` aside."""


class SlowRequest(APIError):
    """The body of a request did not arrive in time."""

    status = 408

    def __init__(self) -> None:
        super().__init__(
            "The body of the request did not arrive in time: nothing of it came for too long, or it came too slowly. "
            "Send the request again.",
            code="request_timeout",
        )


class PatientReceive:
    """Receives the messages of one request, and gives up on a body that arrives too slowly.

    Args:
        receive: The messages.
        patience: The limits.
    """

    def __init__(self, receive: Receive, patience: BodyPatience) -> None:
        self._receive = receive
        self._patience = patience
        self._is_complete = False
        self._waited = 0.0
        self._size = 0

    async def __call__(self) -> Message:
        """Return the next message.

        Raises:
            SlowRequest: It did not come in time.
        """
        if self._is_complete:
            return await self._receive()
        message = await self._next()
        self._is_complete = message["type"] != "http.request" or not message.get("more_body", False)
        self._size += len(message.get("body", b""))
        return message

    async def _next(self) -> Message:
        # only waiting counts: this program may be slow, too
        rest = self._patience.silence_s + self._size / self._patience.slowest - self._waited
        began = time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, min(self._patience.silence_s, rest))):
                return await self._receive()
        except TimeoutError as error:
            raise SlowRequest from error
        finally:
            self._waited += time.monotonic() - began


class PatientProtocol(AutoHTTPProtocol):  # type: ignore[valid-type, misc]
    """Closes a connection on which the headers of a request do not arrive in time."""

    headers_s = HEADERS_S
    _waiting: asyncio.TimerHandle | None = None
    _is_websocket = False

    def connection_made(self, transport: Any) -> None:
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait_for_headers()

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request."""
        super().data_received(data)
        if self._is_websocket:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._waiting is None:
            # a part of the next request, or the rest of a body that was refused
            self._wait_for_headers()

    def handle_websocket_upgrade(self, *request: Any) -> None:
        """Leave the connection to the protocol of WebSockets."""
        self._stop_waiting()
        self._is_websocket = True
        super().handle_websocket_upgrade(*request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_headers(self) -> None:
        self._waiting = self.loop.call_later(self.headers_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        if self.cycle is None:
            self.transport.write(_TOO_LATE)
        self.transport.close()


def patient_protocol(headers_s: float) -> type[asyncio.Protocol]:
    """Return the protocol with a time limit for headers, in seconds."""
    kind: type[asyncio.Protocol] = type("PatientProtocol", (PatientProtocol,), {"headers_s": headers_s})
    return kind
