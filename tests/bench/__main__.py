"""All benchmarks with small sizes, in under ten minutes on a machine with nothing else to do.

    python -m tests.bench [NAME ...]

Prints each table as it comes, and the targets together at the end. Each benchmark alone takes larger sizes; see its
first lines. Compare figures within one run only.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time

LIMIT_S = 600.0
"""Seconds for all of them."""
BENCHES = {
    "frame": (),
    "engine": (),
    "transcript": (),
    "words": ("20000",),
    "sides": ("--size", "6000", "--rounds", "1"),
    "four": (),
    "streaming": ("10000", "200"),
    "startup": ("3",),
    "open": ("1000", "5"),
    "models": (),
    "inspector": ("10000", "6"),
    "search": ("40",),
    "ask": ("3",),
    "serve": ("--runs", "20", "--rate", "30"),
    "interpreter": ("200",),
    "retrieval": (),
}
"""The arguments of each; first those that take seconds, then the ones that users feel most."""


def run(name: str, limit_s: float) -> tuple[list[str], str]:
    """Run one and print what it prints.

    Returns:
        The lines about targets, and why it did not end; empty if it did.
    """
    command = [sys.executable, "-m", f"tests.bench.bench_{name}", *BENCHES[name]]
    try:
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        return [], f"not ended after {limit_s:.0f} s"
    print(ended.stdout.rstrip(), flush=True)
    told = [line for line in ended.stdout.splitlines() if "target at most" in line]
    return told, f"ended with status {ended.returncode}" if ended.returncode else ""


def main(names: list[str]) -> int:
    """Run them in turn; returns 1 if one did not end well."""
    begin, targets, failed = time.monotonic(), [], []
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    for name in names or BENCHES:
        left_s = LIMIT_S - (time.monotonic() - begin)
        print(f"\n== {name} {' '.join(BENCHES[name])}", flush=True)
        started = time.monotonic()
        # one that is slow on a busy machine leaves time for the others
        told, problem = run(name, max(30.0, left_s / 3)) if left_s > 1 else ([], "left out: no time")
        print(f"({time.monotonic() - started:.0f} s)", flush=True)
        targets += [f"{name}: {line}" for line in told]
        failed += [f"{name}: {problem}"] if problem else []
    print("\n== targets", *targets, *failed, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
