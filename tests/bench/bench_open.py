"""Opening: a thread of 5,000 messages against one of 10, by a click in the real program's list of threads.

    python -m tests.bench.bench_open [messages] [rounds]

Both threads are made by the real engine, each answer by a run with its step, before the program starts; then it goes
from one to the other and back. Measured is the time from the click until the thread's last line stands on the screen,
and the program's CPU meanwhile. Target: at most 3 times the short one.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from aimltui.engine.engine import Engine
from aimltui.engine.options import EngineOptions
from aimltui.wire.assistants import CreateAssistant
from aimltui.wire.messages import CreateMessage
from aimltui.wire.runs import CreateRun, TruncationStrategy
from aimltui.wire.threads import CreateThread
from tests.bench import stamped
from tests.bench.measure import Meter, environment, median, milliseconds, table, verdict
from tests.support.builders import TestClock, collect
from tests.support.fake_model import FakeModel, FakeModels, says

FEW = 10
TARGET = 3.0
PAUSE_S = 5.0
"""Seconds from a message to the next one, by the engine's clock."""
_LAST_TWO = TruncationStrategy(type="last_messages", last_messages=2)


def title(count: int) -> str:
    """What the list shows of a thread."""
    return f"{count} messages"


def ending(count: int) -> str:
    """What stands at a thread's end and nowhere else."""
    return f"soends{count}messages"


async def fill(data: Path, *counts: int) -> None:
    """Make a thread for each count, half of it questions, half of it answers."""
    answer = "".join(stamped.deltas(600)[:-1])
    model = FakeModel(says(answer))
    clock = TestClock(time.time() - sum(counts) * PAUSE_S)
    engine = await Engine.open(EngineOptions(data_dir=data, clock=clock), FakeModels(model))
    assistant = await engine.assistants.create_assistant(CreateAssistant(model="fake", name="Bench"))
    for count in counts:
        thread = await engine.threads.create_thread(CreateThread())
        for number in range(0, count, 2):
            clock.advance(2 * PAUSE_S)
            text = title(count) if number == 0 else f"Question {number}: how does this go on?"
            await engine.messages.create_message(
                CreateMessage(thread_id=thread.id, role="user", content=text)
            )
            if number + 2 >= count:
                model.turns = [says(f"{answer}\n\n{ending(count)}")]
            wanted = CreateRun(thread_id=thread.id, assistant_id=assistant.id, truncation_strategy=_LAST_TWO)
            await collect(engine.runs.stream_create_run(wanted))
        model.turns = [says(answer)]
    await engine.aclose()


def open_by_click(meter: Meter, count: int) -> tuple[float, float]:
    """Click on a thread in the list; seconds until its end is painted, and CPU seconds."""
    rows = meter.text.splitlines()
    row = next(number for number, line in enumerate(rows) if title(count) in line[:26])
    meter.pump(0.5)
    begin, cpu, now = len(meter.raw), meter.cpu_s, time.monotonic()
    meter.click(4, row)
    seconds = meter.until_bytes(ending(count).encode(), begin) - now
    meter.pump(0.3)  # what is done behind the picture counts as CPU, too
    return seconds, meter.cpu_s - cpu


def main(many: int = 5000, rounds: int = 9) -> None:
    """Print the table."""
    found: dict[int, list[tuple[float, float]]] = {FEW: [], many: []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = time.monotonic()
        asyncio.run(fill(folder / "data", many, FEW))
        print(f"{many} messages written in {time.monotonic() - begin:.0f} s")
        flags = ["--demo", "--data-dir", str(folder / "data"), "--new"]
        with Meter.python("aimltui", *flags, env=environment(folder / "bytecode")) as meter:
            meter.until_bytes(title(FEW).encode())
            meter.pump(2)
            for number in range(rounds + 1):
                for count in (many, FEW):
                    once = open_by_click(meter, count)
                    if number:  # the first round warms the caches
                        found[count].append(once)
    rows = [
        (title(count), milliseconds(median(s for s, _ in seen)), milliseconds(median(c for _, c in seen)))
        for count, seen in found.items()
    ]
    print(table(("opening", "until painted", "CPU"), rows))
    (few, few_cpu), (much, much_cpu) = (
        (median(s for s, _ in found[count]), median(c for _, c in found[count])) for count in (FEW, many)
    )
    print(verdict("time", much / few, TARGET, " x"))
    print(verdict("CPU", much_cpu / few_cpu, TARGET, " x"))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
