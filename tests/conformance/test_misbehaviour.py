"""Models that misbehave on the wire, by way of a real endpoint and a real server: no run is ever wedged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from openai import APIError, AsyncOpenAI

from aimltui.client.client import AssistantsClient
from aimltui.client.http import HTTPTransport
from aimltui.engine.engine import Engine
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.registry import ModelRegistry
from aimltui.wire.assistants import CreateAssistant
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import CreateMessage, NewMessage
from aimltui.wire.runs import CreateRun, Run, SubmitToolOutputs, ToolOutput
from aimltui.wire.threads import CreateThread
from tests.conformance.world import FUNCTIONS, CheckingTransport, over, plain, requirement, served
from tests.support.bad_scenes import names, scene
from tests.support.builders import options
from tests.support.chat_server import ChatServer

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
]
ROUNDS = 4
"""Outputs that are handed in at most."""


@asynccontextmanager
async def world(directory: Path, name: str) -> AsyncIterator[tuple[AssistantsClient, Path]]:
    """A model that plays a bad scene, the engine that talks to it, a server, and a client that checks everything."""
    async with ChatServer(scene(name)) as model:
        registry = ModelRegistry(endpoint=Endpoint("test", model.base_url, None), default_model="m")
        engine = await Engine.open(options(directory), registry)
        async with served(engine, directory / "s") as socket:
            client = AssistantsClient(CheckingTransport(HTTPTransport(over(socket))))
            yield client, socket
            await client.aclose()


async def wanted(client: AssistantsClient) -> CreateRun:
    assistant = await client.assistants.create(CreateAssistant(model="m", tools=FUNCTIONS))
    thread = await client.threads.create(CreateThread(messages=[NewMessage(role="user", content="Hi")]))
    return CreateRun(thread_id=thread.id, assistant_id=assistant.id)


def answers(run: Run) -> SubmitToolOutputs:
    assert run.required_action is not None
    pending = [call.id for call in run.required_action.submit_tool_outputs.tool_calls]
    assert len(set(pending)) == len(pending), "ids have to be distinct"
    assert all(pending)
    given = [ToolOutput(tool_call_id=call_id, output="x") for call_id in pending]
    return SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=given)


async def played(client: AssistantsClient) -> tuple[Run, list[StreamEvent]]:
    """A run to its end, with every call answered; and all that was told of it."""
    told: list[StreamEvent] = []
    stream = client.runs.stream(await wanted(client))
    for _ in range(ROUNDS):
        async with aclosing(stream) as events:
            part = [event async for event in events]
        assert part[-1].event == "done"
        told += part
        run = [event.data for event in part if isinstance(event.data, Run)][-1]
        if run.status != "requires_action":
            return run, told
        stream = client.runs.stream_tool_outputs(answers(run))
    raise AssertionError("the model calls for ever")


@requirement("runs:misbehaviour:wire")
@pytest.mark.parametrize("name", names())
async def test_a_bad_answer_ends_the_run_in_words_and_frees_the_thread(tmp_path: Path, name: str) -> None:
    async with asyncio.timeout(90), world(tmp_path, name) as (client, _):
        run, told = await played(client)
        assert run.is_terminal
        if run.status != "completed":
            assert run.status in ("failed", "incomplete")
            assert run.last_error is not None or run.incomplete_details is not None
        if run.last_error is not None:
            assert len(run.last_error.message) > 10
        assert not [event for event in told if event.event == "error"]
        assert (await client.runs.get(run.thread_id, run.id)).status == run.status
        await client.messages.create(
            CreateMessage(thread_id=run.thread_id, role="user", content="Still there?")
        )
        again = await client.runs.create(
            CreateRun(thread_id=run.thread_id, assistant_id=run.assistant_id or "")
        )
        assert again.status == "queued"


@requirement("runs:misbehaviour:sdk")
@pytest.mark.parametrize("name", names())
async def test_the_accumulating_stream_of_the_sdk_survives_it(tmp_path: Path, name: str) -> None:
    async with asyncio.timeout(90), world(tmp_path, name) as (client, socket):
        begun = await wanted(client)
        transport = plain(socket)
        sdk = AsyncOpenAI(
            api_key="x",
            base_url="http://localhost/v1",
            http_client=httpx2.AsyncClient(transport=transport),
            _strict_response_validation=True,
            max_retries=0,
        )
        runs = sdk.beta.threads.runs
        try:
            async with runs.stream(thread_id=begun.thread_id, assistant_id=begun.assistant_id) as stream:
                await stream.until_done()
                run = await stream.get_final_run() if stream.current_run is None else stream.current_run
        except APIError as error:
            pytest.fail(f"the SDK complains: {error}")
        finally:
            await sdk.close()
        assert run.status in ("completed", "failed", "incomplete", "requires_action")
