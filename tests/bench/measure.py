"""What the benchmarks share: clocks of another process, a quick terminal, percentiles, tables."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from aimltui.engine.tools.code_interpreter.jailer.watchdog import descendants
from tests.support.terminal import _SWALLOWED, PATIENCE_S, Terminal

_FIRST_LETTER = 0x4E00
"""Typed keys are letters that occur nowhere else, so that their first appearance is the echo."""

LOST_S = 5.0
"""A key that is not echoed within this time was swallowed; its echo counts as infinity."""


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, all threads; in nanosecond steps where the system has them."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # Linux: the process's own CPU clock
    except OSError:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family_cpu_seconds(pid: int) -> float:
    """The same of a process and its descendants that are alive."""
    total = cpu_seconds(pid)
    for child in descendants(pid):
        with suppress(OSError):  # it has ended meanwhile
            total += cpu_seconds(child)
    return total


def resident_mb(pid: int) -> float:
    """Resident memory in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def percentile(values: Iterable[float], percent: float) -> float:
    """The value that so many per cent do not exceed; NaN if there are none."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def median(values: Iterable[float]) -> float:
    """The median; NaN if there are no values."""
    known = list(values)
    return statistics.median(known) if known else float("nan")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns under their heads, the first to the left, the others to the right."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def verdict(name: str, value: float, target: float, unit: str = "") -> str:
    """One line: the figure, its target, and whether it is reached."""
    word = "reached" if value <= target else "MISSED"
    return f"{name}: {value:.2f}{unit}, target at most {target:.2f}{unit}: {word}"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def environment(cache: Path) -> dict[str, str]:
    """An installed program has its bytecode; one in a checkout may be forbidden to write it."""
    return {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(cache),
        "TEXTUAL_ANIMATIONS": "none",
        "COLORFGBG": "15;0",
    }


class Meter(Terminal):
    """A terminal that notes when which bytes came, and draws the screen only when somebody looks at it."""

    def __init__(self, arguments: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        self.arrivals: list[tuple[float, int]] = []
        """When so many bytes had come in all."""
        self._drawn = 0
        self._letters = 0
        super().__init__(arguments, env=env)

    @classmethod
    def python(cls, module: str, *arguments: str, env: Mapping[str, str]) -> Meter:
        return cls([sys.executable, "-m", module, *arguments], env=env)

    @property
    def cpu_s(self) -> float:
        return cpu_seconds(self.pid)

    @property
    def family_cpu_s(self) -> float:
        return family_cpu_seconds(self.pid)

    @property
    def text(self) -> str:
        self._draw()
        return super().text

    def pump(self, seconds: float) -> None:
        """Read what comes within a time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._pump(left)

    def until_bytes(self, wanted: bytes, start: int = 0, patience_s: float = PATIENCE_S) -> float:
        """Wait for bytes in the output; the moment they were there."""
        end = time.monotonic() + patience_s
        place = start
        while True:
            found = self.raw.find(wanted, place)
            if found >= 0:
                return self.arrived(found + len(wanted))
            place = max(start, len(self.raw) - len(wanted))
            if time.monotonic() > end and patience_s < PATIENCE_S:
                return float("inf")
            assert time.monotonic() < end, f"{wanted!r} never came; the screen:\n{self.text}"
            assert self.exit_status is None, f"the program ended; the screen:\n{self.text}"
            self._pump(0.5)

    def arrived(self, count: int) -> float:
        """When so many bytes had come."""
        low, high = 0, len(self.arrivals) - 1
        while low < high:
            middle = (low + high) // 2
            if self.arrivals[middle][1] >= count:
                high = middle
            else:
                low = middle + 1
        return self.arrivals[low][0]

    def echo(self, patience_s: float = PATIENCE_S) -> float:
        """Type a key; seconds until it stands on the screen, infinity after that long. It is deleted again."""
        letter = chr(_FIRST_LETTER + self._letters)
        self._letters += 1
        start = len(self.raw)
        sent = time.monotonic()
        self.send(letter)
        seconds = self.until_bytes(letter.encode(), start, patience_s) - sent
        self.send("\x7f")
        return seconds

    def echoes(self, seconds: float, pause_s: float, stop: Callable[[], bool] = lambda: False) -> list[float]:
        """Type at a steady pace for a while; the time of each echo."""
        end = time.monotonic() + seconds
        found: list[float] = []
        while time.monotonic() < end and not stop():
            found.append(self.echo(LOST_S))
            # Off the beat of the stream and of the frames, so that every phase of them is met.
            self.pump(pause_s * (0.75 + 0.5 * ((len(found) * 0.618034) % 1)))
        return found

    def unsupported_left_out(self, start: int, end: int) -> bytes:
        """A part of the output without what a terminal swallows and `pyte` would print."""
        return _SWALLOWED.sub(b"", bytes(self.raw[start:end]))

    def _draw(self) -> None:
        self._stream.feed(self.unsupported_left_out(self._drawn, len(self.raw)))
        self._drawn = len(self.raw)

    def _take(self, data: bytes) -> None:
        self.raw += data
        self._shown = None
        self.last_output = time.monotonic()
        self.arrivals.append((self.last_output, len(self.raw)))
        if b"\x1b[c" in data:
            self.send("\x1b[?62;22c")


def load_numbers(file: Path) -> list[list[float]]:
    """What `probed_app` wrote."""
    numbers: list[list[float]] = json.loads(file.read_text())
    return numbers
