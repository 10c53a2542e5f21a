"""What the closed run inspector costs: the CPU of one stream with and without what the engine remembers of its runs.

    python -m tests.bench.bench_inspector [deltas] [rounds]

In one process, without a screen and without the network, whose CPU would only make the share smaller; in turns, at the
end of a thread of 200 messages. Target: at most 2 % of the stream's CPU.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import time
from array import array
from pathlib import Path
from typing import Any

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatRequest
from aimltui.engine.runs.traces import RunTraces, Trace
from tests.bench.measure import median, table, verdict
from tests.support.builders import a_run_wanted, bounded, collect, opened
from tests.support.fake_model import FakeModel, says

TARGET_PERCENT = 2.0
MESSAGES = tuple(f"Message {number}: {'some words of a long thread ' * 20}" for number in range(200))
LIMIT_S = 300.0


class NoTimes(dict[int, "array[float]"]):
    """Gives no place for times, so that none is taken."""

    def setdefault(self, first: int, default: Any = None) -> Any:
        """Nothing."""


class NoTrace(Trace):
    """Remembers nothing."""

    def begin(self, request: ChatRequest) -> ChatRequest:
        """The request as it is."""
        return request

    def note_first(self) -> None:
        """Nothing."""

    def note_end(self) -> None:
        """Nothing."""


def untraced(run_id: str) -> Trace:
    """What remembers nothing of any run."""
    return NoTrace(time.time, times=NoTimes())


async def cpu_of(engine: Engine, traces: RunTraces, *, traced: bool) -> float:
    """CPU seconds of one stream."""
    wanted = await a_run_wanted(engine, *MESSAGES)
    kept = traces.of
    if not traced:
        traces.of = untraced  # type: ignore[method-assign]
    gc.collect()
    begin = time.process_time()
    try:
        await bounded(collect(engine.runs.stream_create_run(wanted)), LIMIT_S)
        return time.process_time() - begin
    finally:
        traces.of = kept  # type: ignore[method-assign]


async def measured(deltas: int, rounds: int) -> tuple[list[float], list[float]]:
    """CPU seconds of streams without and with the hooks, a pair a round; who begins changes."""
    model = FakeModel(says(*(f"word{number} " for number in range(deltas))))
    without: list[float] = []
    hooked: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder), model) as engine:  # type: ignore[arg-type]
            traces = engine._runtime.traces
            for number in range(-1, rounds):
                order = (False, True) if number % 2 else (True, False)
                taken = {traced: await cpu_of(engine, traces, traced=traced) for traced in order}
                # the first round warms up
                if number >= 0:
                    without.append(taken[False])
                    hooked.append(taken[True])
    return without, hooked


def main(deltas: int = 20_000, rounds: int = 10) -> None:
    """Print the table."""
    without, hooked = asyncio.run(measured(deltas, rounds))
    rows = [
        (name, f"{median(found) * 1e6 / deltas:.1f}", f"{min(found) * 1e6 / deltas:.1f}")
        for name, found in (("without", without), ("with", hooked))
    ]
    print(table((f"{deltas} deltas", "CPU a delta, µs", "least"), rows))
    # the medians differ by more than the share on a machine with other work
    share = 100 * (min(hooked) / min(without) - 1)
    print(verdict("the closed inspector's share", share, TARGET_PERCENT, " %"))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
