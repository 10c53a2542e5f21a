"""The scripted chat server as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.terminal import ROOT


@contextmanager
def chat_server(*arguments: str) -> Iterator[str]:
    """Runs `tests.support.chat_server` with these arguments; gives its base URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.chat_server", "--port", "0", *arguments],
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
