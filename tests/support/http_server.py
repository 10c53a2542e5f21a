"""An HTTP server that answers by a script, byte for byte, on a unix socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SSE = {"content-type": "text/event-stream"}


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Says:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    """True: more is announced than is sent, and the connection closed."""
    silent: bool = False
    """True: nothing is sent, and the connection stays open."""


def says_json(value: Any, status: int = 200, **headers: str) -> Says:
    return Says(status, json.dumps(value).encode(), {"content-type": "application/json", **headers})


def refuses(status: int, message: str, code: str | None = None, **headers: str) -> Says:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return says_json({"error": error}, status, **headers)


@dataclass
class ScriptedServer:
    """Plays its script, one answer a request; the last one again and again."""

    socket: Path
    script: list[Says]
    asked: list[Asked] = field(default_factory=list)


@asynccontextmanager
async def scripted_server(directory: Path, *script: Says) -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer(directory / "s", list(script))
    open_ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _read(reader)
            server.asked.append(asked)
            says = server.script[min(len(server.asked), len(server.script)) - 1]
            if says.silent:
                await open_ended.wait()
                return
            length = len(says.body) + (100 if says.cut else 0)
            head = [f"HTTP/1.1 {says.status} X", f"content-length: {length}", "connection: close"]
            head += [f"{name}: {value}" for name, value in says.headers.items()]
            writer.write("\r\n".join([*head, "", ""]).encode() + says.body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_unix_server(answer, str(server.socket))
    try:
        yield server
    finally:
        open_ended.set()
        listening.close()
        await listening.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method, target, headers, body)
