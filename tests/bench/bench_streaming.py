"""Streaming: the real program in a pseudo-terminal, a scripted chat server in another process, keys typed meanwhile.

    python -m tests.bench.bench_streaming [characters] [deltas a second ...]

By default 100 KB at 200 and at 1,000 deltas a second, and all at once (rate 0). For each rate: key echo idle and
while the answer streams; the lag from the server's sending of a delta to its standing on the screen; in a second run,
with nobody typing, CPU of the program for 1,000 deltas and its memory; and in a third one, with a probe inside the
program, how late its event loop is.

Targets, at 200 deltas a second: echo p95 at most 3 times the idle one, loop lag p99 under 50 ms.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench import stamped
from tests.bench.measure import (
    LOST_S,
    Meter,
    environment,
    load_numbers,
    median,
    milliseconds,
    percentile,
    resident_mb,
    table,
    verdict,
)
from tests.support.processes import chat_server

TARGET_RATE = 200
ECHO_TARGET = 3.0
LAG_TARGET_MS = 50.0
IDLE_S = 4.0
STREAM_S = 300.0


@dataclass(frozen=True)
class Streamed:
    """One answer, seen from outside."""

    deltas: int
    idle_echoes: list[float]
    echoes: list[float]
    lags: list[float]
    cpu_s: float
    memory_mb: float
    seconds: float
    loop_lags: list[float]
    """Empty without a probe."""


def stream(folder: Path, size: int, rate: float, *, probed: bool = False, typing: bool = True) -> Streamed:
    """Stream one answer into a fresh data directory."""
    pieces, lag_file = folder / f"pieces-{size}.json", folder / "lags.json"
    count = stamped.write(pieces, size)
    data = Path(tempfile.mkdtemp(dir=folder))
    env = environment(folder / "bytecode") | {"OPENAI_API_KEY": "", "AIMLAPI_API_KEY": ""}
    with chat_server("--pieces", str(pieces), "--rate", str(rate)) as url:
        flags = ["--base-url", url, "--model", "test/fast", "--data-dir", str(data), "--new"]
        module = ["tests.bench.probed_app", str(lag_file)] if probed else ["aimltui"]
        with Meter.python(*module, *flags, env=env) as meter:
            meter.until_bytes(b"rite a message")
            meter.pump(2.5)  # the engine and the model's package are loaded behind the screen
            idle = meter.echoes(IDLE_S, 0.12) if typing and not probed else []
            cpu, begin = meter.cpu_s, len(meter.raw)
            meter.type("go")
            meter.press("enter")
            started = time.monotonic()
            last = stamped.LAST.encode()
            meter.until_bytes(b"go", begin)  # what is typed before the prompt is emptied goes with it
            echoes = meter.echoes(STREAM_S, 0.12, lambda: last in meter.raw[-200_000:]) if typing else []
            ended = meter.until_bytes(last, begin)
            meter.pump(0.5)
            result = Streamed(
                deltas=count,
                idle_echoes=idle,
                echoes=echoes,
                lags=_lags(meter, begin),
                cpu_s=meter.cpu_s - cpu,
                memory_mb=resident_mb(meter.pid),
                seconds=ended - started,
                loop_lags=[],
            )
            if not probed:
                return result
            meter.press("ctrl+q")
            meter.wait_exit()
    found = [lag for when, lag in load_numbers(lag_file) if started <= when <= ended]
    return Streamed(**{**vars(result), "loop_lags": found})


def _lags(meter: Meter, begin: int) -> list[float]:
    """From the sending of a stamp to its first appearance on the screen."""
    seen: dict[bytes, float] = {}
    for match in stamped.STAMP.finditer(meter.raw, begin):
        if match[1] not in seen:
            seen[bytes(match[1])] = meter.arrived(match.end()) - int(match[1]) / 1e6
    return list(seen.values())


def row(rate: float, seen: Streamed, quiet: Streamed, probed: Streamed) -> tuple[str, ...]:
    """One line of the table."""
    known = [echo for echo in seen.echoes if echo < LOST_S]
    return (
        f"{rate:.0f}/s" if rate else "all at once",
        f"{seen.seconds:.1f} s",
        f"{milliseconds(median(seen.idle_echoes))} / {milliseconds(percentile(seen.idle_echoes, 95))}",
        f"{milliseconds(median(known))} / {milliseconds(percentile(known, 95))}",
        f"{milliseconds(median(seen.lags))} / {milliseconds(percentile(seen.lags, 95))} / "
        f"{milliseconds(max(seen.lags, default=float('nan')))}",
        f"{quiet.cpu_s / quiet.deltas * 1000:.2f} s",
        f"{quiet.memory_mb:.0f} MB",
        f"{milliseconds(percentile(probed.loop_lags, 99))} / {milliseconds(max(probed.loop_lags, default=0))}",
    )


HEAD = (
    "rate",
    "took",
    "echo idle p50 / p95",
    "streaming p50 / p95",
    "lag p50 / p95 / max",
    "CPU/1,000",
    "memory",
    "loop lag p99 / max",
)


def main(size: int = 100_000, *rates: float) -> None:
    """Print the table."""
    rows: list[tuple[str, ...]] = []
    verdicts: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stream(folder, 2_000, 0, typing=False)  # writes the bytecode
        for rate in rates or (TARGET_RATE, 1000, 0):
            seen, probed = stream(folder, size, rate), stream(folder, size, rate, probed=True)
            rows.append(row(rate, seen, stream(folder, size, rate, typing=False), probed))
            print(
                f"{rows[-1][0]}: {seen.deltas} deltas, {len(seen.lags)} stamps and {len(seen.echoes)} keys seen"
            )
            if rate == TARGET_RATE:
                ratio = percentile(seen.echoes, 95) / percentile(seen.idle_echoes, 95)
                late = percentile(probed.loop_lags, 99) * 1000
                verdicts = [
                    verdict("key echo p95, streaming against idle", ratio, ECHO_TARGET, " x"),
                    verdict("loop lag p99", late, LAG_TARGET_MS, " ms"),
                ]
    print(table(HEAD, rows))
    print("\n".join(verdicts))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
