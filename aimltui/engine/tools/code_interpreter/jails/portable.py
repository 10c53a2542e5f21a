"""A jail on any system: one process with a guest in it, that is spoken to by its standard input and output alone."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import aimltui
from aimltui.engine.tools.code_interpreter import operating_system as machine
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.guests import portable_host
from aimltui.engine.tools.code_interpreter.jails.inbox import (
    GARBLED,
    PIECE,
    Breach,
    Ended,
    Frames,
    Frozen,
    Inbox,
)
from aimltui.engine.tools.code_interpreter.limits import Limits
from aimltui.engine.tools.code_interpreter.python_runtime import default_executable

_START = (
    "import sys; sys.path[:0] = sys.argv[1:]; "
    "from aimltui.engine.tools.code_interpreter import portable_host; portable_host.main()"
)
_AT_ONCE = 4000
"""Bytes that an empty pipe takes without a reader."""
_AHEAD = 4
"""Pieces that may be on their way from the reading thread to the loop."""
_PATIENCE_S = 2.0
_GRACE_S = 3.0
"""Beyond a cell's time: the host ends it, and if it does not, this ends the host."""
_MOST_COMPLAINT = 20_000


class PortableJail:
    """One process.

    Args:
        plan: What the host is told.
        limits: The same ones, for the words about them.

    Raises:
        SandboxError: It did not start.
    """

    def __init__(self, plan: Mapping[str, Any], limits: Limits) -> None:
        self._limits = limits
        self._writing = threading.Lock()
        self._alarm: asyncio.TimerHandle | None = None
        self._channel: PortableChannel | None = None
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter, no shell
                [default_executable(), "-I", "-S", "-B", "-X", "utf8", "-c", _START, *_roots()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=machine.bare_environment(),
                # not where the code can write: Windows looks for libraries there
                cwd=os.path.abspath(os.sep),
                **machine.apart(),
            )
        except OSError as error:
            raise SandboxError(f"The sandbox could not be started: {error}") from error
        try:
            self._tell({**plan, "limits": asdict(limits)})
        except SandboxError:
            self._bury()
            raise

    @property
    def pid(self) -> int:
        """The host's process id."""
        return self._process.pid

    def listen(self) -> PortableChannel:
        """Read what comes out of it."""
        self._channel = PortableChannel(self._process, self._limits)
        return self._channel

    def ready(self) -> None:
        """Nothing is to be done: the host knows where its guest is."""

    def begin(self, wall_s: float, cpu_s: float) -> None:
        """A cell begins; its clocks run."""
        self._rest()
        self._alarm = asyncio.get_running_loop().call_later(wall_s + _GRACE_S, self.kill)
        self._command(do="begin", wall_s=wall_s, cpu_s=cpu_s)

    def end(self) -> None:
        """The cell is over; the host says when its guest waits for the next one."""
        self._rest()
        self._command(do="end")

    def interrupt(self) -> None:
        """End the guest: it cannot be interrupted."""
        self._command(do="interrupt")

    async def request(self, message: Mapping[str, object]) -> None:
        """Send a request to the kernel program.

        Raises:
            SandboxError: It is gone.
        """
        command = {"do": "cell", "message": message}
        if len(str(message.get("code"))) * 6 < _AT_ONCE:
            self._tell(command)
        else:
            await asyncio.to_thread(self._tell, command)

    def kill(self) -> None:
        """End everything; the channel tells when it is gone."""
        self._rest()
        with suppress(OSError):
            self._process.terminate()

    async def closed(self) -> None:
        """Kill, wait until it is gone, and give the pipes back."""
        self.kill()
        await asyncio.to_thread(self._bury)

    def _bury(self) -> None:
        with suppress(OSError):
            self._process.terminate()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._channel is not None:
            self._channel.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _rest(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _command(self, **command: object) -> None:
        # a long request that is still being written means that the host does not listen
        if not self._writing.acquire(blocking=False):
            self.kill()
            return
        self._writing.release()
        with suppress(SandboxError):  # its end is told by the channel
            self._tell(command)

    def _tell(self, message: Mapping[str, object]) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        rest = memoryview(json.dumps(message).encode() + b"\n")
        with self._writing:
            try:
                while rest:
                    rest = rest[pipe.write(rest) or 0 :]
            except (OSError, ValueError) as error:
                raise SandboxError("The sandbox has ended.") from error


class PortableChannel(Inbox):
    """What comes out of a host, read by a thread: not every system's loop can wait for a pipe.

    Args:
        process: The host; its pipes stay open until `join` has come back.
        limits: For the words about what was too much.
    """

    def __init__(self, process: subprocess.Popen[bytes], limits: Limits) -> None:
        super().__init__()
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._breaches = _sentences(limits)
        self._has_answered = False
        self._ahead = threading.Semaphore(_AHEAD)
        self._owed = 0
        self._is_closed = False
        self._thread = threading.Thread(target=self._read, name="sandbox", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read no more."""
        self._is_closed = self._has_ended = True
        self._ahead.release(_AHEAD)
        self._wake.set()

    def join(self) -> None:
        """Wait for the thread; the process has ended."""
        self._thread.join(_PATIENCE_S)

    def _let_in(self, on: bool) -> None:
        super()._let_in(on)
        if on and self._owed:
            self._ahead.release(self._owed)
            self._owed = 0

    def _read(self) -> None:
        """The thread."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        buffer = bytearray()
        try:
            while piece := os.read(self._process.stdout.fileno(), PIECE):
                buffer += piece
                if parts := _cut(buffer):
                    self._ahead.acquire()
                    if self._is_closed:
                        return
                    self._hand(partial(self._take, parts))
            complaint = os.read(self._process.stderr.fileno(), _MOST_COMPLAINT)
        except OSError:
            complaint = b""
        status = self._process.wait()
        self._hand(partial(self._finish, status, complaint))

    def _hand(self, what: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(what)

    def _take(self, parts: list[tuple[bytes, bytes]]) -> None:
        if self._is_closed:
            return
        for kind, content in parts:
            match kind:
                case portable_host.STDOUT:
                    self._put_text("stdout", content)
                case portable_host.STDERR:
                    self._put_text("stderr", content)
                case portable_host.FROZEN:
                    self._put(Frozen())
                case _:
                    self._frames.add(content)
                    self._take_frames()
        if self._is_paused:
            self._owed += 1
        else:
            self._ahead.release()

    def _take_frames(self) -> None:
        try:
            while (frame := self._frames.take()) is not None:
                self._has_answered = True
                self._put(frame, frame.size)
        except ValueError:
            self._fatal = GARBLED
            with suppress(OSError):
                self._process.terminate()

    def _finish(self, status: int, complaint: bytes) -> None:
        if self._is_closed:
            return
        if complaint and not self._has_answered:
            self._put_text("stderr", complaint)
        if self._fatal is None and (reason := self._breaches.get(status)):
            self._fatal = reason
            self._put(Breach(reason))
        self._has_ended = True
        self._put(Ended(self._fatal))


def _cut(buffer: bytearray) -> list[tuple[bytes, bytes]]:
    """The whole pieces at the beginning of a buffer, taken out of it."""
    found: list[tuple[bytes, bytes]] = []
    start = 0
    while len(buffer) - start >= 5:
        end = start + 5 + int.from_bytes(buffer[start + 1 : start + 5], "big")
        if end > len(buffer):
            break
        found.append((bytes(buffer[start : start + 1]), bytes(buffer[start + 5 : end])))
        start = end
    del buffer[:start]
    return found


def _sentences(limits: Limits) -> dict[int, str]:
    return {
        portable_host.OVER_TIME: f"It ran longer than {limits.wall_s:g} seconds.",
        portable_host.OVER_CPU: f"It used more than {limits.cpu_s:g} seconds of processor time.",
        portable_host.OVER_FILES: f"It made more than {limits.files} files in /mnt/data and /tmp.",
        portable_host.OVER_DISK: (
            f"Its files take more than {limits.disk_bytes >> 20} MiB, or one of them more than "
            f"{limits.file_bytes >> 20} MiB."
        ),
        portable_host.NO_MEASURE: "The files in /mnt/data cannot be measured.",
        portable_host.NO_ROOM: "The disk has less than 128 MiB left.",
    }


def _roots() -> list[str]:
    """Where the host finds this program and the engine, without anything else that is installed beside them."""
    engine = importlib.util.find_spec("wasmtime")
    if engine is None or engine.origin is None:
        raise SandboxError('WebAssembly is not installed (pip install "aimltui[wasm]").')
    return [str(Path(aimltui.__file__).parent.parent), str(Path(engine.origin).parent.parent)]
