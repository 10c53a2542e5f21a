"""A server on 127.0.0.1 that keeps every byte it hears: what must not be told to it can be looked for in all of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Heard:
    """A request."""

    method: str
    target: str
    headers: dict[str, str]
    """By lower-case name."""
    raw: bytes = field(repr=False)

    @property
    def key(self) -> str:
        """The key that came with it; empty if none did."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


Answer = Callable[[Heard], bytes | None]
"""None: nothing is said, and the connection stays open."""


def says(payload: Any, status: int = 200, **headers: str) -> bytes:
    """JSON, or text as it is."""
    body = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close"]
    told = {
        "content-type": "application/json",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    return "\r\n".join([*lines, *(f"{n}: {v}" for n, v in told.items()), "", ""]).encode() + body


def models(*ids: str, owner: str = "") -> bytes:
    """A list of models."""
    return says({"object": "list", "data": [{"id": one, "owned_by": owner} for one in ids]})


def chats(text: str = "Hello.") -> bytes:
    """A streamed answer."""
    first = {
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}]
    }
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in (first, last)) + "data: [DONE]\n\n"
    return says(body, content_type="text/event-stream")


class Recorder:
    """Answers each request by a function; an async context manager."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.heard: list[Heard] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Recorder:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def everything(self) -> bytes:
        """All bytes that were heard."""
        return b"\n".join(one.raw for one in self.heard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                self.heard.append(await _read(reader))
                said = self.answer(self.heard[-1])
                if said is None:
                    await reader.read()
                else:
                    writer.write(said)
                    await writer.drain()
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Heard:
    start = await reader.readexactly(1)
    if start == b"\x16":
        raise ConnectionError("a TLS handshake: who begins one waits until somebody hangs up")
    head = start + await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines) if n}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    if headers.get("transfer-encoding") == "chunked":
        body = await reader.readuntil(b"0\r\n\r\n")
    return Heard(method, target, headers, head + body)
