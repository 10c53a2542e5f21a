"""Read a line from the terminal so that Ctrl+C counts at every moment."""

from __future__ import annotations

import os
import select
import signal
import sys


def read_line(prompt: str) -> str:
    """Ask for a line.

    `input` alone loses a Ctrl+C that arrives between the prompt and the wait for the line: Python notes the signal,
    and then the C library waits for the terminal. The wait here is also ended by the signal.

    Raises:
        EOFError: The input ended.
        KeyboardInterrupt: Ctrl+C.
    """
    if sys.stdin.isatty() and "readline" not in sys.modules:
        sys.stdout.write(prompt)
        sys.stdout.flush()
        prompt = ""
        _wait_for_a_line(sys.stdin.fileno())
    return input(prompt)


def _wait_for_a_line(terminal: int) -> None:
    heard, told = os.pipe()
    try:
        os.set_blocking(told, False)
        os.set_blocking(heard, False)
        before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        try:
            while terminal not in (ready := select.select([terminal, heard], [], [])[0]):
                # Ctrl+C has raised by now: this was another signal
                os.read(ready[0], 64)
        finally:
            signal.set_wakeup_fd(before)
    finally:
        os.close(heard)
        os.close(told)
