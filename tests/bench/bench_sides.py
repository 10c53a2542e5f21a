"""The same answer streamed to several checkouts of the program, to Textual's own widgets and to Mistral Vibe, in turns.

    python -m tests.bench.bench_sides [--size 20000] [--rate 200] [--rounds 2] [NAME=PYTHON ...]

PYTHON is the interpreter of a virtual environment in which a checkout is installed, such as that of a `git worktree` of
an earlier commit; that of the side `before` is held against a target. `vibe=PYTHON` is one with mistral-vibe 3. The rounds
go there and back, so that a load that grows weighs on none of them. Compare the ratios within one run only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import stamped, vibe
from tests.bench.measure import Meter, environment, median, milliseconds, percentile, table, verdict
from tests.support.processes import chat_server
from tests.support.terminal import PATIENCE_S

MARKDOWN = "Textual's Markdown"
BEFORE = "before"
SLOW, SLOW_TARGET, FAST_TARGET = 200, 0.79, 0.6
"""CPU over that of `before`: at so many deltas a second, and at more."""
VIBE_TARGET = 1.0
LAG_TARGET_MS, LAG_TARGET = 50.0, 0.1
"""At the slower rate: the lag that 95 of 100 deltas do not exceed, and its ratio to that of Textual's Markdown."""
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

    def command(self, folder: Path, url: str) -> tuple[list[str], dict[str, str]]:
        """What starts it with a fresh data directory, and its environment."""
        env = environment(folder / self.name) | {"OPENAI_API_KEY": "", "AIMLAPI_API_KEY": ""}
        data = Path(tempfile.mkdtemp(dir=folder))
        if self.name == MARKDOWN:
            return [self.python, "-m", "tests.bench.markdown_app", url], env
        if self.name == vibe.NAME:
            command, more = vibe.command(self.python, data, url)
            return command, env | more
        # -P: the checkout that is installed, not the one in the current directory
        command = [self.python, "-P", "-m", "aimltui", "--base-url", url, "--model", "test/fast", "--new"]
        return [*command, "--data-dir", str(data)], env

    @property
    def ready(self) -> bytes:
        """What it shows when one can type."""
        return {MARKDOWN: b"ready to stream", vibe.NAME: vibe.READY}.get(self.name, b"rite a message")

    @property
    def lag_p95_ms(self) -> float:
        return percentile(self.lags, 95) * 1000


def stream(side: Side, folder: Path, pieces: Path, count: int, rate: float) -> None:
    """Stream one answer, with nobody typing."""
    with chat_server("--pieces", str(pieces), "--rate", str(rate)) as url:
        command, env = side.command(folder, url)
        with Meter(command, env=env) as meter:
            meter.until_bytes(side.ready)
            meter.pump(vibe.BACKGROUND_S if side.name == vibe.NAME else SETTLED_S)
            begin = len(meter.raw)
            meter.type("go")
            meter.pump(0.2)  # keys that come together may be taken for a paste, of which Enter is a part
            meter.press("enter")
            while not stamped.STAMP.search(meter.raw, begin):
                meter.pump(0.02)  # what a first question costs does not count
            cpu, started = meter.family_cpu_s, time.monotonic()
            until_it_ends(meter, begin, started + (count / rate if rate else 0))
            meter.pump(0.5)
            side.cpu_s.append((meter.family_cpu_s - cpu) / count * 1000)
            seen = vibe.sightings(meter) if side.name == vibe.NAME else sightings(meter, begin)
            side.lags += [when - int(sent) / 1e6 for sent, when in seen.items()]
            side.written.append((len(meter.raw) - begin) / count)


def until_it_ends(meter: Meter, begin: int, due: float) -> None:
    """Wait until the last word stands on the screen.

    A program that writes only what changed may never write the word as a whole, so that the screen is drawn, too, but not
    before the time when the word is due.
    """
    last = stamped.LAST.encode()
    while meter.raw.find(last, begin) < 0:
        meter.pump(0.1)
        if time.monotonic() > due + 0.5 and stamped.LAST in meter.text:
            return
        assert time.monotonic() < due + PATIENCE_S, meter.text


def sightings(meter: Meter, begin: int) -> dict[bytes, float]:
    """When each stamp stood in the output first."""
    seen: dict[bytes, float] = {}
    for match in stamped.STAMP.finditer(meter.raw, begin):
        if match[1] not in seen:
            seen[bytes(match[1])] = meter.arrived(match.end())
    return seen


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
    print("\n".join(verdicts(sides, rate)))


def verdicts(sides: list[Side], rate: float) -> list[str]:
    """What the figures say about the targets."""
    at = f"at {rate:.0f}/s"
    own, others = sides[0], {side.name: side for side in sides[1:]}
    lines = []
    for name, target in (
        (BEFORE, SLOW_TARGET if rate <= SLOW else FAST_TARGET),
        (vibe.NAME, VIBE_TARGET),
    ):
        if name in others:
            ratio = median(own.cpu_s) / median(others[name].cpu_s)
            lines.append(verdict(f"CPU over {name}, {at}", ratio, target, "x"))
        else:
            lines.append(f"CPU over {name}, {at}: not measured without {name}=PYTHON")
    if rate <= SLOW:
        lines.append(verdict(f"lag p95 {at}", own.lag_p95_ms, LAG_TARGET_MS, " ms"))
        if MARKDOWN in others:
            ratio = own.lag_p95_ms / others[MARKDOWN].lag_p95_ms
            lines.append(verdict(f"lag p95 over {MARKDOWN}'s, {at}", ratio, LAG_TARGET, "x"))
    return lines


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
