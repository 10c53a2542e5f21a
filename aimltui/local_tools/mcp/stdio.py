"""Starts an MCP server as a process and exchanges JSON-RPC messages with it, one per line of its pipes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from aimltui.common.errors import AimltuiError
from aimltui.common.home import expanded
from aimltui.config.mcp_servers import McpServer, expand
from aimltui.local_tools.mcp.log import ServerLog

INHERITED = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER")
"""The variables that every server gets; everything else is in its table in the configuration."""
MOST_LINE = 32 * 1024 * 1024
"""Bytes of one message: pictures come as text in it."""
PATIENCE_S = 2.0
"""Seconds for a server to end after its input was closed, and again after it was asked to end."""
KILLED_S = 30.0
"""Seconds until a killed server is known to have ended, which takes longer only on a machine that is overloaded."""
_CHUNK = 65536
_LOOK_S = 0.02

Inbox = MemoryObjectReceiveStream[SessionMessage | Exception]
Outbox = MemoryObjectSendStream[SessionMessage]


def environment_of(server: McpServer, variables: Mapping[str, str]) -> dict[str, str]:
    """The environment that a server gets: a few harmless variables, and those of its table.

    Raises:
        ConfigError: The table names a variable that is not set.
    """
    inherited = {name: variables[name] for name in INHERITED if name in variables}
    return inherited | {name: expand(value, variables) for name, value in server.env.items()}


@asynccontextmanager
async def process_streams(server: McpServer, log: ServerLog) -> AsyncIterator[tuple[Inbox, Outbox]]:
    """Start the server; at the end of the block it is ended, with everything it has started.

    Args:
        server: How to start it.
        log: Gets its error output, and learns when it ends.

    Raises:
        AimltuiError: It cannot be started; the text says why.
    """
    process = await _start(server)
    to_session, inbox = anyio.create_memory_object_stream[SessionMessage | Exception](16)
    outbox, from_session = anyio.create_memory_object_stream[SessionMessage](16)
    tasks = [
        asyncio.create_task(_read_messages(process, to_session, log)),
        asyncio.create_task(_write_messages(process, from_session, to_session)),
        asyncio.create_task(_read_errors(process, log)),
    ]
    try:
        yield inbox, outbox
    finally:
        stopping = asyncio.ensure_future(_stop(process, tasks))
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:
            # a process must not outlive the program: every wait in there is bounded
            await stopping
            raise
        finally:
            for stream in (inbox, outbox, to_session, from_session):
                stream.close()


async def _start(server: McpServer) -> asyncio.subprocess.Process:
    command = [expand(one, os.environ) for one in (server.command, *server.args)]
    folder = await asyncio.to_thread(_folder_of, server)
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            env=environment_of(server, os.environ),
            cwd=folder,
        )
    except FileNotFoundError as error:
        raise AimltuiError(
            f"The program {command[0]} was not found. Install it, or write its full path as command."
        ) from error
    except OSError as error:
        raise AimltuiError(
            f"The program {command[0]} cannot be started: {error.strerror or error}."
        ) from error


def _folder_of(server: McpServer) -> Path:
    """Its working directory; the user's home directory if it has none."""
    folder = Path(server.origin).parent / expanded(Path(expand(server.cwd or "~", os.environ)))
    if not folder.is_dir():
        raise AimltuiError(f"Its working directory {folder} does not exist. Correct cwd in {server.origin}.")
    return folder


async def _read_messages(
    process: asyncio.subprocess.Process,
    to_session: MemoryObjectSendStream[SessionMessage | Exception],
    log: ServerLog,
) -> None:
    assert process.stdout is not None
    with contextlib.suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
        async for line in _lines_of(process.stdout, MOST_LINE):
            if line is None:
                log.end("It sent a message of more than 32 MB, so its connection was ended.")
                break
            message = _parsed(line, log)
            if message is not None:
                await to_session.send(message)
    log.end()
    to_session.close()
    # what it still writes must not block its end
    while await process.stdout.read(_CHUNK):
        pass


def _parsed(line: bytes, log: ServerLog) -> SessionMessage | None:
    if not line.strip():
        return None
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except (ValueError, RecursionError):
        log.add_odd(line)
        return None


async def _write_messages(
    process: asyncio.subprocess.Process,
    from_session: MemoryObjectReceiveStream[SessionMessage],
    to_session: MemoryObjectSendStream[Any],
) -> None:
    assert process.stdin is not None
    try:
        async for message in from_session:
            text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            process.stdin.write(text.encode() + b"\n")
            await process.stdin.drain()
    except (anyio.ClosedResourceError, OSError):
        # it does not read: what waits for an answer must not wait for ever
        to_session.close()


async def _read_errors(process: asyncio.subprocess.Process, log: ServerLog) -> None:
    assert process.stderr is not None
    async for line in _lines_of(process.stderr, _CHUNK):
        if line is not None:
            log.add(line)


async def _lines_of(stream: asyncio.StreamReader, most: int) -> AsyncIterator[bytes | None]:
    """Yield the lines of a stream; None for each that is too long, whose text is dropped."""
    parts: list[bytes] = []
    size = 0
    while chunk := await stream.read(_CHUNK):
        *whole, rest = chunk.split(b"\n")
        for piece in whole:
            yield b"".join((*parts, piece)) if size + len(piece) <= most else None
            parts, size = [], 0
        size += len(rest)
        if size <= most:
            parts.append(rest)
        elif parts:
            parts = []
            yield None
    if parts and any(parts):
        yield b"".join(parts)


async def _stop(process: asyncio.subprocess.Process, tasks: list[asyncio.Task[None]]) -> None:
    """Close its input, then ask its process group to end, then end it."""
    assert process.stdin is not None
    try:
        with contextlib.suppress(OSError, RuntimeError):
            process.stdin.close()
        try:
            if not await _has_ended(process):
                _signal(process, signal.SIGTERM)
                await _has_ended(process)
        finally:
            # also what it has started; and without patience where the program itself ends
            _signal(process, signal.SIGKILL)
        await _has_ended(process, KILLED_S)
    finally:
        for task in tasks:
            task.cancel()
        transport = getattr(process, "_transport", None)
        if transport is not None:
            transport.close()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _has_ended(process: asyncio.subprocess.Process, seconds: float | None = None) -> bool:
    """Whether the process ends in time. `process.wait` would also wait for all holders of its pipes."""
    left = PATIENCE_S if seconds is None else seconds
    while process.returncode is None and left > 0:
        await asyncio.sleep(_LOOK_S)
        left -= _LOOK_S
    return process.returncode is not None


def _signal(process: asyncio.subprocess.Process, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, what)
