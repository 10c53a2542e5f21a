"""The openai package as judge: its own client against the server, with strict response validation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import (
    APIError,
    AssistantEventHandler,
    AsyncAssistantEventHandler,
    AsyncAzureOpenAI,
    AsyncOpenAI,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    OpenAI,
)

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatChunk, ModelError
from aimltui.server.auth import Auth
from aimltui.wire.events import StreamEvent
from aimltui.wire.threads import ThreadSummary
from tests.conformance.world import FUNCTIONS, World, among, plain, requirement, served
from tests.support.builders import options
from tests.support.fake_model import FakeModel, FakeModels, calls, says

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
]

STRICT: dict[str, Any] = {
    "api_key": "sk-none",
    "base_url": "http://localhost/v1",
    "_strict_response_validation": True,
}


@asynccontextmanager
async def client_over(socket: Path | None, **changes: Any) -> AsyncIterator[AsyncOpenAI]:
    transport = plain(socket)
    async with AsyncOpenAI(http_client=httpx2.AsyncClient(transport=transport), **(STRICT | changes)) as made:
        yield made


@pytest.fixture
async def sdk(http_world: World) -> AsyncIterator[AsyncOpenAI]:
    async with client_over(http_world.socket) as client:
        yield client


async def prepared(sdk: AsyncOpenAI, **given: Any) -> dict[str, str]:
    """An assistant and a thread with a message, as arguments."""
    assistant = await sdk.beta.assistants.create(**({"model": "fake"} | given))
    thread = await sdk.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    return {"thread_id": thread.id, "assistant_id": assistant.id}


@requirement("sdk:objects")
async def test_every_object_passes_strict_validation(sdk: AsyncOpenAI) -> None:
    assistant = await sdk.beta.assistants.create(
        model="fake", name="n", tools=FUNCTIONS, metadata={"a": "b"}, temperature=0.5
    )
    assistant = await sdk.beta.assistants.update(assistant.id, description="d")
    assert (await sdk.beta.assistants.retrieve(assistant.id)).description == "d"
    assert await among(aiter(sdk.beta.assistants.list(limit=1)), [assistant.id]) == [assistant.id]

    thread = await sdk.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    thread = await sdk.beta.threads.update(thread.id, metadata={"a": "b"})
    assert (await sdk.beta.threads.retrieve(thread.id)).metadata == {"a": "b"}
    message = await sdk.beta.threads.messages.create(thread.id, role="user", content="More")
    await sdk.beta.threads.messages.update(message.id, thread_id=thread.id, metadata={"x": "y"})
    assert (await sdk.beta.threads.messages.retrieve(message.id, thread_id=thread.id)).metadata == {"x": "y"}
    texts = [m.content[0].text.value async for m in sdk.beta.threads.messages.list(thread.id, limit=1)]  # type: ignore[union-attr]
    assert texts == ["More", "Hi"]

    run = await sdk.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.status == "completed"
    assert run._request_id is not None
    run = await sdk.beta.threads.runs.update(run.id, thread_id=thread.id, metadata={"a": "b"})
    assert [found.id async for found in sdk.beta.threads.runs.list(thread.id)] == [run.id]
    steps = [step async for step in sdk.beta.threads.runs.steps.list(run.id, thread_id=thread.id)]
    step = await sdk.beta.threads.runs.steps.retrieve(steps[0].id, thread_id=thread.id, run_id=run.id)
    assert step.status == "completed"

    assert (await sdk.beta.threads.messages.delete(message.id, thread_id=thread.id)).deleted
    assert (await sdk.beta.threads.delete(thread.id)).deleted
    assert (await sdk.beta.assistants.delete(assistant.id)).deleted
    models = [model.id async for model in sdk.models.list()]
    assert (await sdk.models.retrieve(models[0])).id == models[0]


@requirement("sdk:lists")
async def test_its_pages_show_every_message_once(sdk: AsyncOpenAI) -> None:
    thread = await sdk.beta.threads.create()
    made = [
        (await sdk.beta.threads.messages.create(thread.id, role="user", content=str(n))).id for n in range(7)
    ]
    for order in ("asc", "desc"):
        pages = sdk.beta.threads.messages.list(thread.id, limit=2, order=order)  # type: ignore[arg-type]
        seen = [message.id async for message in pages]
        assert seen == (made if order == "asc" else made[::-1])


@requirement("sdk:threads-list")
async def test_the_list_of_threads_is_reached_by_its_low_level_get(sdk: AsyncOpenAI) -> None:
    thread = await sdk.beta.threads.create()
    page: Any = await sdk.get("/threads", cast_to=object)
    assert ThreadSummary.model_validate(page["data"][0]).id == thread.id


@requirement("sdk:poll")
async def test_its_poll_helpers_go_through_a_tool_call(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.script(calls(("weather", "{}"), ("time", "{}")), says("Sunny."))
    run = await sdk.beta.threads.runs.create_and_poll(**await prepared(sdk, tools=FUNCTIONS))
    assert run.status == "requires_action"
    assert run.required_action is not None
    given: list[Any] = [
        {"tool_call_id": call.id, "output": "x"}
        for call in run.required_action.submit_tool_outputs.tool_calls
    ]
    run = await sdk.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=given
    )
    assert run.status == "completed"
    assert run.usage is not None
    assert run.usage.total_tokens == 30


@requirement("sdk:stream:plain")
async def test_its_plain_stream(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.script(says("Hello", " ", "there"))
    stream = await sdk.beta.threads.runs.create(**await prepared(sdk), stream=True)
    told = [event async for event in stream]
    assert [event.event for event in told if not event.event.endswith("delta")] == [
        "thread.run.created", "thread.run.queued", "thread.run.in_progress",
        "thread.run.step.created", "thread.run.step.in_progress",
        "thread.message.created", "thread.message.in_progress",
        "thread.message.completed", "thread.run.step.completed", "thread.run.completed",
    ]  # fmt: skip
    deltas = [
        event.data.delta.content[0].text.value for event in told if event.event == "thread.message.delta"
    ]  # type: ignore[union-attr,index]
    assert "".join(deltas) == "Hello there"  # type: ignore[arg-type]


class Recorder(AsyncAssistantEventHandler):
    """Notes which callbacks come."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.text = ""
        self.failed: list[Exception] = []

    async def on_event(self, event: Any) -> None:
        assert event.event is not None, "an event that the SDK does not know"

    async def on_text_created(self, text: Any) -> None:
        self.told.append("text created")

    async def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        self.text += delta.value
        assert snapshot.value == self.text

    async def on_text_done(self, text: Any) -> None:
        self.told.append(f"text done: {text.value}")

    async def on_tool_call_created(self, tool_call: Any) -> None:
        self.told.append(f"call created: {tool_call.function.name}")

    async def on_tool_call_done(self, tool_call: Any) -> None:
        self.told.append(f"call done: {tool_call.id} {tool_call.function.arguments}")

    async def on_message_done(self, message: Any) -> None:
        self.told.append("message done")

    async def on_run_step_done(self, run_step: Any) -> None:
        self.told.append(f"step done: {run_step.type}")

    async def on_exception(self, exception: Exception) -> None:
        self.failed.append(exception)

    async def on_end(self) -> None:
        self.told.append("end")


@requirement("sdk:stream:handler")
async def test_its_event_handler_follows_a_run_with_tools(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.script(calls(("weather", '{"city": "Rome"}')), says("Sunny", "."))
    handler = Recorder()
    async with sdk.beta.threads.runs.stream(
        **await prepared(sdk, tools=FUNCTIONS), event_handler=handler
    ) as stream:
        await stream.until_done()
        run = await stream.get_final_run()
    assert run.status == "requires_action"
    assert 'call done: call_0 {"city": "Rome"}' in handler.told
    again = Recorder()
    async with sdk.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id,
        thread_id=run.thread_id,
        tool_outputs=[{"tool_call_id": "call_0", "output": "sunny"}],
        event_handler=again,
    ) as stream:
        await stream.until_done()
        assert (await stream.get_final_run()).status == "completed"
        (message,) = await stream.get_final_messages()
    assert again.text == message.content[0].text.value == "Sunny."  # type: ignore[union-attr]
    assert again.told == [
        "step done: tool_calls",
        "text created",
        "text done: Sunny.",
        "message done",
        "step done: message_creation",
        "end",
    ]
    assert handler.failed == again.failed == []


SCENES: dict[str, Any] = {
    "failed": ([ChatChunk(text="So"), ModelError("No.")], "failed"),
    "failed before anything": ([ModelError("No.")], "failed"),
    "incomplete": (says("So", finish="length"), "incomplete"),
    "a refusal": ([ChatChunk(refusal="I will not"), ChatChunk(finish_reason="stop")], "completed"),
    "text and calls": ([ChatChunk(text="Let me see"), *calls(("weather", "{}"))], "requires_action"),
    "two hundred calls": (calls(*[("weather", "{}")] * 200), "requires_action"),
    "an unknown tool": (calls(("teleport", "{}")), "completed"),
    "nothing": ([], "failed"),
    "a bug": ([ChatChunk(text="So"), RuntimeError("bug")], "failed"),
}


@requirement("sdk:stream:scenes")
@pytest.mark.parametrize("scene", SCENES)
async def test_its_accumulating_stream_survives_every_scene(
    http_world: World, sdk: AsyncOpenAI, scene: str
) -> None:
    turn, status = SCENES[scene]
    http_world.script(turn, says("fine"))
    handler = Recorder()
    async with sdk.beta.threads.runs.stream(
        **await prepared(sdk, tools=FUNCTIONS), event_handler=handler
    ) as stream:
        await stream.until_done()
        assert (await stream.get_final_run()).status == status
    assert handler.failed == []


@requirement("sdk:stream:cancelled")
async def test_its_stream_ends_when_the_run_is_cancelled(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.script([ChatChunk(text="So"), asyncio.Event()])
    async with asyncio.timeout(60), sdk.beta.threads.runs.stream(**await prepared(sdk)) as stream:
        async for event in stream:
            if event.event == "thread.message.delta":
                run = stream.current_run
                assert run is not None
                assert (
                    await sdk.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
                ).status == "cancelling"
        assert (await stream.get_final_run()).status == "cancelled"


@requirement("sdk:create_and_run")
async def test_a_thread_and_a_run_at_once_in_three_ways(sdk: AsyncOpenAI) -> None:
    assistant = await sdk.beta.assistants.create(model="fake")
    thread: Any = {"messages": [{"role": "user", "content": "Hi"}]}
    run = await sdk.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
    assert run.status == "completed"
    async with sdk.beta.threads.create_and_run_stream(assistant_id=assistant.id, thread=thread) as stream:
        assert "".join([text async for text in stream.text_deltas]) == "Hello there."
    events = await sdk.beta.threads.create_and_run(assistant_id=assistant.id, thread=thread, stream=True)
    told = [event.event async for event in events]
    assert (told[0], told[-1]) == ("thread.created", "thread.run.completed")


@requirement("sdk:errors")
async def test_refusals_become_its_exceptions(sdk: AsyncOpenAI) -> None:
    with pytest.raises(NotFoundError) as missing:
        await sdk.beta.threads.retrieve("thread_none")
    assert missing.value.request_id is not None
    assert "No thread found with id 'thread_none'." in missing.value.message
    with pytest.raises(BadRequestError) as bad:
        await sdk.beta.assistants.create(model="fake", metadata={"modified": True})  # type: ignore[dict-item]
    assert (bad.value.code, bad.value.param, bad.value.type) == (
        "invalid_type",
        "metadata.modified",
        "invalid_request_error",
    )
    with pytest.raises(BadRequestError, match="Missing required parameter: 'assistant_id'"):
        await sdk.post("/threads/thread_1/runs", body={}, cast_to=object)


class Breaking:
    """An engine whose streams break in the middle of an answer."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def call(self, name: str, params: Any) -> Any:
        return await self.engine.call(name, params)

    async def stream(self, name: str, params: Any) -> AsyncGenerator[StreamEvent, None]:
        async with aclosing(self.engine.stream(name, params)) as told:
            async for event in told:
                yield event
                if event.event == "thread.message.delta":
                    raise RuntimeError("broken")

    async def aclose(self) -> None:
        await self.engine.aclose()


@requirement("sdk:error-event")
@pytest.mark.parametrize("way", ["plain", "accumulating"])
async def test_an_error_in_the_middle_of_a_stream_is_raised(tmp_path: Path, way: str) -> None:
    engine = Breaking(await Engine.open(options(tmp_path), FakeModels(FakeModel())))
    told: list[str] = []
    async with served(engine, tmp_path / "s") as socket, client_over(socket) as sdk:
        given = await prepared(sdk)

        async def follow() -> None:
            if way == "plain":
                async for event in await sdk.beta.threads.runs.create(**given, stream=True):
                    told.append(event.event)
                return
            async with sdk.beta.threads.runs.stream(**given) as stream:
                async for event in stream:
                    told.append(event.event)

        with pytest.raises(APIError, match="The server had an error while sending the events of the run"):
            await follow()
    assert told[-1] == "thread.message.delta"


@requirement("sdk:no-repeats")
async def test_it_does_not_repeat_a_creation_that_failed(tmp_path: Path) -> None:
    engine = await Engine.open(options(tmp_path), FakeModels(FakeModel()))
    tried: list[str] = []

    class Broken:
        async def call(self, name: str, params: Any) -> Any:
            tried.append(name)
            raise RuntimeError("broken")

        def stream(self, name: str, params: Any) -> Any:
            raise RuntimeError("broken")

        async def aclose(self) -> None:
            await engine.aclose()

    async with served(Broken(), tmp_path / "s") as socket, client_over(socket) as sdk:
        with pytest.raises(InternalServerError, match="The server had an error"):
            await sdk.beta.threads.messages.create("thread_1", role="user", content="once")
    assert tried == ["create_message"]


@requirement("sdk:auth")
async def test_its_key_is_the_servers_token(tmp_path: Path) -> None:
    engine = await Engine.open(options(tmp_path), FakeModels(FakeModel()))
    token = "t" * 20
    async with served(engine, tmp_path / "s", Auth(token, is_socket=True)) as socket:
        async with client_over(socket) as stranger:
            with pytest.raises(AuthenticationError) as caught:
                await stranger.beta.threads.create()
            assert caught.value.code == "invalid_api_key"
        async with client_over(socket, api_key=token) as friend:
            await friend.beta.threads.create()


@requirement("sdk:azure")
async def test_azures_client_works_too(http_world: World) -> None:
    transport = plain(http_world.socket)
    async with AsyncAzureOpenAI(
        api_key="k",
        azure_endpoint="http://localhost",
        api_version="2024-05-01-preview",
        http_client=httpx2.AsyncClient(transport=transport),
        _strict_response_validation=True,
    ) as azure:
        run = await azure.beta.threads.runs.create_and_poll(**await prepared(azure))
        assert run.status == "completed"
        async with azure.beta.threads.runs.stream(
            thread_id=run.thread_id, assistant_id=run.assistant_id
        ) as stream:
            assert (await stream.get_final_run()).status == "completed"


@requirement("sdk:sync")
async def test_the_synchronous_client_does_it_all(http_world: World) -> None:
    http_world.script(calls(("weather", "{}")), says("Sunny."), says("Hello", " again"))

    class Texts(AssistantEventHandler):
        text = ""

        def on_text_delta(self, delta: Any, snapshot: Any) -> None:
            self.text += delta.value

    def work() -> tuple[str, str, list[str]]:
        transport = httpx2.HTTPTransport(uds=str(http_world.socket))
        with OpenAI(http_client=httpx2.Client(transport=transport), **STRICT) as sdk:
            assistant = sdk.beta.assistants.create(model="fake", tools=FUNCTIONS)
            thread = sdk.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
            run = sdk.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            run = sdk.beta.threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread.id, tool_outputs=[{"tool_call_id": "call_0", "output": "x"}]
            )
            handler = Texts()
            with sdk.beta.threads.runs.stream(
                thread_id=thread.id, assistant_id=assistant.id, event_handler=handler
            ) as stream:
                stream.until_done()
            answers = [
                m.content[0].text.value for m in sdk.beta.threads.messages.list(thread.id, order="asc")
            ]  # type: ignore[union-attr]
            return run.status, handler.text, answers

    status, text, answers = await asyncio.wait_for(asyncio.to_thread(work), 90)
    assert (status, text) == ("completed", "Hello again")
    assert answers == ["Hi", "Sunny.", "Hello again"]


@requirement("sdk:with_raw_response")
async def test_its_raw_response_shows_the_headers(sdk: AsyncOpenAI) -> None:
    raw = await sdk.beta.threads.with_raw_response.create()
    assert raw.headers["openai-version"] == "2020-10-01"
    assert openai.__version__
