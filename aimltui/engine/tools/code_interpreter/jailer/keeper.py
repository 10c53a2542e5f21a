"""The keeper: a process that starts a jail, watches its limits and ends it, also when the program dies.

It reads commands and writes messages as lines of JSON. When its input ends, the program has ended, and the keeper ends
the jail. It is a separate process with one thread, because the kernel can tie the jail's life to a thread only, and a
thread of the program may end earlier.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

from . import launch, system, watchdog
from .control import Control, silence_errors

_BUSY_TICK_S, _IDLE_TICK_S = 0.1, 1.0
_GRACE_S = 1.0
"""How long a cell over its time limit may take to stop after the interrupt."""
_DISK_TICK_S = 0.25
_FREEZE_S = 0.4
_LEAST_FREE = 128 << 20


def main() -> None:
    """Run until the jail has ended."""
    control = Control()
    plan = control.read_plan()
    if plan is None:
        return
    system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
    first = os.fork()
    if not first:
        launch.jail(plan)
    for number in plan["descriptors"]:
        os.close(number)
    Keeper(plan, first, control).run()


class Keeper:
    """Watches over one jail.

    Args:
        plan: The plan from the sandbox; see `sandboxes.plan`.
        first: The jail's outermost process.
        control: The pipes to the program.
    """

    def __init__(self, plan: dict[str, Any], first: int, control: Control) -> None:
        self._plan = plan
        self._most: dict[str, int] = plan["watch"]
        self._first = first
        self._ended = os.pidfd_open(first)
        self._control = control
        self._kernel: int | None = None
        self._kernel_handle: int | None = None
        self._chain: set[int] = set()
        self._is_busy = True
        """True at first, so that nothing is stopped before the kernel program is ready."""
        self._since: float | None = None
        self._cpu_before = 0.0
        self._wall_s = self._cpu_s = float("inf")
        self._over_since: float | None = None
        self._disk_at = 0.0

    def run(self) -> None:
        """Execute commands and check the limits until the jail ends."""
        poll = select.poll()
        poll.register(0, select.POLLIN)
        poll.register(self._ended, select.POLLIN)
        self._obey()
        due = time.monotonic() + _BUSY_TICK_S
        while True:
            ready = {number for number, _ in poll.poll(max(0.0, due - time.monotonic()) * 1000)}
            if self._ended in ready:
                self._end()
            if 0 in ready:
                if not self._control.receive():
                    self._end()
                self._obey()
            if time.monotonic() >= due:
                self._look()
                due = time.monotonic() + (_BUSY_TICK_S if self._is_busy else _IDLE_TICK_S)
            else:
                due = min(due, time.monotonic() + (_BUSY_TICK_S if self._is_busy else _IDLE_TICK_S))

    def _obey(self) -> None:
        for command in self._control.commands():
            match command["do"]:
                case "ready":
                    self._find_kernel()
                case "begin":
                    self._begin(command["wall_s"], command["cpu_s"])
                case "end":
                    self._is_busy, self._since, self._over_since = False, None, None
                    if self._freeze():
                        self._control.send(frozen=True)
                case "interrupt":
                    self._interrupt()

    def _find_kernel(self) -> None:
        # no code of the model has run yet, so the last descendant is the kernel program
        pids = [self._first, *watchdog.descendants(self._first)]
        self._kernel = pids[-1]
        self._kernel_handle = os.pidfd_open(self._kernel)
        self._chain = set(pids[:-1])
        silence_errors()
        self._is_busy = False
        self._freeze()

    def _begin(self, wall_s: float, cpu_s: float) -> None:
        self._is_busy, self._since, self._over_since = True, time.monotonic(), None
        self._wall_s, self._cpu_s = wall_s, cpu_s
        processes = self._processes()
        self._cpu_before = sum(process.cpu_s for process in processes)
        for process in processes:
            if process.pid not in self._chain:
                watchdog.send(process.pid, signal.SIGCONT)

    def _interrupt(self) -> None:
        if self._kernel_handle is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._kernel_handle, signal.SIGINT)

    def _processes(self) -> list[watchdog.Process]:
        pids = [self._first, *watchdog.descendants(self._first)]
        return [found for found in map(watchdog.look, pids) if found is not None and not found.is_dead]

    def _freeze(self) -> bool:
        """Stop all processes of the jail, so that nothing runs between cells; return whether all have stopped."""
        deadline = time.monotonic() + _FREEZE_S
        while True:
            moving = [
                process.pid
                for process in self._processes()
                if process.pid not in self._chain and not process.is_stopped
            ]
            if not moving:
                return True
            if time.monotonic() > deadline:
                return False
            for pid in moving:
                watchdog.send(pid, signal.SIGSTOP)
            # a process stops when it is scheduled next, which takes a while on a busy machine
            time.sleep(0.0005)

    def _look(self) -> None:
        processes = self._processes()
        if not self._is_busy:
            self._freeze()
        if complaint := self._complaint(processes):
            self._control.send(breach=complaint, fatal=True)
            self._end()
        self._watch_time(processes)

    def _complaint(self, processes: list[watchdog.Process]) -> str | None:
        most = self._most
        if len(processes) > most["processes"]:
            return f"It started more than {most['processes']} processes."
        if watchdog.memory(processes, most["memory"]) > most["memory"]:
            return f"It used more than {_size(most['memory'])} of memory."
        if time.monotonic() < self._disk_at:
            return None
        self._disk_at = time.monotonic() + (_DISK_TICK_S if self._is_busy else _IDLE_TICK_S)
        pids = [process.pid for process in processes]
        usage = watchdog.disk(self._plan["directories"], pids, most["files"])
        if usage.complaint:
            return f"The files in /mnt/data cannot be measured: {usage.complaint}."
        if usage.files > most["files"]:
            return f"It made more than {most['files']} files in /mnt/data."
        if usage.used_bytes > most["disk"]:
            return f"Its files take more than {_size(most['disk'])}."
        room = os.statvfs(self._plan["directories"][0])
        if self._is_busy and room.f_bavail * room.f_frsize < _LEAST_FREE:
            return f"The disk has less than {_size(_LEAST_FREE)} left."
        return None

    def _watch_time(self, processes: list[watchdog.Process]) -> None:
        if self._since is None:
            return
        now = time.monotonic()
        if self._over_since is not None:
            if now - self._over_since > _GRACE_S:
                self._control.send(breach="It did not stop when it was interrupted.", fatal=True)
                self._end()
            # an interrupt is lost if it arrives just before the code goes to sleep, so it is repeated
            self._interrupt()
            return
        cpu_s = sum(process.cpu_s for process in processes) - self._cpu_before
        if now - self._since > self._wall_s:
            self._control.send(breach=f"It ran longer than {self._wall_s:g} seconds.", fatal=False)
        elif cpu_s > self._cpu_s:
            self._control.send(
                breach=f"It used more than {self._cpu_s:g} seconds of processor time.", fatal=False
            )
        else:
            return
        self._over_since = now
        self._interrupt()

    def _end(self) -> NoReturn:
        """End all processes that were started here, and then this one."""
        deadline = time.monotonic() + 5.0
        while time.monotonic() < deadline:
            # orphans become children of this process, so all are found
            pids = watchdog.descendants(os.getpid())
            for pid in pids:
                watchdog.send(pid, signal.SIGKILL)
            if not self._reap():
                break
        sys.exit(0)

    def _reap(self) -> bool:
        """Reap a dead child; return whether more children may be left."""
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return False
        if pid == self._first:
            self._control.send(ended=os.waitstatus_to_exitcode(status))
        return True


def _size(count: int) -> str:
    return f"{count >> 30} GiB" if count >= 1 << 30 and not count % (1 << 30) else f"{count >> 20} MiB"
