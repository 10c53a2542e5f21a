"""The tool over real sandboxes, from a run's stream to the file that the code made."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.tools.builtin import BuiltinTools, builtin
from aimltui.wire.files import FileParams, ListFiles
from aimltui.wire.messages import NewMessage
from aimltui.wire.run_steps import ListRunSteps
from aimltui.wire.runs import CreateRun, RunParams
from tests.support.builders import (
    a_run_wanted,
    bounded,
    collect,
    finished,
    messages_of,
    options,
    play,
    run_of,
    until,
)
from tests.support.fake_model import FakeModel, FakeModels, says
from tests.support.fake_session import runs

CODE: dict[str, Any] = {"tools": [{"type": "code_interpreter"}]}


@pytest.fixture
async def own(tmp_path: Path) -> BuiltinTools:
    made = builtin(options(tmp_path))
    status = await made.interpreter.status()
    if not status.is_on:
        pytest.skip(status.sentence)
    return made


async def engine_with(own: BuiltinTools, tmp_path: Path, model: FakeModel) -> Engine:
    return await Engine.open(options(tmp_path), FakeModels(model), own.tools)


async def test_variables_and_files_live_on_from_run_to_run(own: BuiltinTools, tmp_path: Path) -> None:
    make = "x = 41\nopen('/mnt/data/made.txt', 'w').write('hello')\nx"
    model = FakeModel(runs(make), says("See sandbox:/mnt/data/made.txt"), runs("x + 1"), says("42"))
    engine = await engine_with(own, tmp_path, model)
    run = run_of(await play(engine, assistant=CODE))
    again = CreateRun(
        thread_id=run.thread_id,
        assistant_id=run.assistant_id,
        additional_messages=[NewMessage(role="user", content="One more?")],
    )
    await collect(engine.runs.stream_create_run(again))
    [file] = (await engine.files.list_files(ListFiles())).data
    content = await engine.files.get_file_content(FileParams(file_id=file.id))
    said = await messages_of(engine, run.thread_id)
    await bounded(engine.aclose())
    assert (file.filename, file.purpose, content.content) == ("made.txt", "assistants_output", b"hello")
    assert said[1].content[0].text.annotations[0].file_path.file_id == file.id  # type: ignore[union-attr]
    told = [message["content"] for message in model.requests[-1].messages if message["role"] == "tool"]
    assert told == ["41\n[New or changed files: sandbox:/mnt/data/made.txt]", "42"]
    assert not any((tmp_path / "interpreter").iterdir()), "nothing is left behind"


async def test_cancelling_stops_the_code_within_a_fifth_of_a_second(
    own: BuiltinTools, tmp_path: Path
) -> None:
    engine = await engine_with(own, tmp_path, FakeModel(runs("print('on', flush=True)\nwhile True: pass")))
    took: list[float] = []
    # what else the machine does at one moment says nothing about the tool; a delay in it shows each time
    while len(took) < 12 and min(took, default=1.0) >= 0.2:
        took.append(await seconds_to_cancel(engine))
    await bounded(engine.aclose())
    assert min(took) < 0.2, took


async def seconds_to_cancel(engine: Engine) -> float:
    """How long cancelling a run takes whose code runs."""
    run = await engine.runs.create_run(await a_run_wanted(engine, assistant=CODE))
    params = ListRunSteps(thread_id=run.thread_id, run_id=run.id)

    async def printed() -> bool:
        steps = (await engine.runs.list_run_steps(params)).data
        return bool(steps) and "'on\\n'" in str(steps[0].step_details.to_json())

    await until(printed)
    began = time.monotonic()
    await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
    ended = await finished(engine, run)
    took = time.monotonic() - began
    step = (await engine.runs.list_run_steps(params)).data[0]
    assert (ended.status, step.status) == ("cancelled", "cancelled")
    return took


async def test_what_a_cancelled_cell_has_made_is_not_lost(own: BuiltinTools, tmp_path: Path) -> None:
    code = "open('/mnt/data/half.txt', 'w').write('half')\nprint('on', flush=True)\nwhile True: pass"
    engine = await engine_with(own, tmp_path, FakeModel(runs(code)))
    run = await engine.runs.create_run(await a_run_wanted(engine, assistant=CODE))
    params = ListRunSteps(thread_id=run.thread_id, run_id=run.id)

    async def printed() -> bool:
        return "'on\\n'" in str([step.to_json() for step in (await engine.runs.list_run_steps(params)).data])

    await until(printed)
    await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
    ended = await finished(engine, run)
    said = await messages_of(engine, run.thread_id)
    attached = said[-1].attachments or []
    file = await engine.files.get_file(FileParams(file_id=attached[0].file_id or ""))
    await bounded(engine.aclose())
    assert (ended.status, said[-1].status, said[-1].text) == ("cancelled", "incomplete", "")
    assert [file.filename for _ in attached] == ["half.txt"]


async def test_where_it_is_switched_off_the_model_is_told_so(tmp_path: Path) -> None:
    model = FakeModel(runs("1"), says("It is off."))
    off = options(tmp_path, interpreter="off")
    engine = await Engine.open(off, FakeModels(model), builtin(off).tools)
    run = run_of(await play(engine, assistant=CODE))
    await bounded(engine.aclose())
    assert run.status == "completed"
    assert "switched off" in model.requests[1].messages[-1]["content"]
    assert await builtin(off).ready() == ()
