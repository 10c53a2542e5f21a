"""The Responses and Conversations APIs: the openai package, with strict validation, against the server."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from aimltui.engine.models.base import ChatChunk, ModelError
from aimltui.wire.assistants import CreateAssistant
from aimltui.wire.files import ListFiles
from aimltui.wire.threads import ListThreads
from tests.conformance.test_sdk import client_over
from tests.conformance.world import World, plain, requirement
from tests.support.builders import until
from tests.support.fake_model import calls, says
from tests.support.web_socket import web_socket

WEATHER: Any = {"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": False}
CODE: Any = {"type": "code_interpreter", "container": {"type": "auto"}}


@pytest.fixture
async def sdk(http_world: World) -> AsyncIterator[AsyncOpenAI]:
    async with client_over(http_world.socket) as client:
        yield client


async def threads_of(world: World) -> list[str]:
    return [thread.id for thread in (await world.client.threads.list(ListThreads())).data]


def kinds(response: Any) -> list[str]:
    return [item.type for item in response.output]


@requirement("responses:objects")
async def test_a_response_is_stored_found_and_deleted(http_world: World, sdk: AsyncOpenAI) -> None:
    made = await sdk.responses.create(
        model="fake", input="Hi", instructions="Be brief.", metadata={"a": "b"}, max_output_tokens=16
    )
    assert (made.status, made.output_text, made.model) == ("completed", "Hello there.", "fake")
    assert (made.metadata, made.max_output_tokens, made.instructions) == ({"a": "b"}, 16, "Be brief.")
    assert made.usage.input_tokens_details.cache_write_tokens == 0  # type: ignore[union-attr]
    assert made.usage.total_tokens == 15  # type: ignore[union-attr]
    assert http_world.model.requests[0].messages[0]["content"] == "Be brief."
    assert await sdk.responses.retrieve(made.id) == made
    [said] = (await sdk.responses.input_items.list(made.id)).data
    assert said.content[0].text == "Hi"  # type: ignore[union-attr]
    assert len(await threads_of(http_world)) == 1
    await sdk.responses.delete(made.id)
    assert await threads_of(http_world) == []
    with pytest.raises(openai.NotFoundError):
        await sdk.responses.retrieve(made.id)


@requirement("responses:assistants")
async def test_an_assistant_answers_under_its_name(http_world: World, sdk: AsyncOpenAI) -> None:
    await http_world.assistant(name="Bob", instructions="Teach.")
    made = await sdk.responses.create(model="assistant/Bob", input="Hi", instructions="Be brief.")
    assert (made.model, made.output_text) == ("assistant/Bob", "Hello there.")
    assert http_world.model.requests[0].messages[0]["content"] == "Teach. Be brief."
    with pytest.raises(openai.NotFoundError) as caught:
        await sdk.responses.create(model="assistant/Nobody", input="Hi")
    assert caught.value.code == "model_not_found"


@requirement("responses:assistants")
async def test_plain_models_share_one_assistant_however_many_there_are(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    await sdk.responses.create(model="fake", input="Hi")
    for _ in range(101):
        await http_world.engine.assistants.create_assistant(CreateAssistant(model="fake"))
    await sdk.responses.create(model="fake", input="Hi")
    # of several with one name, none is listed by it
    assert "assistant/Responses" in [model.id async for model in sdk.models.list()]


@requirement("responses:stream")
async def test_the_events_of_a_stream_make_up_the_response(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.model.turns = [
        [ChatChunk(reasoning="Let "), ChatChunk(reasoning="me see."), *says("Hel", "lo")]
    ]
    events = [event async for event in await sdk.responses.create(model="fake", input="Hi", stream=True)]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    names = [event.type.removeprefix("response.") for event in events]
    assert names[:4] == ["created", "in_progress", "output_item.added", "reasoning_summary_part.added"]
    assert names[-4:] == ["output_text.done", "content_part.done", "output_item.done", "completed"]
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    final = events[-1].response  # type: ignore[union-attr]
    assert text == final.output_text == "Hello"
    assert kinds(final) == ["reasoning", "message"]
    assert final.output[0].summary[0].text == "Let me see."
    assert (await sdk.responses.retrieve(final.id)).output == final.output


@requirement("responses:stream")
async def test_the_packages_own_stream_reader_understands_it(sdk: AsyncOpenAI) -> None:
    async with sdk.responses.stream(model="fake", input="Hi") as stream:
        async for _ in stream:
            pass
        assert (await stream.get_final_response()).output_text == "Hello there."


@requirement("responses:previous")
async def test_a_conversation_goes_on_and_branches(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.model.turns = [says("One."), says("Two."), says("Other.")]
    first = await sdk.responses.create(model="fake", input="1")
    second = await sdk.responses.create(model="fake", input="2", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    assert [m["content"] for m in http_world.model.requests[1].messages] == ["1", "One.", "2"]
    other = await sdk.responses.create(model="fake", input="3", previous_response_id=first.id)
    assert [m["content"] for m in http_world.model.requests[2].messages] == ["1", "One.", "3"]
    assert (await sdk.responses.retrieve(second.id)).output_text == "Two."
    assert (await sdk.responses.retrieve(other.id)).output_text == "Other."


@requirement("responses:functions")
@pytest.mark.parametrize("stream", [False, True])
async def test_functions_are_called_and_the_run_goes_on(
    http_world: World, sdk: AsyncOpenAI, stream: bool
) -> None:
    http_world.model.turns = [calls(("weather", '{"a": 1}'), ("weather", "{}")), says("Sunny.")]
    if stream:
        asked = await sdk.responses.create(model="fake", input="Hi", tools=[WEATHER], stream=True)
        events = [event async for event in asked]
        done = [event for event in events if event.type == "response.function_call_arguments.done"]
        assert [event.arguments for event in done] == ['{"a": 1}', "{}"]
        first = events[-1].response  # type: ignore[union-attr]
    else:
        first = await sdk.responses.create(model="fake", input="Hi", tools=[WEATHER])
    assert (first.status, kinds(first)) == ("completed", ["function_call", "function_call"])
    assert first.tools[0].name == "weather"
    with pytest.raises(openai.BadRequestError, match="No tool output found for function call"):
        await sdk.responses.create(model="fake", input="Well?", previous_response_id=first.id)
    outputs: Any = [
        {"type": "function_call_output", "call_id": call.call_id, "output": f"{n}°"}
        for n, call in enumerate(first.output)
    ]
    second = await sdk.responses.create(model="fake", input=outputs, previous_response_id=first.id)
    assert (second.output_text, second.previous_response_id) == ("Sunny.", first.id)
    assert kinds(await sdk.responses.retrieve(first.id)) == ["function_call", "function_call"]
    assert (await sdk.responses.retrieve(second.id)).output == second.output
    sent = (await sdk.responses.input_items.list(second.id, order="asc")).data
    assert [item.output for item in sent] == ["0°", "1°"]  # type: ignore[union-attr]


@requirement("responses:history")
async def test_a_history_of_items_is_told_to_the_model_and_nothing_is_stored(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    items: Any = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "How is it?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "wet"},
    ]
    tools: Any = [WEATHER, {"type": "namespace", "name": "x", "tools": []}, {"type": "web_search"}]
    made = await sdk.responses.create(model="fake", input=items, tools=tools, store=False)
    assert made.output_text == "Hello there."
    told = http_world.model.requests[0].messages
    assert [message["role"] for message in told] == ["system", "user", "assistant", "tool"]
    assert told[-1]["content"] == "wet"
    assert await threads_of(http_world) == []


@requirement("responses:references")
async def test_items_are_found_by_reference(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.model.turns = [says("Rome."), says("Yes.")]
    first = await sdk.responses.create(model="fake", input="Which city?")
    items: Any = [
        {"role": "user", "content": "Which city?"},
        {"type": "item_reference", "id": first.output[0].id},
        {"role": "user", "content": "Sure?"},
    ]
    await sdk.responses.create(model="fake", input=items)
    assert [m["content"] for m in http_world.model.requests[1].messages] == ["Which city?", "Rome.", "Sure?"]
    gone: Any = [{"type": "item_reference", "id": "msg_none_1"}]
    with pytest.raises(openai.BadRequestError, match="not found"):
        await sdk.responses.create(model="fake", input=gone)


def with_file(name: str, **given: str) -> Any:
    part = {"type": "input_file", **given} if given else inline(name)
    return [{"role": "user", "content": [{"type": "input_text", "text": "Read."}, part]}]


def inline(name: str) -> Any:
    data = base64.b64encode(f"Whales sing in {name}.".encode()).decode()
    return {"type": "input_file", "filename": name, "file_data": f"data:text/plain;base64,{data}"}


async def names_of_files(world: World) -> list[str]:
    return [file.filename for file in (await world.client.files.list(ListFiles())).data]


@requirement("responses:files")
async def test_a_file_in_base64_is_stored_once_and_read(http_world: World, sdk: AsyncOpenAI) -> None:
    made = await sdk.responses.create(model="fake", input=with_file("a.txt"))
    assert "Whales sing in a.txt." in str(http_world.model.requests[0].messages)
    [said] = (await sdk.responses.input_items.list(made.id)).data
    assert [part.type for part in said.content] == ["input_text", "input_file"]  # type: ignore[union-attr]
    await sdk.responses.create(model="fake", input=with_file("a.txt"), store=False)
    assert await names_of_files(http_world) == ["a.txt"]
    conversation = await sdk.conversations.create(items=with_file("b.txt"))
    await sdk.conversations.items.create(conversation.id, items=with_file("b.txt"))
    assert sorted(await names_of_files(http_world)) == ["a.txt", "b.txt"]
    await sdk.responses.create(model="fake", input=with_file("c.txt"), store=False)
    assert "Whales sing in c.txt." in str(http_world.model.requests[-1].messages)
    assert sorted(await names_of_files(http_world)) == ["a.txt", "b.txt"]


@requirement("responses:files")
@pytest.mark.parametrize(
    ("given", "param", "said"),
    [
        ({"file_data": "data:text/plain;base64,no!"}, "input[0].content[1].file_data", "is not base64"),
        ({"file_data": "data:text/plain,plain"}, "input[0].content[1].file_data", "is not base64"),
        ({"file_url": "https://example.com/a.pdf"}, "input[0].content[1]", "takes files as 'file_data'"),
    ],
)
async def test_a_file_that_is_not_base64_is_refused(
    http_world: World, sdk: AsyncOpenAI, given: dict[str, str], param: str, said: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=said) as caught:
        await sdk.responses.create(model="fake", input=with_file("a.txt", **given))
    assert caught.value.param == param
    with pytest.raises(openai.NotFoundError):
        await sdk.responses.create(model="assistant/Nobody", input=with_file("a.txt"))
    assert await names_of_files(http_world) == []


@requirement("responses:code")
async def test_code_is_an_item_with_its_outputs(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.model.turns = [calls(("code_interpreter", '{"code": "print(1)"}')), says("One.")]
    asked = await sdk.responses.create(model="fake", input="Hi", tools=[CODE], stream=True)
    events = [event async for event in asked]
    final = events[-1].response  # type: ignore[union-attr]
    assert kinds(final) == ["code_interpreter_call", "message"]
    assert final.output[0].code == "print(1)"
    assert final.output[0].outputs
    names = [event.type for event in events]
    assert names.index("response.code_interpreter_call_code.done") < names.index(
        "response.code_interpreter_call.completed"
    )
    assert (await sdk.responses.retrieve(final.id)).output == final.output


@requirement("responses:background")
async def test_a_response_in_the_background_is_polled_and_stopped(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    never = asyncio.Event()
    http_world.model.turns = [[ChatChunk(text="Wait"), never]]
    made = await sdk.responses.create(model="fake", input="Hi", background=True)
    assert made.status in ("queued", "in_progress")
    await until(lambda: http_world.model.requests)
    assert (await sdk.responses.cancel(made.id)).status == "cancelled"
    again = [event async for event in await sdk.responses.retrieve(made.id, stream=True, starting_after=1)]
    assert again[0].sequence_number == 2
    assert again[-1].response.status == "cancelled"  # type: ignore[union-attr]


@requirement("responses:background")
async def test_a_client_that_comes_back_misses_no_text_and_gets_none_twice(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    words = [f"word{number} " for number in range(30)]
    first, rest = asyncio.Event(), asyncio.Event()
    http_world.model.turns = [
        [ChatChunk(text=words[0]), first, *[ChatChunk(text=word) for word in words[1:20]], rest]
        + [ChatChunk(text=word) for word in words[20:]]
    ]
    stream = await sdk.responses.create(model="fake", input="Hi", background=True, stream=True)
    told, said, made = -1, "", ""
    async for event in stream:
        made = event.response.id if event.type == "response.created" else made
        told = event.sequence_number
        if event.type == "response.output_text.delta":
            said += event.delta
            # a slow client is told the next deltas as one
            first.set()
            if len(said.split()) > 5:
                break
    await stream.close()
    rest.set()
    async for event in await sdk.responses.retrieve(made, stream=True, starting_after=told):
        assert event.sequence_number == told + 1
        told = event.sequence_number
        said += event.delta if event.type == "response.output_text.delta" else ""
    assert said == "".join(words)
    assert event.type == "response.completed"
    # it ran on without the client, and those who come later are told the same
    assert http_world.model.closed_early == 0
    again = [one async for one in await sdk.responses.retrieve(made, stream=True)]
    assert [one.sequence_number for one in again] == list(range(told + 1))


@requirement("responses:background")
async def test_what_goes_on_in_the_background_after_its_calls_is_followed_to_its_end(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    gate = asyncio.Event()
    http_world.model.turns = [calls(("weather", "{}")), [ChatChunk(text="It is "), gate, *says("wet.")]]
    first = await sdk.responses.create(model="fake", input="Hi", tools=[WEATHER])
    output: Any = {"type": "function_call_output", "call_id": first.output[0].call_id, "output": "wet"}  # type: ignore[union-attr]
    made = await sdk.responses.create(
        model="fake", input=[output], previous_response_id=first.id, background=True
    )
    assert made.status in ("queued", "in_progress")
    said, last = "", None
    async for event in await sdk.responses.retrieve(made.id, stream=True):
        if event.type == "response.output_text.delta":
            said += event.delta
            gate.set()
        last = event
    assert said == "It is wet."
    assert last is not None
    assert (last.type, last.response.status) == ("response.completed", "completed")  # type: ignore[union-attr]
    assert last.response.output_text == "It is wet."  # type: ignore[union-attr]
    assert (await sdk.responses.retrieve(made.id)).output_text == "It is wet."


@requirement("responses:background")
async def test_another_client_follows_what_goes_on_after_its_calls(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    gate = asyncio.Event()
    http_world.model.turns = [calls(("weather", "{}")), [ChatChunk(text="It is "), gate, *says("wet.")]]
    first = await sdk.responses.create(model="fake", input="Hi", tools=[WEATHER])
    output: Any = {"type": "function_call_output", "call_id": first.output[0].call_id, "output": "wet"}  # type: ignore[union-attr]
    stream = await sdk.responses.create(
        model="fake", input=[output], previous_response_id=first.id, stream=True
    )
    made = (await anext(stream)).response.id  # type: ignore[union-attr]
    said, last = "", None
    async for event in await sdk.responses.retrieve(made, stream=True):
        if event.type == "response.output_text.delta":
            said += event.delta
            gate.set()
        last = event
    assert said == "It is wet."
    assert last is not None
    assert last.response.status == "completed"  # type: ignore[union-attr]
    assert [item.type for item in last.response.output] == ["message"]  # type: ignore[union-attr]
    assert [event async for event in stream][-1].type == "response.completed"


@requirement("responses:background")
async def test_whoever_had_events_of_another_process_gets_the_items_whole(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    made = await sdk.responses.create(model="fake", input="Hi")
    found = [one async for one in await sdk.responses.retrieve(made.id, stream=True, starting_after=57)]
    assert [(one.type, one.sequence_number) for one in found] == [
        ("response.output_item.added", 58),
        ("response.output_item.done", 59),
        ("response.completed", 60),
    ]


@requirement("responses:stream")
async def test_a_text_that_was_the_thought_of_the_model_is_taken_back(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    http_world.model.turns = [
        [ChatChunk(text="I should greet."), ChatChunk(ends_thought=True, text="Hello.")]
    ]
    events = [event async for event in await sdk.responses.create(model="fake", input="Hi", stream=True)]
    final = events[-1].response  # type: ignore[union-attr]
    assert (kinds(final), final.output_text) == (["reasoning", "message"], "Hello.")
    assert "I should greet." in final.output[0].summary[0].text
    done = [event.text for event in events if event.type == "response.output_text.done"]
    assert done == ["", "Hello."]
    assert (await sdk.responses.retrieve(final.id)).output == final.output


@requirement("responses:errors")
async def test_a_failed_run_is_a_failed_response(http_world: World, sdk: AsyncOpenAI) -> None:
    limit = ModelError("llm.test says that the rate limit is reached.", code="rate_limit_exceeded")
    http_world.model.turns = [[limit]]
    made = await sdk.responses.create(model="fake", input="Hi")
    assert (made.status, made.error.code) == ("failed", "rate_limit_exceeded")  # type: ignore[union-attr]
    events = [event async for event in await sdk.responses.create(model="fake", input="Hi", stream=True)]
    assert events[-1].type == "response.failed"


@requirement("responses:stop")
async def test_a_client_that_leaves_stops_the_run(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.model.turns = [[ChatChunk(text="Wait"), asyncio.Event()]]
    stream = await sdk.responses.create(model="fake", input="Hi", stream=True)
    async for event in stream:
        if event.type == "response.output_text.delta":
            break
    await stream.close()
    await until(lambda: http_world.model.closed_early == 1)


@requirement("responses:conversations")
async def test_a_conversation_is_a_thread(http_world: World, sdk: AsyncOpenAI) -> None:
    made = await sdk.conversations.create(
        metadata={"a": "b"}, items=[{"type": "message", "role": "user", "content": "Before"}]
    )
    assert (await sdk.conversations.retrieve(made.id)).metadata == {"a": "b"}
    assert (await sdk.conversations.update(made.id, metadata={"c": "d"})).metadata == {"a": "b", "c": "d"}
    answer = await sdk.responses.create(model="fake", input="Hi", conversation=made.id)
    assert answer.conversation.id == made.id  # type: ignore[union-attr]
    added = await sdk.conversations.items.create(
        made.id, items=[{"type": "message", "role": "user", "content": "After"}]
    )
    items = [item async for item in sdk.conversations.items.list(made.id, order="asc", limit=2)]
    assert [item.content[0].text for item in items] == ["Before", "Hi", "Hello there.", "After"]  # type: ignore[union-attr]
    assert added.data[0].id == items[-1].id
    assert await sdk.conversations.items.retrieve(items[0].id, conversation_id=made.id) == items[0]
    await sdk.conversations.items.delete(items[0].id, conversation_id=made.id)
    assert len(await threads_of(http_world)) == 1
    await sdk.responses.delete(answer.id)
    await sdk.conversations.delete(made.id)
    assert await threads_of(http_world) == []
    with pytest.raises(openai.NotFoundError):
        await sdk.conversations.retrieve(made.id)


@requirement("responses:errors")
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "param"),
    [
        ("POST", "/responses", {}, 400, "model"),
        ("POST", "/responses", {"model": "fake"}, 400, "input"),
        ("POST", "/responses", {"model": "fake", "input": 5}, 400, "input"),
        (
            "POST",
            "/responses",
            {"model": "fake", "input": [{"role": "king", "content": "x"}]},
            400,
            "input[0].role",
        ),
        ("POST", "/responses", {"model": "fake", "input": "x", "tools": {}}, 400, "tools"),
        ("POST", "/responses", {"model": "fake", "input": "x", "temperature": 3}, 400, "temperature"),
        ("POST", "/responses", {"model": "fake", "input": "x", "store": "no"}, 400, "store"),
        (
            "POST",
            "/responses",
            {"model": "fake", "input": "x", "previous_response_id": "x"},
            400,
            "previous_response_id",
        ),
        (
            "POST",
            "/responses",
            {"model": "fake", "input": "x", "conversation": "conv_x"},
            404,
            "conversation",
        ),
        (
            "POST",
            "/responses",
            {"model": "fake", "input": "x", "tools": [{"type": "file_search", "vector_store_ids": 5}]},
            400,
            "tools.vector_store_ids",
        ),
        ("POST", "/responses/compact", {"input": "x"}, 400, "model"),
        ("POST", "/responses/compact", {"model": "fake"}, 400, "input"),
        (
            "POST",
            "/responses",
            {"model": "fake", "input": [{"type": "compaction", "encrypted_content": "aimltui1.?"}]},
            400,
            "input[0].encrypted_content",
        ),
        ("GET", "/responses/resp_a_b", None, 404, "response_id"),
        ("GET", "/responses/resp_a_b_c", None, 404, "response_id"),
        ("GET", "/responses", None, 405, None),
        ("GET", "/conversations/thread_1", None, 404, "conversation"),
        ("POST", "/conversations", {"items": [{"role": "system", "content": "x"}]}, 400, "items"),
        ("POST", "/conversations", {"items": [{"role": "user", "content": "\ud800 x"}]}, 400, None),
    ],
)
async def test_a_bad_request_names_its_parameter(
    http_world: World, method: str, path: str, body: Any, status: int, param: str | None
) -> None:
    assert http_world.socket is not None
    async with httpx2.AsyncClient(transport=plain(http_world.socket), base_url="http://localhost") as raw:
        answer = await raw.request(method, f"/v1{path}", content=None if body is None else json.dumps(body))
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)
    assert await threads_of(http_world) == []


@requirement("responses:conversations")
async def test_a_response_that_is_not_stored_deletes_nothing_of_others(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    http_world.model.turns = [says("One."), says("Two."), says("Three.")]
    talk = await sdk.conversations.create(items=[{"type": "message", "role": "user", "content": "0"}])
    told = await sdk.responses.create(model="fake", input="1", conversation=talk.id, store=False)
    assert [m["content"] for m in http_world.model.requests[0].messages] == ["0", "1"]
    items = (await sdk.conversations.items.list(talk.id, order="asc")).data
    assert [item.content[0].text for item in items] == ["0", "1", "One."]  # type: ignore[union-attr]
    with pytest.raises(openai.NotFoundError):
        await sdk.responses.retrieve(told.id)
    most = {f"key_{number}": "x" for number in range(16)}
    first = await sdk.responses.create(model="fake", input="2", metadata=most)
    assert first.metadata == most
    before = await threads_of(http_world)
    await sdk.responses.create(model="fake", input="3", previous_response_id=first.id, store=False)
    assert [m["content"] for m in http_world.model.requests[2].messages] == ["2", "Two.", "3"]
    assert (await sdk.responses.retrieve(first.id)).output_text == "Two."
    assert await threads_of(http_world) == before


@requirement("responses:compact")
async def test_a_conversation_is_compacted_and_goes_on(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.model.turns = [says("On Tuesday."), says("They launch on ", "Tuesday."), says("Tuesday.")]
    first = await sdk.responses.create(model="fake", input="When do we launch?")
    before = await threads_of(http_world)
    summary = await sdk.responses.compact(model="fake", input=[], previous_response_id=first.id)
    assert (summary.object, [item.type for item in summary.output]) == ("response.compaction", ["compaction"])
    assert summary.usage.total_tokens == 15
    asked = http_world.model.requests[1].messages
    assert "Summarize" in str(asked[0]["content"])
    assert [message["content"] for message in asked[1:3]] == ["When do we launch?", "On Tuesday."]
    assert await threads_of(http_world) == before
    said: Any = [*(item.to_dict() for item in summary.output), {"role": "user", "content": "When?"}]
    next_one = await sdk.responses.create(model="fake", input=said)
    assert next_one.output_text == "Tuesday."
    told = " ".join(str(message["content"]) for message in http_world.model.requests[2].messages)
    assert "They launch on Tuesday." in told
    assert told.endswith("When?")
    assert "On Tuesday." not in told


@requirement("responses:compact")
async def test_without_a_summary_there_is_no_compaction(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.model.turns = [says("")]
    with pytest.raises(openai.InternalServerError) as caught:
        await sdk.with_options(max_retries=0).responses.compact(model="fake", input="Hi")
    assert "no summary" in caught.value.message
    assert await threads_of(http_world) == []


@requirement("responses:previous")
async def test_an_output_without_its_call_is_refused(http_world: World, sdk: AsyncOpenAI) -> None:
    first = await sdk.responses.create(model="fake", input="Hi")
    output: Any = {"type": "function_call_output", "call_id": "call_none", "output": "x"}
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.responses.create(model="fake", input=[output], previous_response_id=first.id)
    assert "call_none" in caught.value.message


@requirement("responses:socket")
async def test_a_websocket_continues_what_is_not_stored(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.model.turns = [says("OK."), says("Cobalt."), says("Again.")]
    async with web_socket(http_world.socket) as talk:
        first = (await talk.turn(input="Remember cobalt.", store=False))[-1]["response"]
        assert (first["status"], first["store"]) == ("completed", False)
        with pytest.raises(openai.BadRequestError) as caught:
            await sdk.responses.create(model="fake", input="x", previous_response_id=first["id"])
        assert caught.value.code == "previous_response_not_found"
        asked: Any = {"input": "Which?", "previous_response_id": first["id"], "store": False}
        told = await talk.turn(**asked)
        assert [event["sequence_number"] for event in told] == list(range(len(told)))
        assert [m["content"] for m in http_world.model.requests[1].messages] == [
            "Remember cobalt.",
            "OK.",
            "Which?",
        ]
        [gone] = await talk.turn(**asked)
        assert (gone["type"], gone["status"]) == ("error", 400)
        assert gone["error"]["code"] == "previous_response_not_found"
        assert (await talk.turn(input="Hi"))[-1]["response"]["store"]
    await until(lambda: only_the_stored_one(http_world))


async def only_the_stored_one(world: World) -> bool:
    return len(await threads_of(world)) == 1


@requirement("responses:socket")
async def test_a_refused_turn_of_a_websocket_gives_up_what_it_continues(http_world: World) -> None:
    http_world.model.turns = [calls(("weather", "{}")), says("Sunny."), says("Stored.")]
    output = {"type": "function_call_output", "call_id": "call_0", "output": "sun"}
    async with web_socket(http_world.socket) as talk:
        first = (await talk.turn(input="Weather?", store=False, tools=[WEATHER]))[-1]["response"]
        [call] = first["output"]
        output["call_id"] = call["call_id"]
        second = await talk.turn(input=[output], previous_response_id=first["id"], store=False)
        assert second[-1]["response"]["output"][0]["content"][0]["text"] == "Sunny."
        second_id = second[-1]["response"]["id"]
        [refused] = await talk.turn(
            input=[{**output, "call_id": "none"}], previous_response_id=second_id, store=False
        )
        assert refused["status"] == 400
        [gone] = await talk.turn(input="x", previous_response_id=second_id, store=False)
        assert gone["error"]["code"] == "previous_response_not_found"
        assert await threads_of(http_world) == []


@requirement("responses:socket")
async def test_what_is_stored_after_what_is_not_stays(http_world: World, sdk: AsyncOpenAI) -> None:
    async with web_socket(http_world.socket) as talk:
        first = (await talk.turn(input="One", store=False))[-1]["response"]
        second = (await talk.turn(input="Two", previous_response_id=first["id"]))[-1]["response"]
        await talk.turn(input="Three", store=False)
    assert (await sdk.responses.retrieve(second["id"])).output_text == "Hello there."
    await until(lambda: only_the_stored_one(http_world))


@requirement("responses:socket")
async def test_a_conversation_stays_after_a_response_of_a_websocket_that_does_not(
    http_world: World, sdk: AsyncOpenAI
) -> None:
    made = await sdk.conversations.create()
    async with web_socket(http_world.socket) as talk:
        told = await talk.turn(input="Hi", conversation=made.id, store=False)
        assert (told[-1]["type"], told[-1]["response"]["store"]) == ("response.completed", False)
        await talk.turn(input="Elsewhere", store=False)
        # answered after what was held before the last turn is gone
        [_] = await talk.turn(previous_response_id=told[-1]["response"]["id"])
        items = [item async for item in sdk.conversations.items.list(made.id)]
        assert len(items) == 2


@requirement("responses:socket")
async def test_a_client_that_leaves_its_websocket_stops_the_response(http_world: World) -> None:
    http_world.model.turns = [[ChatChunk(text="Wait"), asyncio.Event()]]
    async with web_socket(http_world.socket) as talk:
        await talk.send({"type": "response.create", "model": "fake", "input": "Hi", "store": False})
        while (await talk.receive() or {})["type"] != "response.output_text.delta":
            pass
    await until(lambda: http_world.model.closed_early == 1)

    async def is_gone() -> bool:
        return await threads_of(http_world) == []

    await until(is_gone)


@requirement("responses:socket")
@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ("{", None),
        ({"type": "ping"}, "type"),
        ({"type": "response.create", "model": "fake", "input": "x", "stream": True}, "stream"),
        ({"type": "response.create", "input": "x"}, "model"),
    ],
)
async def test_a_bad_message_is_an_error_and_the_websocket_stays(
    http_world: World, sent: Any, param: str | None
) -> None:
    async with web_socket(http_world.socket) as talk:
        await talk.send(sent)
        error = await talk.receive() or {}
        assert (error["type"], error["status"], error["error"]["param"]) == ("error", 400, param)
        assert (await talk.turn(input="Hi"))[-1]["type"] == "response.completed"
