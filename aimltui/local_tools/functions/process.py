"""Starts the process in which a user's function runs, limits it, and reads its answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import field
from pathlib import Path
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.local_tools.types import Limits

_GUEST = "aimltui.local_tools.functions.guest"
_CHUNK = 65536
_MOST_ANSWER = 4_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What the process said."""

    values: dict[str, Any] = field(default_factory=dict)
    """The answer; empty if there was none."""
    printed: str = ""
    is_late: bool = False
    """Whether it was ended at the time limit."""
    status: int = 0
    """The exit status, negative for a signal."""


async def ask_guest(
    file: Path, sha256: str, limits: Limits, name: str | None = None, arguments: dict[str, Any] | None = None
) -> Answer:
    """Describe the functions of a file, or call one, in a new process. Cancelling it ends the process.

    Args:
        file: The Python file; its bytes must have the hash.
        sha256: The hash of the approved bytes.
        limits: The limits of time and output.
        name: The function to call; None describes all of them.
        arguments: What to call it with.
    """
    read_fd, write_fd = os.pipe()
    environment = {key: value for key, value in os.environ.items() if key not in limits.hidden_variables}
    environment["PYTHONUNBUFFERED"] = "1"
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            _GUEST,
            str(write_fd),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=(write_fd,),
            start_new_session=True,
            env=environment,
        )
    except BaseException:
        os.close(read_fd)
        raise
    finally:
        os.close(write_fd)
    request = {
        "file": str(file),
        "sha256": sha256,
        "name": name,
        "arguments": arguments or {},
        "most": limits.output_characters,
    }
    printed = _Kept(limits.output_characters)
    told = _Kept(_MOST_ANSWER)
    is_late = False
    reader, pipe = await _reader_of(read_fd)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        output = asyncio.create_task(printed.read(process.stdout))
        try:
            async with asyncio.timeout(limits.seconds):
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    process.stdin.write(json.dumps(request).encode())
                    process.stdin.close()
                await told.read(reader)
        except TimeoutError:
            is_late = True
        finally:
            # also what the function itself has started
            _end_group(process.pid)
        await process.wait()
        # a program that left the process group may hold the pipe
        await asyncio.wait({output}, timeout=1.0)
        output.cancel()
    finally:
        if process.returncode is None:
            _end_group(process.pid)
            # it ends at once, also while this task is being cancelled
            await process.wait()
        pipe.close()
        _close(process)
    return Answer(_parsed(told.text), printed.text, is_late, process.returncode or 0)


class _Kept:
    """The start of a stream; the rest is read and dropped, so that the writer never waits."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def text(self) -> str:
        return b"".join(self._parts).decode("utf-8", "replace")

    async def read(self, stream: asyncio.StreamReader) -> None:
        while chunk := await stream.read(_CHUNK):
            if self._size <= self._most:
                self._parts.append(chunk[: self._most + 1 - self._size])
                self._size += len(chunk)


async def _reader_of(descriptor: int) -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    reader = asyncio.StreamReader()
    pipe = os.fdopen(descriptor, "rb", 0)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader, transport


def _end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _close(process: asyncio.subprocess.Process) -> None:
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()


def _parsed(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
