"""Start-up: CPU until a typed key is echoed, ours against a bare Textual app of the same size.

    python -m tests.bench.bench_startup [runs]

Prints medians of CPU seconds (user + system of the process, read when the echo stands on the screen) and their
ratio. Target: at most 2.0.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.support.terminal import Terminal

TICKS = os.sysconf("SC_CLK_TCK")
BARE = [sys.executable, "-m", "tests.bench.bare_app"]
OURS = [sys.executable, "-m", "aimltui", "--demo", "--data-dir"]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    """Resident memory in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def until_echo(command: list[str], ready: str) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and MB from the start until a typed key is echoed."""
    begin = time.monotonic()
    with Terminal(command) as terminal:
        terminal.wait_for(ready)
        terminal.type("~")
        terminal.wait_for("~")
        return cpu_seconds(terminal.pid), time.monotonic() - begin, resident_mb(terminal.pid)


def main(runs: int = 7) -> None:
    """Measure in turns, so that a noisy minute hits both."""
    bare: list[tuple[float, float, float]] = []
    ours: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(runs + 1):
            pair = until_echo(BARE, "Message"), until_echo([*OURS, f"{folder}/data"], "Message")
            if number:  # the first of each warms the caches
                bare.append(pair[0])
                ours.append(pair[1])
    for name, results in (("bare Textual", bare), ("aimltui --demo", ours)):
        cpu, wall, memory = (statistics.median(column) for column in zip(*results, strict=True))
        print(f"{name:16} {cpu:.2f} CPU s   {wall:.2f} s   {memory:.0f} MB")
    ratio = statistics.median(o[0] / b[0] for o, b in zip(ours, bare, strict=True))
    print(f"CPU ratio {ratio:.2f} (target at most 2.00)")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
