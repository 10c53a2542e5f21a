"""Runs of the real engine with the code interpreter: what is seen live is what is read back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.models.base import ChatChunk
from aimltui.engine.tools.code_interpreter.sessions.events import Done, Output
from aimltui.tui.state.entries import MessageEntry, StepEntry
from aimltui.tui.state.thread_view import Snapshot, ThreadView
from aimltui.wire.run_steps import ListRunSteps
from tests.support.builders import messages_of, opened, play, run_now, run_of
from tests.support.fake_model import FakeModel, says
from tests.support.fake_session import FakeSandbox, draws, fails, prints, runs, runs_raw, writes
from tests.support.mirror import Mirror

CODE: dict[str, Any] = {"tools": [{"type": "code_interpreter"}]}
BLOCK = "Let me see.\n```python\nprint(1)\n```\n"
SCENES: dict[str, tuple[list[Any], list[Any], dict[str, Any]]] = {
    "output": ([runs("print(4)"), says("It is ", "4.")], [prints("4\n", "5\n")], {}),
    "pictures": ([runs("a"), runs("b"), says("Look.")], [draws("x\n", "y\n"), draws("z")], {}),
    "links": (
        [runs("a"), says("[Here](sandbox:/mnt/", "data/out.csv).")],
        [writes("out.csv", "more.txt")],
        {},
    ),
    "failure": ([runs("1/0"), says("No.")], [fails()], {}),
    "refused arguments": ([runs_raw('{"code": "pri'), says("Sorry.")], [prints()], {}),
    "said, did, said": ([[ChatChunk(text="Let me see."), *runs("1")], says("1.")], [prints("1")], {}),
    "in a block": ([says(*BLOCK), says("One.")], [prints("1\n")], {"tool_protocol": "fenced"}),
    "long output": ([runs("1"), says("Long.")], [prints(*["x" * 99 + "\n"] * 4_000)], {}),
    "only a picture": ([runs("a"), says()], [draws("")], {}),
    "out of time": (
        [runs("loop")],
        [[Output("stdout", "half\n"), asyncio.Event(), Done("ok", 1)]],
        {"run_lifetime_s": 1.5},
    ),
    "never stops calling": ([runs("1"), runs("2")], [prints("1")], {"max_tool_turns": 1}),
}


@pytest.mark.parametrize("scene", SCENES)
async def test_what_is_seen_live_is_what_is_read_back(tmp_path: Path, scene: str) -> None:
    turns, cells, options = SCENES[scene]
    sandbox = FakeSandbox(*cells)
    async with opened(tmp_path, FakeModel(*turns), tools=[sandbox.tool(tmp_path)], **options) as engine:
        told = await play(engine, assistant=CODE)
        run = await run_now(engine, run_of(told))
        steps = (
            await engine.runs.list_run_steps(
                ListRunSteps(thread_id=run.thread_id, run_id=run.id, order="asc", limit=100)
            )
        ).data
        messages = await messages_of(engine, run.thread_id)
    live = ThreadView.from_snapshot(Snapshot(messages[:1], [], {}), {})
    mirror = Mirror(live.entries)
    for event in told:
        mirror.apply(live.apply(event))
    reopened = ThreadView.from_snapshot(Snapshot(messages, [run], {run.id: steps}), {})
    assert live.entries == reopened.entries
    assert mirror.entries == live.entries
    assert any(isinstance(entry, StepEntry) for entry in live.entries)


async def test_code_of_a_block_is_in_the_step_and_not_in_the_message(tmp_path: Path) -> None:
    turns, cells, options = SCENES["in a block"]
    tool = FakeSandbox(*cells).tool(tmp_path)
    async with opened(tmp_path, FakeModel(*turns), tools=[tool], **options) as engine:
        told = await play(engine, assistant=CODE)
    view = ThreadView({})
    for event in told:
        view.apply(event)
    texts = [entry.text.strip() for entry in view.entries if isinstance(entry, MessageEntry)]
    [step] = [entry for entry in view.entries if isinstance(entry, StepEntry)]
    assert texts == ["Let me see.", "One."]
    assert step.calls[0].input.strip() == "print(1)"
