"""What every kind of sandbox promises."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import aclosing, suppress
from itertools import groupby
from pathlib import Path

import pytest

from aimltui.engine.tools.code_interpreter import python_runtime as interpreter
from aimltui.engine.tools.code_interpreter import selftest
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files import listing as outputs
from aimltui.engine.tools.code_interpreter.jailer import watchdog
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.other_languages import PROCESSES, advice
from aimltui.engine.tools.code_interpreter.sandboxes.base import Sandbox
from aimltui.engine.tools.code_interpreter.sessions.cell import THREADS
from aimltui.engine.tools.code_interpreter.sessions.events import (
    Done,
    Failure,
    FileChanged,
    Image,
    Notice,
    Output,
    SessionEvent,
    Value,
)
from tests.sandbox.conftest import Make, end, run
from tests.support.session_files import read_copy

LOSES_VARIABLES = ("wasm",)
"""Nothing can be interrupted in them, only ended."""
STARTS_NO_PROCESS = ("landlock", "wasm")
PNG = "import base64\nclass Picture:\n  def _repr_png_(self): return b'\\x89PNG\\r\\n\\x1a\\n' + b'x' * 10\nPicture()"


def printed(events: list[SessionEvent], stream: str = "stdout") -> str:
    return "".join(event.text for event in events if isinstance(event, Output) and event.stream == stream)


async def wait_until(holds: object, patience_s: float = 60.0) -> None:
    deadline = time.monotonic() + patience_s
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def test_it_remembers_and_shows_the_last_value(make: Make) -> None:
    session = make()
    assert [type(event) for event in await run(session, "x = 20")] == [Done]
    events = await run(session, "x + 1")
    assert events[0] == Value("21")
    assert end(events).status == "ok"
    assert (await run(session, "_ * 2"))[0] == Value("42")


async def test_output_comes_as_it_is_written_also_from_c(make: Make) -> None:
    session = make()
    code = "import sys, os\nprint('a')\nos.write(1, b'b\\n')\nprint('c', file=sys.stderr)"
    events = await run(session, code)
    assert printed(events) == "a\nb\n"
    assert printed(events, "stderr") == "c\n"


async def test_a_line_without_an_end_is_seen_while_the_code_runs(make: Make) -> None:
    session = make()
    async with aclosing(session.run("import time\nprint('half', end='')\ntime.sleep(30)")) as events:
        assert await asyncio.wait_for(anext(events), 60) == Output("stdout", "half")


async def test_an_error_shows_the_cell_and_none_of_our_frames(make: Make) -> None:
    session = make()
    await run(session, "def f(x):\n    return 1 / x")
    events = await run(session, "try:\n    f(0)\nexcept Exception as e:\n    raise KeyError('k') from e")
    failure = next(event for event in events if isinstance(event, Failure))
    assert failure.name == "KeyError"
    assert "    return 1 / x" in failure.traceback
    assert "kernel.py" not in failure.traceback
    assert end(events).status == "error"


async def test_a_syntax_error_shows_the_place(make: Make) -> None:
    events = await run(make(), "x = 1\nif x\n  y")
    failure = next(event for event in events if isinstance(event, Failure))
    assert failure.name == "SyntaxError"
    assert 'File "<cell 1>", line 2' in failure.traceback
    assert "ast.py" not in failure.traceback


async def test_an_interrupted_cell_keeps_the_variables(make: Make, sandbox: Sandbox) -> None:
    session = make(SandboxLimits(wall_s=0.3))
    await run(session, "x = 5")
    events = await run(session, "import time\ntime.sleep(30)")
    if sandbox.name in LOSES_VARIABLES:
        assert end(events).status == "died"
        assert end(events).reason
        return
    assert end(events).status == "interrupted"
    assert "longer than 0.3 seconds" in (end(events).reason or "")
    assert (await run(session, "x"))[0] == Value("5")


async def test_a_dead_kernel_is_replaced_and_the_loss_is_told(make: Make) -> None:
    session = make()
    await run(session, "x = 5")
    assert end(await run(session, "import os\nos._exit(1)")).status == "died"
    events = await run(session, "'x' in globals()")
    assert isinstance(events[0], Notice)
    assert "variables of earlier cells are gone" in events[0].text
    assert Value("False") in events


async def test_pictures_come_in_the_order_of_their_making(make: Make) -> None:
    events = await run(make(), f"print('before')\n{PNG}")
    assert [kind for kind, _ in groupby(events, type)] == [Output, Image, Done]


async def test_top_level_await_works(make: Make) -> None:
    assert (await run(make(), "import asyncio\nawait asyncio.sleep(0, 'slept')"))[0] == Value("'slept'")


async def test_a_cell_may_end_itself(make: Make) -> None:
    session = make()
    assert end(await run(session, "x = 1\nexit()")).status == "ok"
    assert (await run(session, "x"))[0] == Value("1")


async def test_new_and_changed_files_are_told(make: Make) -> None:
    session = make()
    await run(session, "None")
    outputs.put(session.files, "in.csv", b"1,2")
    events = await run(
        session, "t = open('/mnt/data/in.csv').read()\nopen('/mnt/data/out.txt', 'w').write(t)"
    )
    assert FileChanged("out.txt", 3, True) in events
    assert read_copy(session.files, "out.txt", 100) == b"1,2"
    events = await run(session, "open('/mnt/data/out.txt', 'a').write('!')")
    assert [event for event in events if isinstance(event, FileChanged)] == [FileChanged("out.txt", 4, False)]
    assert not [event for event in await run(session, "1") if isinstance(event, FileChanged)]


async def test_ten_megabytes_of_output_neither_hang_nor_get_lost(make: Make) -> None:
    events = await run(make(), "print('x' * 79)\nprint('y' * (10 << 20))")
    assert len(printed(events)) == 80 + (10 << 20) + 1
    assert end(events).duration_s < 5


async def test_endless_output_is_stopped_and_the_session_lives(make: Make, sandbox: Sandbox) -> None:
    session = make(SandboxLimits(output_bytes=1 << 20))
    events = await run(session, "while True: print('x' * 1000)")
    assert len(printed(events)) <= 1 << 20
    assert end(events).status == ("died" if sandbox.name in LOSES_VARIABLES else "interrupted")
    assert Value("1") in await run(session, "1")


async def test_bytes_that_are_no_text_are_replaced(make: Make) -> None:
    events = await run(make(), "import os\nos.write(1, b'\\xff\\xfe\\x00ok')")
    assert printed(events) == "��\x00ok"


@pytest.mark.parametrize(
    "code",
    [
        "import time\nprint(1)\ntime.sleep(60)",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint(1)\nwhile True: pass",
    ],
)
async def test_leaving_stops_the_code(make: Make, code: str) -> None:
    session = make()
    # the code alone would take a minute or more; how quickly it stops is measured by tests.bench.bench_interpreter
    async with asyncio.timeout(40):
        async with aclosing(session.run(code)) as events:
            await anext(events)
        assert (await run(session, "1"))[-2] == Value("1")


async def test_cancelling_the_task_stops_the_code(make: Make) -> None:
    session = make()
    seen = asyncio.Event()

    async def follow() -> None:
        async with aclosing(session.run("import time\nprint(1)\ntime.sleep(60)")) as events:
            async for _ in events:
                seen.set()

    async with asyncio.timeout(40), asyncio.TaskGroup() as group:
        task = group.create_task(follow())
        await seen.wait()
        task.cancel()
    assert (await run(session, "2"))[-2] == Value("2")


async def test_two_cells_at_once_are_refused(make: Make) -> None:
    session = make()
    async with aclosing(session.run("import time\nprint(1)\ntime.sleep(60)")) as events:
        await anext(events)
        with pytest.raises(SandboxError, match="busy"):
            await run(session, "1")


async def test_an_idle_session_ends_and_leaves_nothing(make: Make) -> None:
    session = make(SandboxLimits(idle_s=0.05))
    await run(session, "x = 1")
    await wait_until(lambda: not session.is_alive)
    assert isinstance((await run(session, "1"))[0], Notice)


async def test_closing_leaves_no_process_and_no_descriptor(make: Make) -> None:
    before = set(os.listdir("/proc/self/fd"))
    session = make()
    await run(session, "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()")
    keeper = session.pid
    assert keeper
    inside = watchdog.descendants(keeper)
    assert inside
    await session.aclose()
    await wait_until(lambda: not any(_lives(pid) for pid in (*inside, keeper)))
    assert set(os.listdir("/proc/self/fd")) <= before | {str(number) for number in range(3)}


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
async def test_everything_dies_with_the_program(
    sandbox: Sandbox, tmp_path: Path, sent: signal.Signals
) -> None:
    program = await asyncio.to_thread(_start_holder, sandbox.name, tmp_path)
    assert program.stdout
    try:
        pids = [int(text) for text in (await asyncio.to_thread(program.stdout.readline)).split()]
        assert len(pids) >= 2
        assert all(_lives(pid) for pid in pids)
        program.send_signal(sent)
        await wait_until(lambda: not any(_lives(pid) for pid in pids))
    finally:
        program.kill()
        program.wait()
        program.stdout.close()


async def test_everything_dies_with_the_keeper(make: Make) -> None:
    session = make()
    await run(session, "1")
    assert session.pid
    inside = watchdog.descendants(session.pid)
    os.kill(session.pid, signal.SIGKILL)
    await wait_until(lambda: not any(_lives(pid) for pid in inside))
    await wait_until(lambda: not session.is_alive)


async def test_nothing_moves_between_cells(make: Make) -> None:
    session = make()
    await run(
        session,
        "import threading\nn = 0\ndef go():\n  global n\n  while True: n += 1\nthreading.Thread(target=go, daemon=True).start()",
    )
    assert session.pid
    states = [watchdog.look(pid) for pid in watchdog.descendants(session.pid)]
    assert states[-1]
    assert states[-1].is_stopped
    assert end(await run(session, "n > 0")).status == "ok"


async def test_processes_and_threads_work_as_in_any_python_or_say_why_not(
    make: Make, sandbox: Sandbox
) -> None:
    session = make()
    code = (
        "import multiprocessing as mp\ndef square(x):\n  return x * x\n"
        "for kind in ('fork', 'spawn'):\n  with mp.get_context(kind).Pool(2) as pool:\n    print(pool.map(square, range(4)))\n"
        "queue, lock = mp.Queue(), mp.RLock()\ndef go(n):\n  with lock:\n    queue.put(n)\n"
        "child = mp.Process(target=go, args=(7,))\nchild.start()\nprint(queue.get(timeout=20), child.join())"
    )
    events = await run(session, code)
    if sandbox.name in STARTS_NO_PROCESS:
        failure = next(event for event in events if isinstance(event, Failure))
        assert advice(code, failure.traceback) == PROCESSES
    else:
        assert printed(events) == "[0, 1, 4, 9]\n[0, 1, 4, 9]\n7 None\n"
    if sandbox.name == "wasm":
        return
    # a thread that is not joined is waited for, and one that goes on is told of; what it prints later is not lost
    code = (
        "import threading, time\nend = threading.Event()\ndef late():\n  time.sleep(0.1)\n  print('late')\n"
        "def later():\n  end.wait()\n  print('later')\n"
        "threading.Thread(target=late).start()\nlast = threading.Thread(target=later)\nlast.start()"
    )
    events = await run(session, code)
    assert printed(events) == "late\n"
    assert Notice(THREADS) in events
    assert printed(await run(session, "end.set()\nlast.join()")) == "later\n"


async def test_a_session_does_not_see_another_ones_files(make: Make) -> None:
    one, other = make(place="one"), make(place="other")
    await run(one, "open('/mnt/data/secret', 'w').write('x')")
    events = await run(other, f"import os\nos.listdir({str(one.files)!r})")
    assert end(events).status == "error"


async def test_a_hundred_cells_do_not_grow(make: Make) -> None:
    session = make()
    await run(session, "import os")
    assert session.pid
    kernel = [session.pid, *watchdog.descendants(session.pid)][-1]
    for number in range(20):
        await run(session, f"print({number})")
    first = watchdog.look(kernel)
    for number in range(100):
        await run(session, f"print({number})\n1 / ({number} % 2)")
    last = watchdog.look(kernel)
    assert first
    assert last
    assert last.resident_bytes - first.resident_bytes < 2 << 20


async def test_the_self_test_finds_that_it_holds(sandbox: Sandbox, tmp_path: Path) -> None:
    python = interpreter.find(interpreter.default_executable())
    verdict = await selftest.test(sandbox, python, tmp_path)
    assert verdict.holds, verdict.sentence
    assert not os.listdir(tmp_path)


async def test_a_passed_self_test_is_remembered(sandbox: Sandbox, tmp_path: Path) -> None:
    python = interpreter.find(interpreter.default_executable())
    first = await selftest.test_once(sandbox, python, tmp_path / "d", tmp_path / "memory.json")
    again = await selftest.test_once(sandbox, python, tmp_path / "d", tmp_path / "memory.json")
    assert (first.holds, first.is_remembered) == (True, False)
    assert (again.holds, again.is_remembered) == (True, True)


def _start_holder(kind: str, directory: Path) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "tests.sandbox.holder", kind, str(directory)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE)


def _lives(pid: int) -> bool:
    with suppress(OSError):
        found = watchdog.look(pid)
        return found is not None and not found.is_dead
    return False
