"""The last resort: no wall, and all the same an end, a clock and a place of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from aimltui.engine.approval import Decision
from aimltui.engine.tools.builtin import builtin
from aimltui.engine.tools.code_interpreter import python_runtime as interpreter
from aimltui.engine.tools.code_interpreter import selection as choice
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.jails.jail import Jail
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes.unconfined import Unconfined
from aimltui.engine.tools.code_interpreter.sessions.events import (
    Done,
    FileChanged,
    Notice,
    Output,
    SessionEvent,
    Value,
)
from aimltui.engine.tools.code_interpreter.sessions.session import Session
from tests.sandbox.conftest import end, run
from tests.support.builders import bounded, options, until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it needs process groups")


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    python = interpreter.find(interpreter.default_executable())
    made = Session(Unconfined(), tmp_path / "session", python, SandboxLimits(wall_s=0.4))
    yield made
    await made.aclose()


async def test_it_remembers_tells_files_and_has_an_environment_of_its_own(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIMLAPI_API_KEY", "secret")
    first = await run(session, "x = 41\nopen('/mnt/data/made.txt', 'w').write('hello')\nprint('there')")
    assert Output("stdout", "there\n") in first
    assert FileChanged("made.txt", 5, True) in first
    second = await run(
        session, "import os\n(x + 1, 'AIMLAPI_API_KEY' in os.environ, open('made.txt').read())"
    )
    assert Value("(42, False, 'hello')") in second
    assert end(second).status == "ok"


async def test_the_clock_interrupts_and_leaving_kills(session: Session) -> None:
    slow = end(await run(session, "y = 1\nwhile True: pass"))
    assert (slow.status, slow.reason) == ("interrupted", "It ran longer than 0.4 seconds.")
    assert Value("1") in await run(session, "y")
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('on', flush=True)\nwhile True: pass"
    pid = None
    async with aclosing(session.run(deaf)) as events:
        async for event in events:
            if isinstance(event, Output):
                pid = session.pid
                break
    assert pid is not None
    await until(lambda: not Path(f"/proc/{pid}").exists())
    again = await run(session, "1")
    assert isinstance(again[0], Notice)
    assert isinstance(again[-1], Done)


class ReadyHook(Unconfined):
    """Calls back when a jail is ready: after its start, before the first look at the files.

    Args:
        call: What is called.
    """

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call

    def start(self, directory: Path, limits: SandboxLimits, interpreter: Interpreter) -> Jail:
        jail = super().start(directory, limits, interpreter)
        ready = jail.ready

        def hooked() -> None:
            ready()
            self._call()

        setattr(jail, "ready", hooked)  # noqa: B010  # a method of a protocol
        return jail


@pytest.mark.parametrize("times", [1, 2])
async def test_a_run_stopped_while_the_files_are_first_scanned_leaves_the_session_usable(
    tmp_path: Path, times: int
) -> None:
    stops: list[Callable[[], object]] = []
    sandbox = ReadyHook(lambda: stops and stops.pop()())
    session = Session(sandbox, tmp_path / "s", interpreter.find(interpreter.default_executable()))

    def stop() -> None:
        stopped.cancel()
        if times == 2:
            # the second comes while what the first one asked for is still done
            loop.call_soon(loop.call_soon, stopped.cancel)

    async def values() -> list[SessionEvent]:
        with suppress(SandboxError):
            return await run(session, "1 + 1")
        return []

    loop = asyncio.get_running_loop()
    try:
        stopped = asyncio.ensure_future(run(session, "1"))
        stops.append(stop)
        with pytest.raises(asyncio.CancelledError):
            await bounded(stopped)
        if times == 1:
            assert Value("2") in await run(session, "1 + 1")
        await until(values)
    finally:
        await session.aclose()


async def test_it_is_used_only_after_the_user_has_agreed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "kinds", lambda: ())

    async def approve(code: object) -> Decision:
        return Decision(True)

    silent = await builtin(options(tmp_path)).interpreter.status()
    assert (silent.is_on, silent.may_agree) == (False, False)
    own = builtin(options(tmp_path, ask_approval=approve))
    before = await own.interpreter.status()
    assert (before.is_on, before.may_agree, before.is_confined) == (False, True, False)
    assert await own.ready() == ()
    own.interpreter.agree()
    assert (await own.interpreter.status()).is_on
    assert not (await own.interpreter.make(tmp_path / "s")).is_confined
    agreed = builtin(options(tmp_path, ask_approval=approve, unconfined="ask"))
    assert await agreed.ready() == ("code_interpreter",)
