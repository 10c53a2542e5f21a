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
"""Bytes that an empty pipe takes without a reader."""
_PATIENCE_S = 2.0


class Jail:
    """One keeper, one jail, one kernel program. The descriptors can be read without waiting.

    Attributes:
        stdout: What the code prints.
        stderr: The same, and what the jail complains of while it is built.
        events: The kernel program's frames.
        status: The keeper's lines; its end is the end of everything in the jail.

    Args:
        plan: What the keeper is told.
        keeper: Which program watches over it: that for Linux, or the one for any system, which watches the clock alone.
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
        """Read what comes out of it."""
        return Channel(self)

    def ready(self) -> None:
        """The kernel program has said that it is there: whatever runs now is it."""
        self._command(do="ready")

    def begin(self, wall_s: float, cpu_s: float) -> None:
        """A cell begins; its clocks run."""
        self._command(do="begin", wall_s=wall_s, cpu_s=cpu_s)

    def end(self) -> None:
        """The cell is over: nothing in the jail may run until the next one."""
        self._command(do="end")

    def interrupt(self) -> None:
        """Press ctrl+c in the kernel program."""
        self._command(do="interrupt")

    async def request(self, message: Mapping[str, object]) -> None:
        """Send a request to the kernel program.

        Raises:
            SandboxError: It is gone.
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
        """End everything in the jail; it is gone when `status` ends."""
        if self._control is not None:
            os.close(self._control)
            self._control = None

    async def closed(self) -> None:
        """Kill, wait until the keeper is gone, and give the descriptors back."""
        self.kill()
        deadline = time.monotonic() + _PATIENCE_S
        pause = 0.002
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                # the kernel of the system ties the jail's life to its own
                self._process.kill()
                await asyncio.to_thread(self._process.wait)
                break
            await asyncio.sleep(pause)
            pause = min(0.05, pause * 1.5)
        self.close_now()

    def close_now(self) -> None:
        """Kill, without waiting for the end, and give the descriptors back."""
        self.kill()
        for number in (self.status, self.stdout, self.stderr, self.events, self._requests):
            if number is not None and number >= 0:
                with suppress(OSError):
                    os.close(number)
        self.status = self.stdout = self.stderr = self.events = -1
        self._requests = None
        self._process.poll()

    def _command(self, **command: object) -> None:
        with suppress(SandboxError):  # its end is told by `status`
            self._tell(command)

    def _tell(self, message: Mapping[str, object]) -> None:
        if self._control is None:
            raise SandboxError("The sandbox has ended.")
        try:
            _write(self._control, json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise SandboxError("The sandbox's keeper has ended.") from error


class Channel(Inbox):
    """What comes through the pipes of a jail.

    Args:
        jail: Its descriptors stay its own; `close` before they are given back.
    """

    def __init__(self, jail: Jail) -> None:
        super().__init__()
        self._jail = jail
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._lines = b""
        self._open = {jail.stdout, jail.stderr, jail.events, jail.status}
        self._loop.add_reader(jail.status, self._read_status)
        self._let_in(True)

    @property
    def has_ended(self) -> bool:
        """Whether everything in the jail is gone."""
        return self._jail.status not in self._open

    def close(self) -> None:
        """Read no more."""
        for number in self._open:
            self._loop.remove_reader(number)
        self._open.clear()
        self._wake.set()

    def _let_in(self, on: bool) -> None:
        super()._let_in(on)
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

    def _read_stdout(self) -> None:
        self._read_text("stdout", self._jail.stdout)

    def _read_stderr(self) -> None:
        self._read_text("stderr", self._jail.stderr)

    def _read_text(self, stream: Literal["stdout", "stderr"], number: int) -> bool:
        piece = self._take(number)
        if piece:
            self._put_text(stream, piece)
        return bool(piece)

    def _read_events(self) -> None:
        self._frames.add(self._take(self._jail.events))
        try:
            while (frame := self._frames.take()) is not None:
                # what was printed before the event is in the pipes already
                for stream, number in (("stdout", self._jail.stdout), ("stderr", self._jail.stderr)):
                    for _ in range(2):  # a pipe holds one piece
                        if number not in self._open or not self._read_text(stream, number):  # type: ignore[arg-type]
                            break
                self._put(frame, frame.size)
        except ValueError:
            self._fatal = GARBLED
            self._jail.kill()

    def _read_status(self) -> None:
        piece = self._take(self._jail.status)
        if not piece:
            for read in (self._read_stdout, self._read_stderr, self._read_events):
                read()
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
                self._put(Frozen())

    def _take(self, number: int) -> bytes:
        """What there is; nothing when there is nothing now, or nothing will ever come."""
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
    """The keeper's ends and ours: control, status, stdout, stderr, requests, events."""
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
