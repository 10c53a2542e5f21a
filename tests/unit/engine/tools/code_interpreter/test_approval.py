"""Code that nothing keeps in waits for the user's word, each time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.approval import CodeToRun, Decision
from aimltui.engine.tools.code_interpreter.approval import LONGEST
from aimltui.wire.runs import RunParams
from tests.support.builders import a_run_wanted, bounded, finished, opened, play, run_of, until
from tests.support.fake_model import FakeModel, says
from tests.support.fake_session import FakeSandbox, prints, runs

CODE: dict[str, Any] = {"tools": [{"type": "code_interpreter"}]}


class User:
    """Answers in turn; waits where there is no answer."""

    def __init__(self, *answers: bool) -> None:
        self.answers = [Decision(may_run, "" if may_run else "It deletes my notes.") for may_run in answers]
        self.asked: list[CodeToRun] = []
        self.left = 0

    async def __call__(self, code: CodeToRun) -> Decision:
        self.asked.append(code)
        if not self.answers:
            try:
                await asyncio.Event().wait()
            finally:
                self.left += 1
        return self.answers.pop(0)


async def test_each_run_is_asked_for_and_a_no_is_told_to_the_model(tmp_path: Path) -> None:
    user, sandbox = User(True, False), FakeSandbox(prints("1\n"), asks=True)
    model = FakeModel(runs("first"), runs("second"), says("Done."))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path, ask_approval=user)]) as engine:
        run = run_of(await play(engine, assistant=CODE))
    assert sandbox.codes == ["first"]
    assert [code.code for code in user.asked] == ["first", "second"]
    assert (user.asked[0].thread_id, user.asked[0].run_id) == (run.thread_id, run.id)
    assert user.asked[0].call_id == "call_x", "the panel of the call says that it waits"
    told = model.requests[2].messages[-1]["content"]
    assert "did not allow" in told
    assert told.endswith("Reason: It deletes my notes.")
    assert run.status == "completed"


@pytest.mark.parametrize("code", ["1", "#" * (LONGEST + 1)])
async def test_what_nobody_can_look_at_is_not_run(tmp_path: Path, code: str) -> None:
    sandbox = FakeSandbox(asks=True)
    approve = None if code == "1" else User(True)
    async with opened(
        tmp_path,
        FakeModel(runs(code, size=10_000), says("No.")),
        tools=[sandbox.tool(tmp_path, ask_approval=approve)],
    ) as engine:
        run = run_of(await play(engine, assistant=CODE))
    assert run.status == "completed"
    assert sandbox.codes == []


async def test_a_run_that_is_stopped_takes_its_question_with_it(tmp_path: Path) -> None:
    user, sandbox = User(), FakeSandbox(asks=True)
    async with opened(
        tmp_path, FakeModel(runs("1")), tools=[sandbox.tool(tmp_path, ask_approval=user)]
    ) as engine:
        run = await engine.runs.create_run(await a_run_wanted(engine, assistant=CODE))
        await until(lambda: user.asked)
        await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
        ended = await bounded(finished(engine, run))
    assert (ended.status, user.left, sandbox.codes) == ("cancelled", 1, [])
