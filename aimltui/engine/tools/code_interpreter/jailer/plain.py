"""The keeper of code that nothing keeps in: a process group, a few limits, and an end. For any POSIX system.

It obeys the same commands as `keeper`, which needs Linux.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

_GRACE_S = 1.0
_TICK_S = 0.25
_FAILED = 111


def main() -> None:
    """Run until the program or the code has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    buffer = b""
    while b"\n" not in buffer:
        piece = os.read(0, 65536)
        if not piece:
            return
        buffer += piece
    line, _, rest = buffer.partition(b"\n")
    plan = json.loads(line)
    wake, woken = os.pipe()
    for number in (wake, woken):
        os.set_blocking(number, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken)
    kernel = os.fork()
    if not kernel:
        _become(plan)
    for number in plan["descriptors"]:
        os.close(number)
    _Plain(kernel, wake, rest).run()


class _Plain:
    """Watches the clock over one process group.

    Args:
        kernel: The group's first process.
        wake: Can be read from when a child has ended.
        rest: Commands that came with the plan.
    """

    def __init__(self, kernel: int, wake: int, rest: bytes) -> None:
        self._kernel = kernel
        self._wake = wake
        self._commands = rest
        self._until = self._over_since = float("inf")
        self._wall_s = 0.0

    def run(self) -> None:
        """Serve commands until the end."""
        self._obey()
        while True:
            ready, _, _ = select.select([0, self._wake], [], [], _TICK_S)
            if self._wake in ready:
                with suppress(BlockingIOError):
                    os.read(self._wake, 512)
                pid, status = os.waitpid(self._kernel, os.WNOHANG)
                if pid:
                    self._say(ended=os.waitstatus_to_exitcode(status))
                    self._end()
            if 0 in ready:
                piece = os.read(0, 65536)
                if not piece:
                    self._end()
                self._commands += piece
                self._obey()
            self._look()

    def _obey(self) -> None:
        while b"\n" in self._commands:
            line, _, self._commands = self._commands.partition(b"\n")
            command = json.loads(line)
            match command["do"]:
                case "ready":
                    nothing = os.open("/dev/null", os.O_WRONLY)
                    os.dup2(nothing, 2)
                    self._signal_all(signal.SIGSTOP)
                case "begin":
                    self._wall_s = command["wall_s"]
                    self._until, self._over_since = time.monotonic() + self._wall_s, float("inf")
                    self._signal_all(signal.SIGCONT)
                case "end":
                    self._until = self._over_since = float("inf")
                    self._signal_all(signal.SIGSTOP)
                    self._say(frozen=True)
                case "interrupt":
                    self._interrupt()

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._over_since > _GRACE_S:
            self._say(breach="It did not stop when it was interrupted.", fatal=True)
            self._end()
        if self._over_since != float("inf"):
            self._interrupt()
        elif now > self._until:
            self._over_since = now
            self._say(breach=f"It ran longer than {self._wall_s:g} seconds.", fatal=False)
            self._interrupt()

    def _interrupt(self) -> None:
        with suppress(OSError):
            os.kill(self._kernel, signal.SIGINT)

    def _signal_all(self, number: int) -> None:
        with suppress(OSError):
            os.killpg(self._kernel, number)

    def _end(self) -> NoReturn:
        self._signal_all(signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self._kernel, 0)
        sys.exit(0)

    def _say(self, **message: object) -> None:
        with suppress(OSError):
            os.write(1, json.dumps(message).encode() + b"\n")


def _become(plan: dict[str, Any]) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.setsid()
        os.chdir(plan["directory"])
        moved = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 100) for number in plan["descriptors"]]
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        for target, number in enumerate(moved, start=1):
            os.dup2(number, target)
        os.closerange(len(moved) + 1, 1 << 16)
        os.umask(0o077)
        for name, most in plan["limits"].items():
            # not every system has each of them
            with suppress(AttributeError, ValueError, OSError):
                which = getattr(resource, name)
                hard = resource.getrlimit(which)[1]
                bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
                resource.setrlimit(which, (bound, bound))
        os.execve(plan["argv"][0], plan["argv"], plan["environment"])  # noqa: S606  # no shell is the point
    except BaseException as error:
        os.write(2, f"The code's process could not be started: {error}\n".encode(errors="replace"))
    os._exit(_FAILED)
