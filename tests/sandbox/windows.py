"""A program that runs code where there is nothing of POSIX: what Windows does not have is taken away before it begins.

Run as: python -m tests.sandbox.windows DIRECTORY COMPILED. It prints what became of it, as JSON. It is no Windows: the
paths are this system's, and so are the processes.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import aclosing, redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import platformdirs  # noqa: F401  # it asks for the system when it is imported

import aimltui.connections.key_file  # noqa: F401  # so does this, and the key file has tests of its own

MODULES = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty", "_posixshmem")
OF_OS = (
    "O_CLOEXEC O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC chown chroot fchdir fchown fork forkpty getegid geteuid "
    "getgid getgroups getpgid getpgrp getpriority getsid getuid killpg lchown mkfifo mknod nice pidfd_open pipe2 pread "
    "preadv pwrite sendfile set_blocking setgid setpgid setpriority setregid setsid setuid statvfs sysconf tcgetpgrp "
    "uname wait wait3 wait4"
)
OF_SIGNAL = "SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 SIGWINCH pthread_kill pthread_sigmask"
AT_A_DIRECTORY = "chmod mkdir open rename replace rmdir stat unlink"
BY_NUMBER = "listdir scandir"


def take_away() -> None:
    """From here on this process has nothing of it."""
    # what the standard library itself uses of it here, it has looked for before; on Windows it uses other things
    shutil._use_fd_functions = False  # type: ignore[attr-defined]
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    for name in OF_OS.split():
        if hasattr(os, name):
            delattr(os, name)
    for name in OF_SIGNAL.split():
        if hasattr(signal, name):
            delattr(signal, name)
    # what wakes the loop up; on Windows it is made of other sockets
    socket.socketpair = partial(socket.socketpair, socket.AF_UNIX)
    del socket.AF_UNIX
    for name in AT_A_DIRECTORY.split():
        setattr(os, name, _without(getattr(os, name), {"dir_fd", "src_dir_fd", "dst_dir_fd"}))
    for name in BY_NUMBER.split():
        setattr(os, name, _by_path(getattr(os, name)))
    for name in ("add_reader", "add_writer", "add_signal_handler"):
        setattr(asyncio.SelectorEventLoop, name, _missing)
    forbidden = {"pass_fds", "preexec_fn", "start_new_session", "process_group", "umask", "user"}
    subprocess.Popen.__init__ = _without(subprocess.Popen.__init__, forbidden)  # type: ignore[method-assign]


def _without(function: Callable[..., Any], names: set[str]) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        if names & set(named):
            raise NotImplementedError(f"{function.__name__} {names & set(named)}")
        return function(*given, **named)

    return call


def _by_path(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(path: Any = ".") -> Any:
        if isinstance(path, int):
            raise NotImplementedError(function.__name__)
        return function(path)

    return call


def _missing(*given: object) -> None:
    raise NotImplementedError


async def use(directory: Path) -> dict[str, object]:
    """Do what a thread does, and a user who stops it."""
    from aimltui.engine.tools.code_interpreter.files import listing as outputs
    from aimltui.engine.tools.code_interpreter.limits import Limits
    from aimltui.engine.tools.code_interpreter.service import LocalSessions
    from aimltui.engine.tools.code_interpreter.sessions.events import Done, FileChanged, Output, Value
    from aimltui.engine.tools.code_interpreter.sessions.pool import Sessions

    local = LocalSessions("auto", directory, limits=Limits(wall_s=1.0, files=40))
    status = await local.status()
    found: dict[str, object] = {"is_on": status.is_on, "sentence": status.sentence}
    if not status.is_on:
        return found
    sessions = Sessions(local.make, directory / "interpreter", 2)

    async def run(code: str) -> list[str]:
        async with sessions.of("thread") as seat, aclosing(seat.runner.run(code)) as events:  # type: ignore[type-var]
            told: list[str] = []
            async for event in events:
                match event:
                    case Output(text=text) | Value(text=text):
                        told.append(text)
                    case FileChanged(path=path):
                        told.append(f"{path}: {outputs.read(seat.runner.files, path, 100).decode()}")
                    case Done(status=status, reason=reason):
                        told.append(reason or status)
                    case _:
                        continue
            return told

    await run("None")
    async with sessions.of("thread") as seat:
        outputs.put(seat.runner.files, "a<in>.csv", b"1,2")
        found["put"] = sorted(outputs.scan(seat.runner.files))
    found["cell"] = await run("x = open('a_in_.csv').read()\nopen('made.txt', 'w').write(x)\nprint(end=x)")
    found["next"] = await run("x")
    found["time"] = await run("import time\ntime.sleep(30)")
    found["files"] = await run("n = 0\nwhile True:\n  n += 1\n  open(f'f{n}', 'w').close()")
    async with (
        sessions.of("thread") as seat,
        aclosing(seat.runner.run("print(1)\nwhile True: pass")) as events,
    ):  # type: ignore[type-var]
        async for _ in events:
            started = time.monotonic()
            break
    found["left_within_s"] = time.monotonic() - started
    found["alive_again"] = await run("1")
    await sessions.aclose()
    found["remains"] = os.listdir(directory / "interpreter")
    return found


def main() -> None:
    """Take away, try, tell."""
    directory = Path(sys.argv[1])
    take_away()
    from aimltui.engine.tools.code_interpreter import operating_system as machine

    machine.NAME = "nt"
    # Windows itself is asked, and is not here
    machine._is_running_on_windows = lambda pid: os.path.exists(f"/proc/{pid}")
    found = asyncio.run(use(directory))
    from aimltui.cli.main import main as aimltui

    said = StringIO()
    with redirect_stdout(said):
        status = aimltui(["doctor", "--data-dir", str(directory)])
    print(json.dumps({**found, "doctor": status, "said": said.getvalue()}))


if __name__ == "__main__":
    main()
