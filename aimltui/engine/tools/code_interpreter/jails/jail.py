"""A running jail as seen from the engine: its keeper process, its pipes, and the channel that reads them."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.jails.inbox import (
    GARBLED,
    PIECE,
    Breach,
    Ended,
    Frames,
    Frozen,
    Inbox,
)

_HERE = Path(__file__).parent.parent
_KEEPER = "import sys; sys.path.append(sys.argv[1]); from jailer import {keeper}; {keeper}.main()"
_AT_ONCE = 60_000
"""Bytes that fit into an empty pipe."""
_PATIENCE_S = 2.0


class Jail:
    """A jail with its keeper and kernel program. Its descriptors do not block.

    Attributes:
        stdout: The standard output of the code.
        stderr: The standard error of the code, and of the jail while it is built.
        events: The events of the kernel program.
        status: The messages of the keeper; it ends when all processes in the jail have ended.

    Args:
        plan: The plan for the keeper.
        keeper: `keeper` for Linux, or `plain` for any system, which watches only the time.
    """

    def __init__(self, plan: Mapping[str, Any], keeper: Literal["keeper", "plain"] = "keeper") -> None:
        pipes = [os.pipe() for _ in range(6)]
        theirs, ours = _sides(pipes)
        try:
            self._process = _start_keeper(theirs, keeper)
        except OSError as error:
            for number in (*theirs, *ours):
                os.close(number)
            raise SandboxError(f"The sandbox's keeper could not be started: {error}") from error
        for number in theirs:
            os.close(number)
        self._control: int | None
        self._requests: int | None
        self._control, self.status, self.stdout, self.stderr, self._requests, self.events = ours
        for number in (self.status, self.stdout, self.stderr, self.events):
            os.set_blocking(number, False)
        self._tell(dict(plan) | {"descriptors": theirs[2:]})

    @property
    def pid(self) -> int:
        """The keeper's process id."""
        return self._process.pid

    def listen(self) -> Channel:
        """Start to read its output. Call it once, inside the event loop."""
        return Channel(self)

    def ready(self) -> None:
        """Tell the keeper that the kernel program is ready and is the only program running."""
        self._command(do="ready")

    def begin(self, wall_s: float, cpu_s: float) -> None:
        """Start the time limits of a cell."""
        self._command(do="begin", wall_s=wall_s, cpu_s=cpu_s)

    def end(self) -> None:
        """End a cell: stop all processes in the jail until the next one."""
        self._command(do="end")

    def interrupt(self) -> None:
        """Send an interrupt to the kernel program, like ctrl+c."""
        self._command(do="interrupt")

    async def request(self, message: Mapping[str, object]) -> None:
        """Send a request to the kernel program.

        Raises:
            SandboxError: The jail has ended.
        """
        if self._requests is None:
            raise SandboxError("The sandbox has ended.")
        payload = json.dumps(message).encode()
        frame = struct.pack(">I", len(payload)) + payload
        try:
            if len(frame) <= _AT_ONCE:
                _write(self._requests, frame)
            else:
                await asyncio.to_thread(_write, self._requests, frame)
        except OSError as error:
            raise SandboxError("The sandbox has ended.") from error

    def kill(self) -> None:
        """End all processes in the jail; they have ended when `status` ends."""
        if self._control is not None:
            os.close(self._control)
            self._control = None

    async def closed(self) -> None:
        """End the jail, wait for the keeper's end, and close the descriptors."""
        self.kill()
        deadline = time.monotonic() + _PATIENCE_S
        pause = 0.002
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                # the system ends the jail together with the keeper
                self._process.kill()
                await asyncio.to_thread(self._process.wait)
                break
            await asyncio.sleep(pause)
            pause = min(0.05, pause * 1.5)
        self.close_now()

    def close_now(self) -> None:
        """End the jail without waiting, and close the descriptors."""
        self.kill()
        for number in (self.status, self.stdout, self.stderr, self.events, self._requests):
            if number is not None and number >= 0:
                with suppress(OSError):
                    os.close(number)
        self.status = self.stdout = self.stderr = self.events = -1
        self._requests = None
        self._process.poll()

    def _command(self, **command: object) -> None:
        with suppress(SandboxError):  # `status` reports the end
            self._tell(command)

    def _tell(self, message: Mapping[str, object]) -> None:
        if self._control is None:
            raise SandboxError("The sandbox has ended.")
        try:
            _write(self._control, json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise SandboxError("The sandbox's keeper has ended.") from error


class Channel(Inbox):
    """Reads the pipes of a jail.

    Args:
        jail: The jail, which owns the descriptors; call `close` before it closes them.
    """

    def __init__(self, jail: Jail) -> None:
        super().__init__()
        self._jail = jail
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._lines = b""
        self._open = {jail.stdout, jail.stderr, jail.events, jail.status}
        self._loop.add_reader(jail.status, self._read_status)
        self._set_reading(True)

    @property
    def has_ended(self) -> bool:
        """Whether all processes in the jail have ended."""
        return self._jail.status not in self._open

    def close(self) -> None:
        """Stop reading."""
        for number in self._open:
            self._loop.remove_reader(number)
        self._open.clear()
        self._wake.set()

    def _set_reading(self, on: bool) -> None:
        super()._set_reading(on)
        for number, read in (
            (self._jail.stdout, self._read_stdout),
            (self._jail.stderr, self._read_stderr),
            (self._jail.events, self._read_events),
        ):
            if number in self._open:
                if on:
                    self._loop.add_reader(number, read)
                else:
                    self._loop.remove_reader(number)

    def _read_stdout(self) -> bool:
        return self._read_text("stdout", self._jail.stdout)

    def _read_stderr(self) -> bool:
        return self._read_text("stderr", self._jail.stderr)

    def _read_text(self, stream: Literal["stdout", "stderr"], number: int) -> bool:
        piece = self._take(number)
        if piece:
            self._put_text(stream, piece)
        return bool(piece)

    def _read_printed(self) -> None:
        """Read what is in the pipes for output."""
        for read, number in ((self._read_stdout, self._jail.stdout), (self._read_stderr, self._jail.stderr)):
            for _ in range(2):  # a pipe contains one piece at most
                if number not in self._open or not read():
                    break

    def _read_events(self) -> None:
        self._frames.add(self._take(self._jail.events))
        try:
            while (frame := self._frames.take()) is not None:
                # output printed before the event is already in the pipes
                self._read_printed()
                self._put(frame, frame.size)
        except ValueError:
            self._fatal = GARBLED
            self._jail.kill()

    def _read_status(self) -> None:
        piece = self._take(self._jail.status)
        if not piece:
            self._read_printed()
            self._read_events()
            self.close()
            self._put(Ended(self._fatal))
            return
        *lines, self._lines = (self._lines + piece).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "breach" in message:
                if message["fatal"]:
                    self._fatal = message["breach"]
                self._put(Breach(message["breach"]))
            elif "frozen" in message:
                # what was printed before is already in the pipes
                self._read_printed()
                self._put(Frozen())

    def _take(self, number: int) -> bytes:
        """Read the available bytes; empty if there are none or the pipe has ended."""
        if number not in self._open:
            return b""
        try:
            piece = os.read(number, PIECE)
        except BlockingIOError:
            return b""
        except OSError:
            piece = b""
        if not piece and number != self._jail.status:
            self._loop.remove_reader(number)
            self._open.discard(number)
        return piece


def _sides(pipes: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """The ends of the keeper and of this program, each: control, status, stdout, stderr, requests, events."""
    to_jail = (True, False, False, False, True, False)
    theirs = [read if inward else write for (read, write), inward in zip(pipes, to_jail, strict=True)]
    ours = [write if inward else read for (read, write), inward in zip(pipes, to_jail, strict=True)]
    return theirs, ours


def _start_keeper(theirs: list[int], keeper: str) -> subprocess.Popen[bytes]:
    control, status, _, stderr, *_ = theirs
    return subprocess.Popen(  # noqa: S603  # our own interpreter, no shell
        [sys.executable, "-I", "-S", "-B", "-c", _KEEPER.format(keeper=keeper), str(_HERE)],
        stdin=control,
        stdout=status,
        stderr=stderr,
        pass_fds=theirs[2:],
        env={},
        cwd="/",
        start_new_session=True,
    )


def _write(number: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(number, rest) :]
