"""Servers of the Assistants API as processes of their own: `aimltui serve`, and a poor one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.terminal import ROOT

TOKEN = "a-token-of-thirty-two-characters"  # a test's
PATIENCE_S = 60.0


class Served:
    """`aimltui serve` with these arguments; listening when it is made.

    Args:
        arguments: Behind `serve`.
        env: More environment.
    """

    def __init__(self, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "aimltui", "serve", *arguments],
            cwd=ROOT,
            env=os.environ | dict(env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        assert self.line, f"the server did not start: {self.process.communicate()[1]}"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def base_url(self) -> str:
        found = re.search(r"http://\S+/v1", self.line)
        assert found is not None, self.line
        return found[0]

    @property
    def port(self) -> int:
        return int(self.base_url.rpartition(":")[2].removesuffix("/v1"))

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal and wait for the end; the exit status, and what was said on the way."""
        self.process.send_signal(number)
        said, complained = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said + complained

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=PATIENCE_S)


@contextmanager
def served(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """`aimltui serve`; killed in the end if it still runs."""
    server = Served(*arguments, env=env)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def served_demo(data: Path, *more: str, port: int = 0, token: str | None = TOKEN) -> Iterator[Served]:
    """`aimltui serve --demo` on a port, with a token."""
    locked = ("--token-env", "SERVE_TOKEN") if token else ()
    arguments = ("--demo", "--data-dir", str(data), "--port", str(port), *locked, *more)
    with served(*arguments, env={"SERVE_TOKEN": token} if token else None) as server:
        yield server


@contextmanager
def poor_server(*arguments: str) -> Iterator[str]:
    """The poor server with these arguments; its base URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.poor_server", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
