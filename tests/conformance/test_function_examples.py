"""The function-calling examples of the openai package: tools made of pydantic models, and its parsers, against the server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel

from tests.conformance.test_sdk import client_over
from tests.conformance.world import World, requirement
from tests.support.fake_model import calls, says

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
]


class Unit(StrEnum):
    celsius = "celsius"
    kelvin = "kelvin"


class Place(BaseModel):
    """Where."""

    city: str
    country: str | None


class GetWeather(BaseModel):
    """The weather of a place."""

    place: Place
    unit: Unit


ROME = {"place": {"city": "Rome", "country": None}, "unit": "kelvin"}
ASKED = calls(("GetWeather", json.dumps(ROME)))
WANTED = GetWeather(place=Place(city="Rome", country=None), unit=Unit.kelvin)
HI: Any = [{"role": "user", "content": "How warm is it in Rome?"}]
TOOL = openai.pydantic_function_tool(GetWeather)


@pytest.fixture
async def sdk(http_world: World) -> AsyncIterator[AsyncOpenAI]:
    async with client_over(http_world.socket) as client:
        yield client


def offered(world: World) -> Any:
    """The definition that the model received."""
    (tool,) = world.model.requests[0].tools or [None]
    return tool


@requirement("chat:functions")
async def test_the_arguments_are_parsed_into_the_model_of_a_tool(http_world: World, sdk: AsyncOpenAI) -> None:
    await http_world.assistant(name="Bob")
    http_world.model.turns = [ASKED, ASKED]
    parsed = await sdk.chat.completions.parse(model="assistant/Bob", messages=HI, tools=[TOOL])
    (call,) = parsed.choices[0].message.tool_calls or ()
    assert call.function.parsed_arguments == WANTED
    assert offered(http_world)["function"]["parameters"] == TOOL["function"].get("parameters")

    told: list[str] = []
    async with sdk.chat.completions.stream(model="assistant/Bob", messages=HI, tools=[TOOL]) as stream:
        async for event in stream:
            if event.type == "tool_calls.function.arguments.done":
                told.append(event.name)
                assert event.parsed_arguments == WANTED
        final = await stream.get_final_completion()
    assert told == ["GetWeather"]
    assert (final.choices[0].message.tool_calls or ())[0].function.parsed_arguments == WANTED


@requirement("responses:functions")
async def test_a_response_is_parsed_and_goes_on_with_the_output(http_world: World, sdk: AsyncOpenAI) -> None:
    http_world.model.turns = [ASKED, says("It is 300 K.")]
    tool: Any = {"type": "function", **TOOL["function"]}
    first = await sdk.responses.parse(model="fake", input=HI, tools=[tool])
    (call,) = first.output
    assert call.type == "function_call"
    assert GetWeather.model_validate_json(call.arguments) == WANTED
    output: Any = {
        "type": "function_call_output",
        "call_id": call.call_id,
        "output": json.dumps({"kelvin": 300}),
    }
    # the whole history comes again, as the example sends it
    history: Any = [*HI, call.model_dump(exclude={"parsed_arguments"}), output]
    second = await sdk.responses.create(model="fake", input=history, tools=[tool])
    assert second.output_text == "It is 300 K."
    assert http_world.model.requests[-1].messages[-1]["content"] == '{"kelvin": 300}'


@requirement("sdk:poll")
async def test_an_assistant_calls_two_functions_at_once(http_world: World, sdk: AsyncOpenAI) -> None:
    names = ("get_current_temperature", "get_rain_probability")
    http_world.model.turns = [calls(*((name, '{"location": "Rome"}') for name in names)), says("57 and 6 %.")]
    tools: Any = [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
        for name in names
    ]
    assistant = await sdk.beta.assistants.create(model="fake", instructions="Use the functions.", tools=tools)
    thread = await sdk.beta.threads.create()
    await sdk.beta.threads.messages.create(thread_id=thread.id, role="user", content="And rain?")
    run = await sdk.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.required_action is not None
    asked = run.required_action.submit_tool_outputs.tool_calls
    values = dict(zip(names, ("57", "0.06"), strict=True))
    outputs: Any = [{"tool_call_id": call.id, "output": values[call.function.name]} for call in asked]
    run = await sdk.beta.threads.runs.submit_tool_outputs_and_poll(
        thread_id=thread.id, run_id=run.id, tool_outputs=outputs
    )
    assert run.status == "completed"
    messages = await sdk.beta.threads.messages.list(thread_id=thread.id)
    assert messages.data[0].content[0].text.value == "57 and 6 %."  # type: ignore[union-attr]
    assert [m["content"] for m in http_world.model.requests[-1].messages[-2:]] == ["57", "0.06"]
