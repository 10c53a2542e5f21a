"""Responses over a WebSocket: one request after the other, each answered with the events of its response."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import aclosing, suppress
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from aimltui.server.client_budget import headers_within
from aimltui.server.routing import path_parts
from aimltui.server.shared import Shared, new_request_id
from aimltui.wire.base import JSONObject
from aimltui.wire.clients import CURRENT
from aimltui.wire.errors import APIError, BadRequest, NotFound, ServerError
from aimltui.wire.parsing import check_text, parse_json

LONGEST_S = 3600.0
"""Seconds after which a connection ends, as the specification says."""
_LAST_WORDS_S = 10.0
"""Seconds that a client has to receive why it ends."""
_WAITING = 32
"""Requests that may wait for the one before. With more, nothing is read, not even that the client has left."""
_NAME = "websocket /responses"
_METHOD = "WEBSOCKET"
_CREATE = "response.create"
_OF_HTTP = ("stream", "stream_options", "background")

log = logging.getLogger(__name__)


class ConnectionLimit(APIError):
    """The connection has been open for as long as one may be."""

    status = 400
    default_type = "invalid_request_error"

    def __init__(self) -> None:
        super().__init__(
            "This connection has reached its time limit. Open another one.",
            code="websocket_connection_limit_reached",
        )


class _ClientLeft(Exception):
    """The connection is closed."""


class ResponseSocket:
    """One WebSocket connection.

    Args:
        shared: What all requests of the server share.
        scope: The request that opens it.
        receive: Its messages.
        send: Sends messages.
        longest_s: Seconds after which it ends.
        last_words_s: Seconds that the client then has to receive why.
    """

    def __init__(
        self,
        shared: Shared,
        scope: Scope,
        receive: Receive,
        send: Send,
        longest_s: float = LONGEST_S,
        last_words_s: float = _LAST_WORDS_S,
    ) -> None:
        self._shared = shared
        self._scope, self._receive, self._send_message = scope, receive, send
        self._longest_s, self._last_words_s = longest_s, last_words_s
        self._turns = shared.others.turns()
        self._asked: asyncio.Queue[str | bytes] = asyncio.Queue(_WAITING)

    async def run(self) -> None:
        """Answer until the client leaves or the time is over."""
        began = time.perf_counter()
        try:
            self._check()
        except APIError as error:
            await self._refuse(error)
            self._note(error.status, began, "unknown")
            return
        if (await self._receive())["type"] != "websocket.connect":
            return
        await self._send_message({"type": "websocket.accept"})
        try:
            with self._shared.metrics.open_stream():
                await self._answer_until_left()
        finally:
            # shielded: the task of a connection may be cancelled when the server stops
            await asyncio.shield(self._turns.aclose())

    def _check(self) -> None:
        raw_path: bytes = self._scope.get("raw_path") or self._scope["path"].encode()
        path = raw_path.decode("latin-1")
        CURRENT.set(self._shared.auth.check(Headers(scope=self._scope)))
        if path_parts(path) != ["responses"]:
            raise NotFound(
                f"There is no WebSocket at {path}. Responses have one, at /v1/responses.", code="unknown_url"
            )

    async def _refuse(self, error: APIError) -> None:
        if "websocket.http.response" not in self._scope.get("extensions", {}):
            await self._send_message({"type": "websocket.close", "code": 1008})
            return
        body = json.dumps(error.to_json(), ensure_ascii=False).encode("utf-8", "replace")
        response = Response(body, error.status, media_type="application/json")
        await response(self._scope, self._receive, self._send_message)

    async def _answer_until_left(self) -> None:
        reading = asyncio.create_task(self._read())
        answering = asyncio.create_task(self._answer_all())
        try:
            done, _ = await asyncio.wait(
                {reading, answering}, timeout=self._longest_s, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                answering.cancel()
                await asyncio.wait({answering})
                await self._tell_limit()
        finally:
            for task in (reading, answering):
                task.cancel()
            await asyncio.wait({reading, answering})
        for task in done:
            with suppress(_ClientLeft):
                task.result()

    async def _tell_limit(self) -> None:
        # a client that receives nothing must not hold the connection
        with suppress(_ClientLeft, TimeoutError, OSError, RuntimeError):
            async with asyncio.timeout(self._last_words_s):
                await self._send_error(ConnectionLimit())
                await self._send_message({"type": "websocket.close", "code": 1000})

    async def _read(self) -> None:
        """Read messages until the client leaves."""
        while (message := await self._receive())["type"] == "websocket.receive":
            text = message.get("text")
            await self._asked.put(text if text is not None else message.get("bytes") or b"")

    async def _answer_all(self) -> None:
        while True:
            asked = await self._asked.get()
            began, status = time.perf_counter(), 499
            try:
                status = await self._status_of(asked)
            finally:
                self._note(status, began)

    def _note(self, status: int, began: float, operation: str = _NAME) -> None:
        self._shared.note(new_request_id(), _METHOD, operation, status, time.perf_counter() - began)

    async def _status_of(self, asked: str | bytes) -> int:
        """Answer one request, also after an unexpected error; return its HTTP status."""
        try:
            await self._answer(asked)
        except APIError as error:
            await self._send_error(error)
            return error.status
        except _ClientLeft:
            raise
        except Exception:
            log.exception("a response over a WebSocket failed")
            await self._send_error(ServerError("The server had an error while processing your request."))
            return ServerError.status
        return 200

    async def _answer(self, asked: str | bytes) -> None:
        body = self._body(asked)
        if self._shared.rate is not None:
            self._shared.rate.take()
        await self._check_budget()
        async with aclosing(self._turns.events(body)) as events:
            async for event in events:
                await self._send(event)

    def _body(self, asked: str | bytes) -> JSONObject:
        raw = asked.encode("utf-8", "surrogatepass") if isinstance(asked, str) else asked
        check_text(raw)
        body = parse_json(raw)
        if body.pop("type", None) != _CREATE:
            raise BadRequest(f"A message on this connection has the type '{_CREATE}'.", param="type")
        for name in _OF_HTTP:
            if body.get(name) is not None:
                raise BadRequest(f"'{name}' is for HTTP; this connection always streams.", param=name)
        return dict(body)

    async def _check_budget(self) -> None:
        if (client := CURRENT.get()) is not None:
            await headers_within(client, self._shared.engine.spent_by, time.time())

    async def _send(self, event: Any) -> None:
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        try:
            await self._send_message(
                {"type": "websocket.send", "text": text.encode("utf-8", "replace").decode()}
            )
        except (OSError, RuntimeError) as error:
            # uvicorn raises the second after it has closed the connection itself
            raise _ClientLeft from error

    async def _send_error(self, error: APIError) -> None:
        told: dict[str, Any] = dict(error.to_json()["error"])
        told["code"] = told.get("code") or told.get("type") or "invalid_request_error"
        await self._send({"type": "error", "status": error.status, "error": told})
