"""Forks the workers of a test run from one process that has imported all tests.

Importing what the tests need takes a worker ten seconds of a processor; a fork has it already. Where none can be had, a
worker starts as it always did. Run as a program, this stands for Python in the command line of a worker.
"""

from __future__ import annotations

import array
import contextlib
import os
import select
import signal
import socket
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import execnet
    import pytest

TAKEN = b"1"
_LAST_S = 5
"""Seconds that workers have to end; pytest has waited for them, and then ended only what stands for them."""


def start(config: pytest.Config, specs: Sequence[execnet.XSpec]) -> None:
    """Have the workers of `specs` forked from a process that imports the tests of this run."""
    import shlex
    import shutil
    import subprocess
    import tempfile

    place = tempfile.mkdtemp(prefix="workers-")
    address = os.path.join(place, "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(address)
        except OSError:  # a path that is too long
            shutil.rmtree(place)
            return
        listener.listen(64)
        code = (
            f"import sys; sys.path.insert(0, {str(config.rootpath)!r}); from {__name__} import serve; "
            "serve(int(sys.argv[1]), sys.argv[2:])"
        )
        server = subprocess.Popen(
            [sys.executable, "-u", "-c", code, str(listener.fileno()), *config.args],
            cwd=config.invocation_params.dir,
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )

    def stop() -> None:
        server.communicate()  # closes its stdin
        shutil.rmtree(place, ignore_errors=True)

    config.add_cleanup(stop)
    for spec in specs:
        spec.python = shlex.join([sys.executable, "-S", __file__, address])


def serve(listener_fd: int, arguments: list[str]) -> None:
    """Import the tests that `arguments` name, then fork a worker for each connection until stdin ends."""
    listener = socket.socket(fileno=listener_fd)
    listener.set_inheritable(False)
    _import_tests(arguments)
    if (threads := len(os.listdir("/proc/self/task"))) > 1:
        print(f"no worker is forked: importing the tests left {threads} threads", file=sys.stderr)
        return
    # ctrl+c is for pytest, which then ends this
    signal.signal(signal.SIGINT, lambda *_: None)
    workers: set[int] = set()
    while listener in select.select([listener, 0], [], [])[0]:
        connection, _ = listener.accept()
        line, descriptors, _, _ = socket.recv_fds(connection, 65536, 3)
        if not (worker := os.fork()):
            listener.close()
            _work(line.decode(), descriptors, connection)
            return
        workers.add(worker)
        connection.close()
        for descriptor in descriptors:
            os.close(descriptor)
    _end(workers)


def _end(workers: set[int]) -> None:
    """Wait for the workers; kill those that wait for something themselves, such as a thread that does not end."""

    def kill(*_: object) -> None:
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    signal.alarm(_LAST_S)
    with contextlib.suppress(ChildProcessError):
        while True:
            workers.discard(os.wait()[0])


def _import_tests(arguments: list[str]) -> None:
    import gc

    import pytest

    class OnlyModules:
        """Imports each module without looking for the tests in it, which each worker does."""

        @pytest.hookimpl(tryfirst=True)
        def pytest_pycollect_makeitem(self) -> list[pytest.Item]:
            return []

    environment = dict(os.environ)
    saved = os.dup(1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        # what cannot be imported is told by the workers, which try again
        pytest.main(["--collect-only", "-n", "0", "-p", "no:cacheprovider", *arguments], [OnlyModules()])
    os.dup2(saved, 1)
    os.close(saved)
    # plug-ins leave their own values there, such as the folder of pictures, which is deleted by now
    os.environ.clear()
    os.environ.update(environment)
    # a collection in a worker would copy all of this for nothing
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _work(line: str, descriptors: list[int], connection: socket.socket) -> None:
    """Run a line of code as a Python of its own would; the connection ends with this process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    connection.send(TAKEN)
    main = sys.modules["__main__"]
    main._connection = connection  # type: ignore[attr-defined]
    exec(line, main.__dict__)


def main(address: str, arguments: list[str]) -> None:
    """Have the last of `arguments`, a line of code, run by a fork, and wait for the fork's end."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(address)
            fds = array.array("i", (0, 1, 2))
            connection.sendmsg([arguments[-1].encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
            taken = connection.recv(1)
        except OSError:
            taken = b""
        if taken == TAKEN:
            os.close(0)
            os.close(1)
            connection.recv(1)
            return
    os.execv(sys.executable, [sys.executable, *arguments])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
