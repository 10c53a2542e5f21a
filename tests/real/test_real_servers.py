"""Runs against model servers that nobody here wrote. Only shapes are asserted, never words.

Opt-in: see `tests.real.servers.NEEDS`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ModelError, ModelInfo
from aimltui.engine.models.chat.model import OpenAICompatibleModel
from aimltui.engine.models.compat.lesson_store import Lessons
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.registry import ModelRegistry
from aimltui.wire.models import ListModels
from aimltui.wire.runs import CreateRun, Run, RunParams, SubmitToolOutputs, ToolOutput
from aimltui.wire.threads import CreateThread
from tests.real.servers import ENGINES, WANTED, running
from tests.support.builders import an_assistant, messages_of, options, run_now, until
from tests.support.chats import asking
from tests.support.peculiar import FUNCTION, PIXEL, SCHEMA

pytestmark = [
    pytest.mark.skipif(not WANTED, reason="opt-in: AIMLTUI_REAL_LLAMA=1"),
    pytest.mark.timeout(300),
]

PATIENCE_S = 120.0
SHORT: dict[str, Any] = {"max_completion_tokens": 256}
ENDS = ("completed", "incomplete")


@dataclass
class Place:
    """An engine in front of a real server."""

    engine: Engine
    model: str
    lessons: Lessons

    async def run(self, *contents: Any, **more: Any) -> Run:
        """A run, until it is over or waits."""
        messages = [{"role": "user", "content": content} for content in contents]
        thread = await self.engine.threads.create_thread(CreateThread.model_validate({"messages": messages}))
        assistant = await an_assistant(self.engine, model=self.model)
        asked = {"thread_id": thread.id, "assistant_id": assistant.id, **SHORT, **more}
        run = await self.engine.runs.create_run(CreateRun.model_validate(asked))
        return await self.settled(run)

    async def settled(self, run: Run) -> Run:
        async def stands() -> bool:
            return (await run_now(self.engine, run)).status not in ("queued", "in_progress", "cancelling")

        await until(stands, PATIENCE_S)
        return await run_now(self.engine, run)

    async def text_of(self, run: Run) -> str:
        said = await messages_of(self.engine, run.thread_id)
        return "".join(message.text for message in said if message.role == "assistant")


@pytest.fixture(scope="module", params=list(ENGINES))
def base_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(request.param, tmp_path_factory.mktemp("real")) as url:
        yield url


@asynccontextmanager
async def placed(directory: Path, base_url: str, **known: Any) -> AsyncIterator[Place]:
    lessons = Lessons(directory / "learned.json")
    registry = ModelRegistry(Endpoint("real", base_url), lessons=lessons)
    engine = await Engine.open(options(directory, lessons=lessons), registry)
    try:
        model = (await engine.models.list_models(ListModels())).data[0].id
        if known:
            lessons.learn("real", model, known)
        yield Place(engine, model, lessons)
    finally:
        await engine.aclose()


async def test_a_streamed_answer_has_text_and_usage(tmp_path: Path, base_url: str) -> None:
    async with placed(tmp_path, base_url) as place:
        run = await place.run("Say hello.", instructions="Be brief.", temperature=0.1)
        assert run.status in ENDS, run.last_error
        assert await place.text_of(run)
    assert run.usage is not None
    assert run.usage.prompt_tokens > 0
    assert run.usage.completion_tokens > 0


async def test_an_answer_in_one_piece_is_the_same_to_a_run(tmp_path: Path, base_url: str) -> None:
    async with placed(tmp_path, base_url, no_stream=True) as place:
        run = await place.run("Say hello.")
        assert run.status in ENDS, run.last_error
        assert await place.text_of(run)


async def test_everything_that_may_be_asked_for_at_once_ends_in_an_answer(
    tmp_path: Path, base_url: str
) -> None:
    async with placed(tmp_path, base_url) as place:
        run = await place.run(
            "Name a colour.",
            "Now.",
            instructions="Be brief.",
            temperature=0.1,
            top_p=0.9,
            reasoning_effort="minimal",
            response_format=SCHEMA,
        )
        assert run.status in ENDS, run.last_error
        text = await place.text_of(run)
    if run.status == "completed":
        assert isinstance(json.loads(text), dict)


async def test_a_picture_that_is_refused_teaches_and_the_run_goes_on(tmp_path: Path, base_url: str) -> None:
    look = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    async with placed(tmp_path, base_url) as place:
        run = await place.run(look)
        assert run.status in ENDS, run.last_error
        # a server that tells beforehand that it is blind need not teach it
        known = place.engine._runtime.models.info(place.model)
        tells = known is not None and (known.inputs is not None or known.abilities is not None)
        assert place.lessons.of("real", place.model) == ({} if tells else {"no_images": True})


async def test_a_function_that_is_demanded_is_called_or_not_and_the_run_ends(
    tmp_path: Path, base_url: str
) -> None:
    choice = {"type": "function", "function": {"name": "weather"}}
    async with placed(tmp_path, base_url) as place:
        run = await place.run(
            "How is the weather?", tools=[FUNCTION], tool_choice=choice, parallel_tool_calls=False
        )
        for _ in range(3):
            if run.status != "requires_action" or run.required_action is None:
                break
            calls = run.required_action.submit_tool_outputs.tool_calls
            assert [call.function.name for call in calls]
            outputs = [ToolOutput(tool_call_id=call.id, output="rain") for call in calls]
            await place.engine.runs.submit_tool_outputs(
                SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=outputs)
            )
            run = await place.settled(run)
        assert run.status in (*ENDS, "requires_action"), run.last_error


async def test_cut_off_arguments_in_the_history_do_no_harm(base_url: str) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Os'}}
    messages = [
        {"role": "user", "content": "How is the weather?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "rain"},
    ]
    model = OpenAICompatibleModel(Endpoint("real", base_url))
    try:
        ids = [info.id for info in await model.list_models()]
        asked = asking(model=ids[0], tools=(FUNCTION,), max_tokens=16)
        chunks = [chunk async for chunk in model.stream(replace(asked, messages=messages))]
    finally:
        await model.aclose()
    assert any(chunk.finish_reason for chunk in chunks)


async def test_a_run_is_cancelled_in_the_middle_of_its_answer(tmp_path: Path, base_url: str) -> None:
    async with placed(tmp_path, base_url) as place:
        thread = await place.engine.threads.create_thread(
            CreateThread.model_validate({"messages": [{"role": "user", "content": "Count to a thousand."}]})
        )
        assistant = await an_assistant(place.engine, model=place.model)
        run = await place.engine.runs.create_run(CreateRun(thread_id=thread.id, assistant_id=assistant.id))

        async def writes() -> bool:
            return bool(await place.text_of(run)) or (await run_now(place.engine, run)).is_terminal

        await until(writes, PATIENCE_S)
        await place.engine.runs.cancel_run(RunParams(thread_id=thread.id, run_id=run.id))
        ended = await place.settled(run)
        assert ended.status in ("cancelled", *ENDS)
        after = await place.run("Say hello.")
        assert after.status in ENDS, after.last_error


async def test_the_other_endpoint_answers_where_there_is_one(base_url: str) -> None:
    known = ModelInfo("any", endpoints=frozenset({"responses"}))
    model = OpenAICompatibleModel(Endpoint("real", base_url), about=lambda _id: known)
    refused: ModelError | None = None
    try:
        ids = [info.id for info in await model.list_models()]
        chunks = [
            chunk async for chunk in model.stream(asking(model=ids[0], system="Be brief.", max_tokens=32))
        ]
    except ModelError as error:
        refused = error
    finally:
        await model.aclose()
    if refused is not None:
        assert refused.status == 404
        return
    assert "".join(chunk.text for chunk in chunks)
    assert chunks[-1].finish_reason in ("stop", "length")
    assert chunks[-1].usage is not None
