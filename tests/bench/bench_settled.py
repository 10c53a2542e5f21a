"""An idle program: CPU and memory until everything is loaded that loads by itself, and how long a first message takes.

    python -m tests.bench.bench_settled [--rounds 9] [--messages 3] [--start-only] [NAME=PYTHON ...]

PYTHON is the interpreter of a virtual environment in which another checkout is installed. Each program opens a thread
with one answer of 6 KB, made before, in two ways: with a connection to a server in another process, and as the demo in
an empty thread. They take turns, and the order turns around in each round. CPU is user and system time of the whole
process; it has settled when a second and a half brought less than 1 % of it. Figures are medians, then the ratio
to the median of the last side, and that of the lowest figures. Compare within one run only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import stamped
from tests.bench.bench_startup import BARE, READY, forget_drafts
from tests.bench.measure import Meter, environment, median, resident_mb, table, verdict
from tests.support.processes import chat_server

QUIET_S = 1.5
"""How long the processor must be nearly idle."""
IDLE_SHARE = 0.01
"""Of that time: less CPU counts as nothing (a cursor blinks)."""
PATIENCE_S = 12.0
TYPED = "what does all of this cost, I wonder"
"""Typed in two seconds."""
SIZE = 6_000
BEFORE = "before"
TARGETS = {"settled, CPU s": 0.65, "RSS MB": 0.85}
"""The ratios to the side `before`, with a connection and as the demo."""


@dataclass
class Side:
    """One program; `figures` holds a list by name."""

    name: str
    python: str
    figures: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Place:
    """The server, and a folder for data and byte code."""

    url: str
    folder: Path

    def command(self, side: Side, *, is_demo: bool) -> list[str]:
        if side.name == "bare Textual":
            return [side.python, "-m", *BARE]
        data = self.folder / side.name / ("demo" if is_demo else "data")
        if is_demo:
            forget_drafts(data)
        # -P: the checkout that is installed, not the one in the current directory
        command = [side.python, "-P", "-m", "aimltui", "--data-dir", str(data)]
        return [*command, "--demo"] if is_demo else [*command, "--base-url", self.url, "--model", "test/fast"]

    def start(self, side: Side, *more: str, is_demo: bool = False) -> Meter:
        env = environment(self.folder / side.name / "bytecode") | {
            "OPENAI_API_KEY": "",
            "AIMLAPI_API_KEY": "",
        }
        return Meter([*self.command(side, is_demo=is_demo), *more], env=env)


def prepare(place: Place, side: Side) -> None:
    """Write the byte code and the thread."""
    for is_demo in (False, True):
        with place.start(side, is_demo=is_demo) as meter:
            meter.until_bytes(READY.encode())
            if side.name != "bare Textual" and not is_demo:
                send(meter, "go")
                meter.until_bytes(stamped.LAST.encode())
            settle(meter)


def settle(meter: Meter) -> None:
    """Wait until the process has nothing more to do."""
    end = time.monotonic() + PATIENCE_S
    cpu, since = meter.cpu_s, time.monotonic()
    while time.monotonic() < end and time.monotonic() - since < QUIET_S:
        meter.pump(0.1)
        if (now := meter.cpu_s) - cpu > IDLE_SHARE * QUIET_S:
            cpu, since = now, time.monotonic()


def proportional_mb(pid: int) -> float:
    """Memory of which each shared page counts in parts, in MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    return float("nan")


def send(meter: Meter, text: str) -> float:
    """Paste a message and send it; when."""
    meter.paste(text)
    meter.pump(0.05)
    meter.press("enter")
    return time.monotonic()


def idle(place: Place, side: Side, *, is_demo: bool) -> None:
    """One start that nobody touches until it has settled."""
    word = "demo " if is_demo else ""
    with place.start(side, is_demo=is_demo) as meter:
        meter.until_bytes(READY.encode())
        side.figures[f"{word}painted, CPU s"].append(meter.cpu_s)
        settle(meter)
        side.figures[f"{word}settled, CPU s"].append(meter.cpu_s)
        side.figures[f"{word}RSS MB"].append(resident_mb(meter.pid))
        side.figures[f"{word}PSS MB"].append(proportional_mb(meter.pid))


def echoed(place: Place, side: Side) -> None:
    """One start whose first key is typed as soon as there is a prompt."""
    with place.start(side, "--new") if side.name != "bare Textual" else place.start(side) as meter:
        meter.until_bytes(READY.encode())
        side.figures["prompt painted, CPU s"].append(meter.cpu_s)
        meter.echo()
        side.figures["key echoed, CPU s"].append(meter.cpu_s)


def first_message(place: Place, side: Side, how: str) -> None:
    """Seconds from Enter until the server begins to answer.

    `typed` is somebody who types for two seconds in a program that has settled, `pasted` pastes in such a one, `early`
    pastes as soon as there is a prompt.
    """
    with place.start(side, "--new") as meter:
        meter.until_bytes(READY.encode())
        if how != "early":
            settle(meter)
        begin, cpu = len(meter.raw), meter.cpu_s
        if how == "typed":
            for letter in TYPED:
                meter.send(letter)
                meter.pump(2 / len(TYPED))
            meter.press("enter")
            sent = time.monotonic()
        else:
            sent = send(meter, "go")
        while (match := stamped.STAMP.search(meter.raw, begin)) is None:
            meter.pump(0.02)
        side.figures[f"{how}: answer begins, s"].append(int(match[1]) / 1e6 - sent)
        side.figures[f"{how}: CPU s until then"].append(meter.cpu_s - cpu)


def compare(sides: list[Side], rounds: int, messages: int, *, start_only: bool) -> None:
    """Take turns, and print the table."""
    with tempfile.TemporaryDirectory() as name:
        pieces = Path(name, "pieces.json")
        stamped.write(pieces, SIZE)
        with chat_server("--pieces", str(pieces), "--rate", "0") as url:
            place = Place(url, Path(name))
            for side in sides:
                prepare(place, side)
            for number in range(max(rounds, messages)):
                for side in sides if number % 2 == 0 else sides[::-1]:
                    if number < rounds:
                        echoed(place, side)
                    if number < rounds and not start_only:
                        idle(place, side, is_demo=False)
                        if side.name != "bare Textual":
                            idle(place, side, is_demo=True)
                    if number < messages and side.name != "bare Textual":
                        for how in ("typed", "pasted", "early"):
                            first_message(place, side, how)
    keys = list(dict.fromkeys(key for side in sides for key in side.figures))
    base = sides[-1].figures
    print(f"{rounds} rounds, {messages} messages each")
    rows = [
        (
            key,
            *(_cell(side.figures[key], base[key]) for side in sides),
        )
        for key in keys
    ]
    print(table(("", *(side.name for side in sides)), rows))
    if not start_only:
        print("\n".join(verdicts(sides)))


def verdicts(sides: list[Side]) -> Iterator[str]:
    """What the figures say about the targets."""
    own, others = sides[1], {side.name: side for side in sides[2:]}
    for place in ("", "demo "):
        for figure, target in TARGETS.items():
            name = f"{place}{figure.removesuffix(' s').removesuffix(' MB')} over {BEFORE}'s"
            if BEFORE in others:
                ratio = median(own.figures[place + figure]) / median(others[BEFORE].figures[place + figure])
                yield verdict(name, ratio, target, "x")
            else:
                yield f"{name}: not measured without {BEFORE}=PYTHON"


def _cell(values: list[float], base: list[float]) -> str:
    """The median, its ratio to another, and the ratio of the lowest figures, on which other programs weigh least."""
    if not values or not base:
        return "-"
    return f"{median(values):.3f} {median(values) / median(base):.2f}x {min(values) / min(base):.2f}x"


def main(arguments: list[str]) -> None:
    """Read the arguments and compare."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--rounds", type=int, default=9)
    reader.add_argument("--messages", type=int, default=3)
    reader.add_argument("--start-only", action="store_true", help="only until a typed key is echoed")
    reader.add_argument("sides", nargs="*", metavar="NAME=PYTHON")
    given = reader.parse_args(arguments)
    sides = [Side("bare Textual", sys.executable), Side("this checkout", sys.executable)]
    sides += [Side(*text.split("=", 1)) for text in given.sides]
    began = time.monotonic()
    compare(sides, given.rounds, given.messages, start_only=given.start_only)
    print(f"took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
