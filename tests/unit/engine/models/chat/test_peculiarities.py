"""Every known peculiarity of a server: engine, `openai` package and HTTP as they are in earnest."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.models.compat.lesson_store import Lessons
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.registry import ModelRegistry
from aimltui.wire.runs import CreateRun, Run, SubmitToolOutputs, ToolOutput
from aimltui.wire.threads import CreateThread
from tests.support.builders import an_assistant, finished, messages_of, options, run_now, until
from tests.support.chat_server import ChatServer
from tests.support.chats import KEY
from tests.support.peculiar import WAYS, Peculiarity
from tests.support.refusing import REFUSALS
from tests.support.scenes import Scene

EVERY = REFUSALS | WAYS


async def played(engine: Engine, one: Peculiarity) -> Run:
    """One run on a new thread, with its calls answered."""
    messages = [{"role": "user", "content": content} for content in one.says]
    thread = await engine.threads.create_thread(CreateThread.model_validate({"messages": messages}))
    assistant = await an_assistant(engine, model="test/odd")
    asked = {"thread_id": thread.id, "assistant_id": assistant.id, **one.run}
    run = await engine.runs.create_run(CreateRun.model_validate(asked))

    async def stops() -> bool:
        return (await run_now(engine, run)).status not in ("queued", "in_progress")

    await until(stops)
    now = await run_now(engine, run)
    if now.status == "requires_action":
        assert now.required_action is not None
        calls = now.required_action.submit_tool_outputs.tool_calls
        outputs = [ToolOutput(tool_call_id=call.id, output="rain") for call in calls]
        await engine.runs.submit_tool_outputs(
            SubmitToolOutputs(thread_id=thread.id, run_id=run.id, tool_outputs=outputs)
        )
    return await finished(engine, run)


async def last_text(engine: Engine, run: Run) -> str:
    said = [
        message.text for message in await messages_of(engine, run.thread_id) if message.role == "assistant"
    ]
    return said[-1] if said else ""


@pytest.mark.parametrize("name", list(EVERY))
async def test_a_run_goes_its_way_whatever_the_servers_way_is(tmp_path: Path, name: str) -> None:
    one = EVERY[name]
    lessons = Lessons(tmp_path / "learned.json")
    async with ChatServer(Scene((one.answers,))) as server:
        registry = ModelRegistry(Endpoint("odd", server.base_url, Secret(KEY)), lessons=lessons)
        engine = await Engine.open(options(tmp_path, lessons=lessons), registry)
        try:
            first = await played(engine, one)
            asked = len(server.chats)
            text = await last_text(engine, first)
            second = await played(engine, one)
        finally:
            await engine.aclose()
        again = len(server.chats) - asked
    assert (first.status, text, asked) == (one.status, one.text, one.asked)
    assert second.status == one.status
    assert again == (one.again if one.again is not None else 1)
    kept = Lessons(tmp_path / "learned.json")
    kept.load()
    assert {lesson.name: lesson.value for lesson in kept.listed() if lesson.model} == one.learned
    if one.error:
        assert first.last_error is not None
        assert one.error in first.last_error.message
