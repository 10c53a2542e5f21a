"""Assistants as models: the openai package's chat completions against the server."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.models.base import ChatChunk, ModelError
from aimltui.server.app import create_app
from aimltui.server.auth import Auth
from aimltui.wire.assistants import CreateAssistant
from aimltui.wire.files import ListFiles
from aimltui.wire.messages import ListMessages
from aimltui.wire.threads import CreateThread, ListThreads
from tests.conformance.test_sdk import client_over
from tests.conformance.world import World, plain, requirement
from tests.support.builders import PATIENCE_S, bounded, opened, until
from tests.support.fake_model import FakeModel, calls, says

pytestmark = pytest.mark.usefixtures("bob")

WEATHER: Any = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
HI: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]


@pytest.fixture
async def sdk(http_world: World) -> AsyncIterator[AsyncOpenAI]:
    async with client_over(http_world.socket) as client:
        yield client


@pytest.fixture
async def bob(http_world: World) -> str:
    made = await http_world.assistant(name="Bob the tutor", instructions="Teach.")
    return made.id


async def threads_of(world: World) -> list[str]:
    return [thread.id for thread in (await world.client.threads.list(ListThreads())).data]


@requirement("chat:models")
async def test_assistants_are_listed_and_found_by_name_and_id(
    http_world: World, sdk: AsyncOpenAI, bob: str
) -> None:
    twins = [(await http_world.assistant(name="Twin")).id for _ in range(2)]
    listed = [model.id async for model in sdk.models.list()]
    assert listed[:3] == [f"assistant/{twins[1]}", f"assistant/{twins[0]}", "assistant/Bob the tutor"]
    assert "fake" in listed
    assert (await sdk.models.retrieve("assistant/Bob the tutor")).owned_by == "aimltui-assistants"
    for name in ("assistant/Bob the tutor", f"assistant/{bob}", bob):
        answer = await sdk.chat.completions.create(model=name, messages=HI)
        assert answer.choices[0].message.content == "Hello there."
    assert [model.id for model in (await http_world.client.list_models()).data] == ["fake"]


@requirement("chat:models")
@pytest.mark.parametrize("name", ["gpt-4o", "fake", "assistant/Nobody", "asst_none", "assistant/"])
async def test_what_is_no_assistant_is_not_passed_on(http_world: World, sdk: AsyncOpenAI, name: str) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await sdk.chat.completions.create(model=name, messages=HI)
    assert caught.value.code == "model_not_found"
    assert http_world.model.requests == []


@requirement("chat:answer")
async def test_an_answer_has_usage_and_leaves_no_thread(http_world: World, sdk: AsyncOpenAI) -> None:
    answer = await sdk.chat.completions.create(
        model="assistant/Bob the tutor", messages=HI, max_tokens=16, temperature=0.5, seed=7
    )
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (10, 5)  # type: ignore[union-attr]
    asked = http_world.model.requests[0]
    assert asked.messages[0]["content"] == "Teach. Be brief."
    assert (asked.max_tokens, asked.temperature) == (16, 0.5)
    assert await threads_of(http_world) == []


@requirement("chat:stream")
async def test_a_stream_tells_the_same_in_pieces(sdk: AsyncOpenAI) -> None:
    stream = await sdk.chat.completions.create(
        model="assistant/Bob the tutor", messages=HI, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "Hello there."
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 2) + ["stop"]
    assert chunks[-1].usage.total_tokens == 15  # type: ignore[union-attr]
    assert len({chunk.id for chunk in chunks}) == 1


@requirement("chat:functions")
@pytest.mark.parametrize("stream", [False, True])
async def test_the_callers_functions_are_called_and_the_run_goes_on(
    http_world: World, sdk: AsyncOpenAI, stream: bool
) -> None:
    http_world.model.turns = [calls(("weather", '{"city": "Rome"}')), says("Sunny.")]
    asked: dict[str, Any] = {"model": "assistant/Bob the tutor", "tools": [WEATHER], "stream": stream}
    answer = await sdk.chat.completions.create(messages=HI, **asked)
    if stream:
        chunks = [chunk async for chunk in answer]
        made = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
        finish = chunks[-1].choices[0].finish_reason
    else:
        made, finish = answer.choices[0].message.tool_calls, answer.choices[0].finish_reason
    assert finish == "tool_calls"
    assert (made[0].function.name, made[0].function.arguments) == ("weather", '{"city": "Rome"}')
    call = {"id": made[0].id, "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    more = [
        *HI,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": made[0].id, "content": "20 degrees"},
    ]
    last = await sdk.chat.completions.create(messages=more, **(asked | {"stream": False}))
    assert last.choices[0].message.content == "Sunny."
    assert http_world.model.requests[-1].messages[-1]["content"] == "20 degrees"
    assert await threads_of(http_world) == []


@requirement("chat:functions")
async def test_conversations_whose_calls_have_the_same_ids_are_not_mixed_up(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    http_world.model.turns = [calls(("weather", "{}")), calls(("weather", "{}")), says("A"), says("B")]
    asked: dict[str, Any] = {"model": "assistant/Bob the tutor", "tools": [WEATHER]}
    call = {"id": "call_0", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    outputs: Any = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_0", "content": "wet"},
    ]
    for city in ("Rome", "Oslo"):
        await sdk.chat.completions.create(messages=[{"role": "user", "content": city}], **asked)
    for city in ("Rome", "Oslo"):
        said: Any = [{"role": "user", "content": city}, *outputs]
        await sdk.chat.completions.create(messages=said, **asked)
        told = http_world.model.requests[-1].messages
        assert [message["content"] for message in told if message["role"] == "user"] == [city]
    assert await threads_of(http_world) == []


@requirement("chat:history")
async def test_a_history_with_calls_is_told_to_the_model_as_it_was(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    call = {"id": "call_old", "type": "function", "function": {"name": "weather", "arguments": '{"a": 1}'}}
    messages: Any = [
        {"role": "user", "content": [{"type": "text", "text": "How is it?"}]},
        {"role": "assistant", "content": "I look.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_old", "content": "wet"},
        {"role": "assistant", "content": "It rains."},
        {"role": "user", "content": "Still?"},
    ]
    await sdk.chat.completions.create(model="assistant/Bob the tutor", messages=messages, tools=[WEATHER])
    told = http_world.model.requests[0].messages[1:]
    assert [message["role"] for message in told] == [
        "user",
        "assistant",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert told[2]["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"a": 1}'}
    assert (told[3]["content"], told[4]["content"], told[5]["content"]) == ("wet", "It rains.", "Still?")


@requirement("chat:thread")
async def test_a_thread_gets_only_what_is_new_and_keeps_the_answer(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    thread = await http_world.client.threads.create(CreateThread())
    asked: dict[str, Any] = {"model": "assistant/Bob the tutor", "metadata": {"thread_id": thread.id}}
    await sdk.chat.completions.create(messages=HI, **asked)
    more = [*HI, {"role": "assistant", "content": "Hello there."}, {"role": "user", "content": "Again"}]
    await sdk.chat.completions.create(messages=more, **asked)
    page = await http_world.client.messages.list(ListMessages(thread_id=thread.id, order="asc"))
    assert [message.text for message in page.data] == ["Hi", "Hello there.", "Again", "Hello there."]
    assert await threads_of(http_world) == [thread.id]


@requirement("chat:files")
async def test_a_file_in_a_message_is_read_and_leaves_nothing_behind(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    http_world.model.turns = [calls(("weather", "{}")), says("Sunny.")]
    data = base64.b64encode(b"Whales sing.").decode()
    file = {"filename": "a.txt", "file_data": f"data:text/plain;base64,{data}"}
    asked: Any = {"role": "user", "content": [{"type": "file", "file": file}]}
    first = await sdk.chat.completions.create(
        model="assistant/Bob the tutor", messages=[asked], tools=[WEATHER]
    )
    assert "Whales sing." in str(http_world.model.requests[0].messages)
    called: Any = first.choices[0].message
    output: Any = {"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": "sun"}
    await sdk.chat.completions.create(
        model="assistant/Bob the tutor", messages=[asked, called.model_dump(), output], tools=[WEATHER]
    )
    # the run that waited went on, as the same file has the same id
    assert len(http_world.model.requests) == 2
    assert await threads_of(http_world) == []
    assert (await http_world.client.files.list(ListFiles())).data == []


@requirement("chat:reasoning")
async def test_thoughts_and_code_are_reasoning(http_world: World, sdk: AsyncOpenAI) -> None:
    await http_world.assistant(name="Coder", tools=[{"type": "code_interpreter"}])
    code = calls(("code_interpreter", '{"code": "print(1)"}'))
    http_world.model.turns = [[ChatChunk(reasoning="Let me see."), *code], says("One.")]
    answer = await sdk.chat.completions.create(model="assistant/Coder", messages=HI)
    assert answer.choices[0].message.content == "One."
    told = answer.choices[0].message.reasoning_content  # type: ignore[attr-defined]
    assert told.startswith("Let me see.")
    assert "```python\nprint(1)\n```" in told


@requirement("chat:errors")
async def test_a_failure_is_an_error_of_the_api(http_world: World, sdk: AsyncOpenAI) -> None:
    limit = ModelError("llm.test says that the rate limit is reached.", code="rate_limit_exceeded")
    http_world.model.turns = [[limit], [ChatChunk(text="Wel"), ModelError("It broke.", cut=True)]]
    asked: dict[str, Any] = {"model": "assistant/Bob the tutor", "messages": HI}
    with pytest.raises(openai.RateLimitError, match="rate limit is reached"):
        await sdk.with_options(max_retries=0).chat.completions.create(**asked)
    with pytest.raises(openai.APIError, match=r"It broke\."):
        async for _ in await sdk.chat.completions.create(stream=True, **asked):
            pass


@requirement("chat:stop")
async def test_a_server_that_stops_leaves_no_thread_of_a_request(tmp_path: Path) -> None:
    model = FakeModel(calls(("weather", "{}")), [ChatChunk(text="Wait"), asyncio.Event()])
    async with opened(tmp_path, model) as engine:
        client = AssistantsClient(EmbeddedTransport(engine))
        bob = await client.assistants.create(CreateAssistant(model="fake"))
        app = create_app(engine, Auth(is_socket=True))
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as raw:
            asked = {"model": bob.id, "messages": HI, "tools": [WEATHER]}
            answer = await raw.post("/v1/chat/completions", json=asked)
            assert answer.json()["choices"][0]["finish_reason"] == "tool_calls"
            waits = asyncio.create_task(raw.post("/v1/chat/completions", json=asked))
            bare = {"model": bob.id, "input": "Hi", "store": False}
            also = asyncio.create_task(raw.post("/v1/responses", json=bare))
            await until(lambda: len(model.requests) == 3)
            await app.aclose()
            assert (await client.threads.list(ListThreads())).data == []
            await bounded(asyncio.gather(waits, also))


@requirement("chat:errors")
async def test_a_failed_request_is_not_repeated_if_that_would_say_something_twice(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    http_world.model.turns = [[ModelError("It broke.")]]
    thread = await http_world.client.threads.create(CreateThread())
    asked: dict[str, Any] = {"model": "assistant/Bob the tutor", "messages": HI}
    with pytest.raises(openai.InternalServerError):
        await sdk.chat.completions.create(metadata={"thread_id": thread.id}, **asked)
    said = await http_world.client.messages.list(ListMessages(thread_id=thread.id))
    assert [message.text for message in said.data] == ["Hi"]


@requirement("chat:stop")
async def test_a_client_that_leaves_stops_the_run(http_world: World, sdk: AsyncOpenAI) -> None:
    never = asyncio.Event()
    http_world.model.turns = [[ChatChunk(text="Wait"), never]]
    whole = asyncio.create_task(sdk.chat.completions.create(model="assistant/Bob the tutor", messages=HI))
    await until(lambda: len(http_world.model.requests) == 1)
    whole.cancel()
    await until(lambda: http_world.model.closed_early == 1)
    stream = await sdk.chat.completions.create(model="assistant/Bob the tutor", messages=HI, stream=True)
    async for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    await stream.close()
    await until(lambda: http_world.model.closed_early == 2)
    async with asyncio.timeout(PATIENCE_S):
        while await threads_of(http_world):  # noqa: ASYNC110  # the thread is deleted by the server, which tells nobody
            await asyncio.sleep(0.01)


@requirement("chat:errors")
@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": []}, "messages"),
        ({"model": "m", "messages": ["Hi"]}, "messages[0]"),
        ({"model": "m", "messages": [{"role": "user"}]}, "messages[0].content"),
        ({"model": "m", "messages": [{"role": "king", "content": "x"}]}, "messages[0].role"),
        (
            {
                "model": "m",
                "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}],
            },
            "content[0].image_url.url",
        ),
        ({"model": "m", "messages": HI, "n": 2}, "n"),
        ({"model": "m", "messages": HI, "stream": "yes"}, "stream"),
        (
            {"model": "m", "messages": [{"role": "tool", "tool_call_id": "c", "content": "x"}]},
            "messages[0].tool_call_id",
        ),
        ({"model": "assistant/Bob the tutor", "messages": HI, "temperature": 3}, "temperature"),
        ({"model": "assistant/Bob the tutor", "messages": HI[:1]}, "messages"),
    ],
)
async def test_a_bad_request_names_its_parameter(http_world: World, body: Any, param: str) -> None:
    assert http_world.socket is not None
    async with httpx2.AsyncClient(transport=plain(http_world.socket), base_url="http://localhost") as raw:
        answer = await raw.post("/v1/chat/completions", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
