"""Code that the user runs again: in the thread's own session, and told to nobody else."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aimltui.engine.approval import CodeToRun, Decision
from aimltui.engine.tools.code_interpreter.approval import LONGEST
from aimltui.engine.tools.code_interpreter.rerun import run_again
from aimltui.engine.tools.code_interpreter.sessions.events import Done, Output
from aimltui.engine.tools.code_interpreter.sessions.pool import SessionPool
from tests.support.fake_session import FakeSandbox, draws, fails, prints, writes


def sessions(sandbox: FakeSandbox, directory: Path) -> SessionPool:
    return SessionPool(sandbox.make, directory, 2)


async def test_it_runs_in_the_threads_session_and_says_when_that_is_a_new_one(tmp_path: Path) -> None:
    sandbox = FakeSandbox(prints("4\n"))
    over = sessions(sandbox, tmp_path)
    first = await run_again(over, "thread_1", "2 + 2")
    assert "was restarted" in first.text
    assert first.text.endswith("4\n")
    again = await run_again(over, "thread_1", "2 + 2")
    assert (again.text, again.is_ok, sandbox.made) == ("4\n", True, 1)
    assert sandbox.codes == ["2 + 2", "2 + 2"]
    await over.aclose()


async def test_failures_pictures_and_files_are_said_in_the_text(tmp_path: Path) -> None:
    over = sessions(FakeSandbox(fails(), draws("x"), writes("out.csv"), prints("")), tmp_path)
    failed = await run_again(over, "t", "1/0")
    assert not failed.is_ok
    assert "ZeroDivisionError" in failed.text
    assert "[Pictures that were drawn and are not saved: 1]" in (await run_again(over, "t", "plot()")).text
    assert "[New or changed in /mnt/data: out.csv." in (await run_again(over, "t", "save()")).text
    assert (await run_again(over, "t", "pass")).text == "[It printed nothing.]\n"
    await over.aclose()


async def test_a_busy_session_is_said_to_be_busy_and_what_refuses_says_why(tmp_path: Path) -> None:
    never, begun = asyncio.Event(), asyncio.Event()
    cell = [lambda _: begun.set(), Output("stdout", "a"), never, Done("ok", 1)]
    sandbox = FakeSandbox(cell)
    over = sessions(sandbox, tmp_path)
    running = asyncio.ensure_future(run_again(over, "t", "loop"))
    await asyncio.wait_for(begun.wait(), 60)
    busy = await run_again(over, "t", "1")
    assert (busy.text, busy.is_ok) == ("This conversation is already running code.", False)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert sandbox.killed == 1
    refused = await run_again(sessions(FakeSandbox(refuses="There is no sandbox."), tmp_path), "t", "1")
    assert (refused.text, refused.is_ok) == ("There is no sandbox.", False)
    await over.aclose()


async def test_where_no_sandbox_holds_the_user_is_asked(tmp_path: Path) -> None:
    asked: list[str] = []

    async def approve(code: CodeToRun) -> Decision:
        asked.append(code.code)
        return Decision(len(asked) > 1)

    sandbox = FakeSandbox(prints("4\n"), asks=True)
    over = sessions(sandbox, tmp_path)
    refused = await run_again(over, "t", "2 + 2", approve)
    assert (refused.is_ok, sandbox.codes) == (False, [])
    assert (await run_again(over, "t", "2 + 2", approve)).is_ok
    assert not (await run_again(over, "t", "2 + 2")).is_ok
    assert asked == ["2 + 2"] * 2
    too_long = await run_again(over, "t", "#" * (LONGEST + 1), approve)
    assert (too_long.is_ok, sandbox.codes, asked) == (False, ["2 + 2"], ["2 + 2"] * 2)
    assert f"{LONGEST + 1:,} characters" in too_long.text
    assert "Write shorter" not in too_long.text
    await over.aclose()
