"""What the sandbox costs. No part of the test run.

python -m tests.bench.bench_interpreter [cells]
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

from aimltui.engine.tools.code_interpreter import python_runtime as interpreter
from aimltui.engine.tools.code_interpreter.files.directory import remove
from aimltui.engine.tools.code_interpreter.jailer import watchdog
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes.base import Sandbox
from aimltui.engine.tools.code_interpreter.sessions.events import Output
from aimltui.engine.tools.code_interpreter.sessions.session import Session
from tests.bench.measure import median, milliseconds, percentile, table, verdict
from tests.sandbox.every import every

_STARTS, _CELLS, _CANCELS = 7, 1000, 10
_WARM = 100
"""Cells after which memory is compared."""


async def first_output(session: Session, code: str = "print(1)") -> float:
    """Seconds until something is printed; the cell is left then."""
    started = time.perf_counter()
    async with aclosing(session.run(code)) as events:
        async for event in events:
            if isinstance(event, Output):
                return time.perf_counter() - started
    return float("inf")


async def cancelled(session: Session, code: str) -> float:
    """Seconds from leaving a cell to its end."""
    async with aclosing(session.run(code)) as events:
        async for event in events:
            if isinstance(event, Output):
                started = time.perf_counter()
                break
    return time.perf_counter() - started


async def cell(session: Session, code: str) -> float:
    """Seconds of a whole cell."""
    started = time.perf_counter()
    async for _ in session.run(code):
        pass
    return time.perf_counter() - started


async def measure(sandbox: Sandbox, python: Interpreter, directory: Path, cells: int) -> list[str]:
    """One kind's row."""
    starts: list[float] = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = time.process_time()
    for number in range(_STARTS):
        session = Session(sandbox, directory / str(number), python)
        starts.append(await first_output(session))
        await session.aclose()
    own = time.process_time() - own
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime + own) / _STARTS
    session = Session(sandbox, directory / "many", python)
    await cell(session, "None")
    assert session.pid
    # without a program that confines it, the kernel is the session's process itself
    kernel = [session.pid, *watchdog.descendants(session.pid)][-1]
    times: list[float] = []
    early: float = 0
    for number in range(cells):
        times.append(await cell(session, f"x = {number}\nprint(x)\nx + 1"))
        if number == _WARM:
            early = sum(map(resident, {kernel, session.pid}))
    growth = sum(map(resident, {kernel, session.pid})) - early
    soft = [await cancelled(session, "import time\nprint(1)\ntime.sleep(60)") for _ in range(_CANCELS)]
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint(1)\nwhile True: pass"
    hard = [await cancelled(session, deaf) for _ in range(_CANCELS)]
    await session.aclose()
    return [
        sandbox.name,
        milliseconds(median(starts)),
        milliseconds(cpu),
        milliseconds(median(times)),
        milliseconds(percentile(times, 99)),
        f"{growth / 1024:.0f} KiB",
        milliseconds(max(soft)),
        milliseconds(max(hard)),
        *(f"{value}" for value in (cpu, percentile(times, 99), max(hard))),
    ]


def resident(pid: int) -> float:
    """Resident bytes."""
    found = watchdog.look(pid)
    return found.resident_bytes if found else 0


async def main(cells: int = _CELLS) -> None:
    """Print the table and what it says about the targets."""
    python = interpreter.find(interpreter.default_executable())
    command = [python.executable, "-c", "print(1)"]
    plain: list[float] = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(_STARTS):
        started = time.perf_counter()
        await asyncio.to_thread(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
        plain.append(time.perf_counter() - started)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    plain_cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / _STARTS
    directory = Path(tempfile.mkdtemp())
    try:
        rows = [
            await measure(sandbox, python, directory / sandbox.name, cells)
            for sandbox in every()
            if sandbox.available().is_available
        ]
    finally:
        remove(directory)
    print(f"python -c: {milliseconds(median(plain))} until its end, {milliseconds(plain_cpu)} of CPU")
    head = ("kind", "first output", "CPU of it", "cell", "p99", f"growth/{cells}", "cancel", "cancel, deaf")
    print(table(head, [row[: len(head)] for row in rows]))
    for row in rows:
        cpu, slowest, deaf = (float(value) for value in row[len(head) :])
        print(verdict(f"{row[0]}: CPU of the first output over python -c", cpu - plain_cpu, 0.5, " s"))
        print(verdict(f"{row[0]}: later cells, p99", slowest * 1000, 30, " ms"))
        print(verdict(f"{row[0]}: cancel of code that does not listen", deaf * 1000, 200, " ms"))


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
