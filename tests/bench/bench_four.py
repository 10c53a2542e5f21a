"""Four threads whose answers stream at once: how long a typed key takes to stand on the screen, beside an idle program.

    python -m tests.bench.bench_four [PYTHON]

Each answer has 100 deltas a second; one thread is on the screen. PYTHON is the interpreter with another checkout.
Target: at most twice the idle time, of the 95th percentile.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench import stamped
from tests.bench.measure import LOST_S, Meter, environment, median, milliseconds, percentile, table, verdict
from tests.support.processes import chat_server

STREAMS = 4
RATE = 100
SIZE = 20_000
IDLE_S = 6.0
BUSY_S = 8.0
TARGET = 2.0


def begin(meter: Meter) -> None:
    """Send a message, and wait for the first stamp of its answer."""
    start = len(meter.raw)
    meter.type("go")
    meter.press("enter")
    while not stamped.STAMP.search(meter.raw, start):
        meter.pump(0.02)


def measure(python: str, folder: Path) -> tuple[list[float], list[float], float]:
    """The idle and the busy echoes in seconds, and the CPU share meanwhile."""
    pieces = folder / "pieces.json"
    stamped.write(pieces, SIZE)
    env = environment(folder / "bytecode") | {"OPENAI_API_KEY": "", "AIMLAPI_API_KEY": ""}
    with chat_server("--pieces", str(pieces), "--rate", str(RATE)) as url:
        command = [python, "-P", "-m", "aimltui", "--base-url", url, "--model", "test/fast", "--new"]
        with Meter([*command, "--data-dir", str(folder / "data")], env=env) as meter:
            meter.until_bytes(b"rite a message")
            meter.pump(2.5)
            idle = meter.echoes(IDLE_S, 0.12)
            for number in range(STREAMS):
                begin(meter)
                if number < STREAMS - 1:
                    start = len(meter.raw)
                    meter.press("ctrl+n")
                    meter.until_bytes(b"rite a message", start)
            cpu = meter.cpu_s
            busy = meter.echoes(BUSY_S, 0.12)
            return idle, busy, (meter.cpu_s - cpu) / BUSY_S


def main(python: str = sys.executable) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        idle, busy, share = measure(python, Path(name))
    rows = [
        (
            word,
            str(len(echoes)),
            milliseconds(median(echoes)),
            milliseconds(percentile([echo for echo in echoes if echo < LOST_S], 95)),
        )
        for word, echoes in (("idle", idle), (f"{STREAMS} streams at {RATE}/s", busy))
    ]
    print(table(("program", "keys", "echo p50", "p95"), rows))
    print(f"CPU share meanwhile {share:.2f}")
    print(verdict("key echo p95 over the idle one", percentile(busy, 95) / percentile(idle, 95), TARGET, "x"))


if __name__ == "__main__":
    main(*sys.argv[1:])
