"""Processes beside the test: whether one is running, and the scripted chat server as one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.terminal import ROOT


def is_running(pid: int) -> bool:
    """Whether a process is running; one that has ended and waits for its parent is not."""
    try:
        # looked at once: between two looks it may end
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


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
