"""The keeper of code without a jail: a process group, a few limits, and its end. For any POSIX system.

It executes the same commands as `keeper`, which needs Linux.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

from .control import Control, silence_errors, take_descriptors

_GRACE_S = 1.0
_TICK_S = 0.25
_FAILED = 111


def main() -> None:
    """Run until the program or the code has ended."""
    control = Control()
    plan = control.read_plan()
    if plan is None:
        return
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
    _Plain(kernel, wake, control).run()


class _Plain:
    """Watches the time limit of one process group.

    Args:
        kernel: The group's first process.
        wake: A descriptor that becomes readable when a child ends.
        control: The pipes to the program.
    """

    def __init__(self, kernel: int, wake: int, control: Control) -> None:
        self._kernel = kernel
        self._wake = wake
        self._control = control
        self._until = self._over_since = float("inf")
        self._wall_s = 0.0

    def run(self) -> None:
        """Execute commands until the end."""
        self._obey()
        while True:
            ready, _, _ = select.select([0, self._wake], [], [], _TICK_S)
            if self._wake in ready:
                with suppress(BlockingIOError):
                    os.read(self._wake, 512)
                pid, status = os.waitpid(self._kernel, os.WNOHANG)
                if pid:
                    self._control.send(ended=os.waitstatus_to_exitcode(status))
                    self._end()
            if 0 in ready:
                if not self._control.receive():
                    self._end()
                self._obey()
            self._look()

    def _obey(self) -> None:
        for command in self._control.commands():
            match command["do"]:
                case "ready":
                    silence_errors()
                    self._signal_all(signal.SIGSTOP)
                case "begin":
                    self._wall_s = command["wall_s"]
                    self._until, self._over_since = time.monotonic() + self._wall_s, float("inf")
                    self._signal_all(signal.SIGCONT)
                case "end":
                    self._until = self._over_since = float("inf")
                    self._signal_all(signal.SIGSTOP)
                    self._control.send(frozen=True)
                case "interrupt":
                    self._interrupt()

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._over_since > _GRACE_S:
            self._control.send(breach="It did not stop when it was interrupted.", fatal=True)
            self._end()
        if self._over_since != float("inf"):
            self._interrupt()
        elif now > self._until:
            self._over_since = now
            self._control.send(breach=f"It ran longer than {self._wall_s:g} seconds.", fatal=False)
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


def _become(plan: dict[str, Any]) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.setsid()
        os.chdir(plan["directory"])
        take_descriptors(plan["descriptors"])
        os.umask(0o077)
        for name, most in plan["limits"].items():
            # some systems lack some of the limits
            with suppress(AttributeError, ValueError, OSError):
                which = getattr(resource, name)
                hard = resource.getrlimit(which)[1]
                bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
                resource.setrlimit(which, (bound, bound))
        os.execve(plan["argv"][0], plan["argv"], plan["environment"])  # noqa: S606  # no shell is the point
    except BaseException as error:
        os.write(2, f"The code's process could not be started: {error}\n".encode(errors="replace"))
    os._exit(_FAILED)
