"""All benchmarks with small sizes, in under ten minutes on a machine with nothing else to do.

    python -m tests.bench [NAME ...] [before=PYTHON] [vibe=PYTHON]

Prints each table as it comes, and one of all targets at the end. `before` is the interpreter of a virtual environment in
which an earlier commit is installed (`git worktree add`, then `pip install -e`), `vibe` that of one with mistral-vibe 3; the
targets that compare with them are left out, which is said, where they are not given. Each benchmark alone takes larger
sizes; see its first lines. Compare figures within one run only.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import dataclass

from tests.bench.measure import table

LIMIT_S = 600.0
"""Seconds for all of them."""
_SHARE, _LEAST_S = 2.0, 60.0
"""One may take this part of the time that is left, or so many seconds: one that is slow or hangs leaves time for others."""
_VERDICT = re.compile(r"(.+): (\S+?)( ?[a-zA-Z%]*), target (at \w+) (\S+?)[ a-zA-Z%]*: (reached|MISSED)")
_LEFT_OUT = re.compile(r"(.+): (not measured .+)")


@dataclass(frozen=True)
class Bench:
    """A benchmark: its module, its arguments, and which other programs it compares with."""

    module: str
    arguments: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()


BENCHES = {
    "frame": Bench("frame"),
    "engine": Bench("engine"),
    "size": Bench("size"),
    "sides": Bench("sides", ("--rounds", "1"), ("vibe", "before")),
    "fast": Bench(
        "sides",
        ("--size", "100000", "--rate", "1000", "--rounds", "1", "--no-reference"),
        ("vibe", "before"),
    ),
    "store": Bench("store"),
    "settled": Bench("settled", ("--rounds", "2", "--messages", "0"), ("before",)),
    "startup": Bench("startup", ("13",)),
    "serve": Bench("serve", ("--rate", "30")),
    "four": Bench("four"),
    "streaming": Bench("streaming", ("6000", "200")),
    "words": Bench("words", ("20000",)),
    "open": Bench("open", ("1000", "5")),
    "models": Bench("models"),
    "inspector": Bench("inspector", ("10000", "24")),
    "ask": Bench("ask", ("3",)),
    "interpreter": Bench("interpreter", ("200",)),
    "transcript": Bench("transcript", ("20000",)),
    "search": Bench("search", ("40",)),
    "retrieval": Bench("retrieval"),
}
"""In their order of importance: what there is no time for on a busy machine stands at the end."""


def run(bench: Bench, sides: dict[str, str], limit_s: float) -> tuple[list[str], str]:
    """Run one and print what it prints.

    Returns:
        Its lines, and why it did not end; empty if it did.
    """
    given = [f"{name}={sides[name]}" for name in bench.sides if name in sides]
    command = [sys.executable, "-m", f"tests.bench.bench_{bench.module}", *bench.arguments, *given]
    try:
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        return [], f"not ended after {limit_s:.0f} s"
    print(ended.stdout.rstrip(), flush=True)
    return ended.stdout.splitlines(), f"ended with status {ended.returncode}" if ended.returncode else ""


def rows(name: str, lines: list[str]) -> list[tuple[str, ...]]:
    """The rows of the targets' table for what a benchmark printed."""
    found: list[tuple[str, ...]] = []
    for line in lines:
        if told := _VERDICT.fullmatch(line):
            what, figure, unit, limit, target, word = told.groups()
            found.append((f"{name}: {what}", f"{figure}{unit}", f"{limit} {target}{unit}", word))
        elif told := _LEFT_OUT.fullmatch(line):
            found.append((f"{name}: {told[1]}", "", "", told[2]))
    return found


def main(arguments: list[str]) -> int:
    """Run them in turn; returns 1 if one did not end well."""
    sides = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    names = [argument for argument in arguments if "=" not in argument]
    if unknown := [name for name in names if name not in BENCHES] + [
        name for name in sides if not any(name in bench.sides for bench in BENCHES.values())
    ]:
        print(f"There is no {', '.join(unknown)}. Benchmarks: {' '.join(BENCHES)}; sides: before= vibe=")
        return 2
    begin, targets, failed = time.monotonic(), [], 0
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    for name in names or BENCHES:
        bench, started = BENCHES[name], time.monotonic()
        left_s = LIMIT_S - (started - begin)
        print(f"\n== {name} {' '.join(bench.arguments)}", flush=True)
        limit_s = min(left_s, max(_LEAST_S, left_s / _SHARE))
        lines, problem = run(bench, sides, limit_s) if left_s > 1 else ([], "left out: no time")
        print(f"({time.monotonic() - started:.0f} s)", flush=True)
        targets += rows(name, lines) + ([(name, "", "", problem)] if problem else [])
        failed += bool(problem)
    print(f"\n== targets, {time.monotonic() - begin:.0f} s")
    print(table(("", "figure", "target", ""), targets))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
