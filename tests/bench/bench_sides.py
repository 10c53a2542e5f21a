"""The same answer streamed to several checkouts of the program, and to Textual's own widgets, which take turns.

    python -m tests.bench.bench_sides [--size 20000] [--rate 200] [--rounds 2] [NAME=PYTHON ...]

PYTHON is the interpreter of a virtual environment in which a checkout is installed, such as that of a `git worktree` of
an earlier commit. The rounds go there and back, so that a load that grows weighs on none of them. Compare the ratios
within one run only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import stamped
from tests.bench.measure import Meter, environment, median, milliseconds, percentile, table, verdict
from tests.support.processes import chat_server

TARGET = 0.79
MARKDOWN = "Textual's Markdown"
SETTLED_S = 2.5
"""Seconds after which the engine and the model's package are loaded behind the screen."""


@dataclass
class Side:
    """One program."""

    name: str
    python: str
    cpu_s: list[float] = field(default_factory=list)
    """For 1,000 deltas, of each round."""
    lags: list[float] = field(default_factory=list)
    written: list[float] = field(default_factory=list)
    """Bytes for the terminal, for each delta."""

    @property
    def is_reference(self) -> bool:
        """Whether it is not the program."""
        return self.name == MARKDOWN


def stream(side: Side, folder: Path, pieces: Path, count: int, rate: float) -> None:
    """Stream one answer into a fresh data directory, with nobody typing."""
    data = tempfile.mkdtemp(dir=folder)
    env = environment(folder / side.name) | {"OPENAI_API_KEY": "", "AIMLAPI_API_KEY": ""}
    with chat_server("--pieces", str(pieces), "--rate", str(rate)) as url:
        # -P: the checkout that is installed, not the one in the current directory
        command = [side.python, "-P", "-m", "aimltui", "--base-url", url, "--model", "test/fast", "--new"]
        command += ["--data-dir", data]
        if side.is_reference:
            command = [side.python, "-m", "tests.bench.markdown_app", url]
        with Meter(command, env=env) as terminal:
            meter = terminal
            meter.until_bytes(b"rite a message" if not side.is_reference else b"ready to stream")
            meter.pump(SETTLED_S)
            begin = len(meter.raw)
            meter.type("go")
            meter.press("enter")
            while not stamped.STAMP.search(meter.raw, begin):
                meter.pump(0.02)  # what a first question costs does not count
            cpu = meter.cpu_s
            meter.until_bytes(stamped.LAST.encode(), begin)
            meter.pump(0.5)
            side.cpu_s.append((meter.cpu_s - cpu) / count * 1000)
            side.lags += lags(meter, begin)
            side.written.append((len(meter.raw) - begin) / count)


def lags(meter: Meter, begin: int) -> list[float]:
    """Seconds from the sending of each stamp to its first appearance on the screen."""
    seen: dict[bytes, float] = {}
    for match in stamped.STAMP.finditer(meter.raw, begin):
        if match[1] not in seen:
            seen[bytes(match[1])] = meter.arrived(match.end()) - int(match[1]) / 1e6
    return list(seen.values())


def compare(sides: list[Side], size: int, rate: float, rounds: int) -> None:
    """Print the table; the ratios are to the last side."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pieces, short = folder / "pieces.json", folder / "short.json"
        count, few = stamped.write(pieces, size), stamped.write(short, 2_000)
        for side in sides:  # writes the bytecode
            stream(side, folder, short, few, 0)
            side.cpu_s, side.lags, side.written = [], [], []
        for number in range(rounds):
            for side in sides if number % 2 == 0 else sides[::-1]:
                stream(side, folder, pieces, count, rate)
                print(f"  {side.name}: {side.cpu_s[-1]:.2f} s", flush=True)
    base = median(sides[-1].cpu_s)
    rows = [
        (
            side.name,
            f"{median(side.cpu_s):.2f} s",
            f"{median(side.cpu_s) / base:.2f}x",
            f"{milliseconds(median(side.lags))} / {milliseconds(percentile(side.lags, 95))}",
            f"{median(side.written):.0f}",
        )
        for side in sides
    ]
    print(f"{count} deltas at {rate:.0f}/s, {rounds} rounds")
    print(table(("program", "CPU/1,000", "ratio", "lag p50 / p95", "bytes/delta"), rows))
    if not sides[-1].is_reference:
        word = f"CPU of {sides[0].name} over {sides[-1].name}"
        print(verdict(word, median(sides[0].cpu_s) / base, TARGET, "x"))


def main(arguments: list[str]) -> None:
    """Read the arguments and compare."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--size", type=int, default=20_000)
    reader.add_argument("--rate", type=float, default=200)
    reader.add_argument("--rounds", type=int, default=2)
    reader.add_argument("--no-reference", action="store_true", help="leave out Textual's Markdown")
    reader.add_argument("sides", nargs="*", metavar="NAME=PYTHON")
    given = reader.parse_args(arguments)
    sides = [Side("this checkout", sys.executable)]
    sides += [] if given.no_reference else [Side(MARKDOWN, sys.executable)]
    sides += [Side(*text.split("=", 1)) for text in given.sides]
    began = time.monotonic()
    compare(sides, given.size, given.rate, given.rounds)
    print(f"took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
