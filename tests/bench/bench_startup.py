"""Start-up: CPU until the prompt is painted and until a typed key is echoed, ours against a bare Textual app.

    python -m tests.bench.bench_startup [runs]

Both are measured in turns, in one run, with their bytecode written before (as an installed program has it); the
figures are medians. Target: at most 1.2 times the CPU of the bare app, at both points, by the lowest figures of both, on
which other programs weigh least. Below, without a target: what
it costs until the engine behind the screen is there too, and the echo of keys typed meanwhile, which says whether
loading it in the background is felt.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import (
    LOST_S,
    Meter,
    environment,
    median,
    milliseconds,
    percentile,
    resident_mb,
    table,
    verdict,
)

TARGET = 1.2
_WHOLE = 3
"""Starts until the engine is there, at most: each takes some seconds."""
BARE = ("tests.bench.bare_app",)
OURS = ("aimltui", "--demo", "--data-dir")
READY = "essage"
"""Of the placeholder; the cursor stands on its first letter."""
CONNECTED = "Write a message below"
"""What the demo's empty thread says once there is an engine."""


@dataclass(frozen=True)
class Start:
    """One start."""

    painted_cpu_s: float
    echoed_cpu_s: float
    echoed_s: float
    memory_mb: float


def forget_drafts(data: Path) -> None:
    """Begin each time with an empty prompt."""
    shutil.rmtree(data / "state", ignore_errors=True)


def first_frame(module: str, *arguments: str, env: dict[str, str]) -> Start:
    """Start, wait for the prompt, type a key, end it."""
    if arguments:
        forget_drafts(Path(arguments[-1]))
    begin = time.monotonic()
    with Meter.python(module, *arguments, env=env) as meter:
        meter.until_bytes(READY.encode())
        painted = meter.cpu_s
        meter.echo()
        return Start(painted, meter.cpu_s, time.monotonic() - begin, resident_mb(meter.pid))


def whole_start(*arguments: str, env: dict[str, str]) -> tuple[float, float, list[float]]:
    """CPU seconds and seconds until the engine is there, and the echoes of keys typed until a second after it."""
    forget_drafts(Path(arguments[-1]))
    begin = time.monotonic()
    with Meter.python(*arguments, env=env) as meter:
        meter.until_bytes(READY.encode())
        wanted = CONNECTED.encode()
        echoes = meter.echoes(20, 0.01, lambda: wanted in meter.raw)
        connected = meter.arrived(meter.raw.find(wanted) + 1) - begin
        cpu = meter.cpu_s
        echoes += meter.echoes(1, 0.02)
        return cpu, connected, echoes


def main(runs: int = 9) -> None:
    """Print the table."""
    bare: list[Start] = []
    ours: list[Start] = []
    whole: list[tuple[float, float, list[float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder, "bytecode"))
        own = (*OURS, f"{folder}/data")
        whole_start(*own, env=env)  # warms the caches, writes all bytecode, makes the data directory
        first_frame(*BARE, env=env)
        for _ in range(runs):
            bare.append(first_frame(*BARE, env=env))
            ours.append(first_frame(*own, env=env))
        whole = [whole_start(*own, env=env) for _ in range(max(1, min(_WHOLE, runs // 2)))]
    rows = [
        (
            name,
            f"{median(s.painted_cpu_s for s in starts):.3f}",
            f"{median(s.echoed_cpu_s for s in starts):.3f}",
            f"{median(s.echoed_s for s in starts):.3f}",
            f"{median(s.memory_mb for s in starts):.0f}",
        )
        for name, starts in (("bare Textual app", bare), ("aimltui --demo", ours))
    ]
    print(table(("", "painted, CPU s", "key echoed, CPU s", "key echoed, s", "MB"), rows))
    for name, ratio in (
        (
            "CPU until the prompt is painted",
            min(o.painted_cpu_s for o in ours) / min(b.painted_cpu_s for b in bare),
        ),
        (
            "CPU until a typed key is echoed",
            min(o.echoed_cpu_s for o in ours) / min(b.echoed_cpu_s for b in bare),
        ),
    ):
        print(verdict(name, ratio, TARGET, " x"))
    every = [echo for _, _, found in whole for echo in found]
    echoes = [echo for echo in every if echo < LOST_S]
    swallowed = len(every) - len(echoes)
    print(
        f"engine there after {median(w[1] for w in whole):.2f} s and {median(w[0] for w in whole):.2f} CPU s; keys "
        f"typed meanwhile and a second longer are echoed in {milliseconds(median(echoes))} "
        f"(p95 {milliseconds(percentile(echoes, 95))}, longest {milliseconds(max(echoes))})"
    )
    if swallowed:
        print(f"{swallowed} keys of {swallowed + len(echoes)} were swallowed while the engine was loading")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
