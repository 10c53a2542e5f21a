"""Models that answer at `/v1/responses` only."""

from __future__ import annotations

from typing import Any

import pytest

from aimltui.engine.models.base import ChatChunk, ChatRequest, ChatUsage, ModelInfo, ToolCallDelta
from aimltui.engine.models.chat.history import REASONING_ITEM
from aimltui.engine.models.chat.model import OpenAICompatibleModel
from aimltui.engine.models.chat.responses_body import responses_body
from aimltui.engine.models.chat.responses_events import ResponsesReader
from aimltui.engine.models.compat.quirks import Quirks
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from tests.support.chat_server import ChatServer
from tests.support.chats import KEY, answered, asking, failed, text_in
from tests.support.peculiar import response, responses_event
from tests.support.scenes import SSE, Reply, Scene, as_json

CODEX = ModelInfo("codex", endpoints=frozenset({"responses"}))
SEALED = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}


def events(*pieces: bytes) -> Scene:
    return Scene((Reply(headers=SSE, pieces=pieces),))


async def told(scene: Scene, **more: Any) -> tuple[list[ChatChunk], Any]:
    async with ChatServer(scene) as server:
        endpoint = Endpoint("test", server.base_url, Secret(KEY))
        model = OpenAICompatibleModel(endpoint, about=lambda _id: CODEX)
        try:
            chunks = await answered(model, asking(model="codex", **more))
        finally:
            await model.aclose()
        assert server.chats[0].path == "/v1/responses"
        assert server.chats[0].headers["authorization"] == f"Bearer {KEY}"
        return chunks, server.chats[0].json


async def test_text_reasoning_and_usage_come_as_from_any_other_model() -> None:
    scene = events(
        responses_event("response.created", response=response([], "in_progress")),
        responses_event("response.reasoning_summary_text.delta", delta="Hm."),
        responses_event("response.reasoning_summary_part.added"),
        responses_event("response.reasoning_summary_text.delta", delta="Yes."),
        responses_event("response.output_text.delta", output_index=1, delta="Hel"),
        responses_event("response.output_text.delta", output_index=1, delta="lo."),
        responses_event("response.completed", response=response([])),
    )
    chunks, sent = await told(scene, system="Be brief.", max_tokens=5)
    assert text_in(chunks) == "Hello."
    assert "".join(chunk.reasoning for chunk in chunks) == "Hm.\n\nYes."
    assert chunks[-1].finish_reason == "stop"
    assert chunks[-1].usage == ChatUsage(11, 7, 18, cached_tokens=4, reasoning_tokens=3)
    assert sent == {
        "model": "codex",
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": "Hi"}],
        "store": False,
        "stream": True,
        "max_output_tokens": 16,
    }


async def test_calls_come_with_the_sealed_reasoning_that_led_to_them() -> None:
    item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": ""}
    scene = events(
        responses_event("response.output_item.done", output_index=0, item={**SEALED, "status": None}),
        responses_event("response.output_item.added", output_index=1, item=item),
        responses_event("response.function_call_arguments.delta", output_index=1, delta='{"a"'),
        responses_event("response.function_call_arguments.delta", output_index=1, delta=":1}"),
        responses_event("response.output_item.done", output_index=1, item={**item, "arguments": '{"a":1}'}),
        responses_event("response.output_item.added", output_index=2, item={**item, "call_id": "call_2"}),
        responses_event(
            "response.output_item.done", output_index=2, item={**item, "call_id": "call_2", "arguments": "{}"}
        ),
        responses_event("response.completed", response=response([])),
    )
    chunks, _ = await told(scene)
    calls = [call for chunk in chunks for call in chunk.tool_calls]
    assert calls == [
        ToolCallDelta(0, "call_1", "f", "", {REASONING_ITEM: SEALED}),
        ToolCallDelta(0, arguments='{"a"'),
        ToolCallDelta(0, arguments=":1}"),
        ToolCallDelta(1, "call_2", "f"),
        ToolCallDelta(1, arguments="{}"),
    ]
    assert chunks[-1].finish_reason == "tool_calls"


@pytest.mark.parametrize(("reason", "finish"), [("max_output_tokens", "length"), ("content_filter",) * 2])
async def test_an_incomplete_answer_says_why(reason: str, finish: str) -> None:
    end = response([], "incomplete", incomplete_details={"reason": reason})
    scene = events(
        responses_event("response.output_text.delta", delta="Half"),
        responses_event("response.incomplete", response=end),
    )
    chunks, _ = await told(scene)
    assert (text_in(chunks), chunks[-1].finish_reason) == ("Half", finish)


async def test_a_whole_answer_and_its_sources_are_read() -> None:
    note = {"type": "url_citation", "url": "https://a.example/", "title": "A"}
    part = {"type": "output_text", "text": "Rain.", "annotations": [note]}
    output = [{"type": "reasoning", "summary": [{"text": "Hm."}]}, {"type": "message", "content": [part]}]
    chunks, sent = await told(Scene((as_json(response(output)),)), stream=False)
    assert text_in(chunks) == "Rain.\n\n**Sources**\n\n1. [A](https://a.example/) · a.example"
    assert chunks[0].reasoning == "Hm."
    assert "stream" not in sent


async def test_a_refusal_is_told_as_one() -> None:
    scene = events(
        responses_event("response.refusal.delta", delta="No."),
        responses_event("response.completed", response=response([])),
    )
    chunks, _ = await told(scene)
    assert chunks[0].refusal == "No."


@pytest.mark.parametrize(
    "reply",
    [
        Reply(headers=SSE, pieces=(responses_event("error", code="server_error", message="it broke"),)),
        Reply(
            headers=SSE,
            pieces=(
                responses_event(
                    "response.failed", response=response([], "failed", error={"message": "it broke"})
                ),
            ),
        ),
        as_json(response([], "failed", error={"message": "it broke"})),
    ],
)
async def test_a_failure_is_an_error(reply: Reply) -> None:
    async with ChatServer(Scene((reply,))) as server:
        model = OpenAICompatibleModel(Endpoint("test", server.base_url), about=lambda _id: CODEX)
        error = await failed(model, asking())
        await model.aclose()
    assert "it broke" in error.message


async def test_the_words_of_the_endpoint_that_was_only_a_guess_are_not_shown() -> None:
    def judge(request: Any) -> Reply:
        if request.path.endswith("/responses"):
            return as_json({"error": {"message": "what is this?"}}, status=404)
        return as_json({"error": {"message": "Use /v1/responses for this model"}}, status=400)

    async with ChatServer(Scene((judge,))) as server:
        model = OpenAICompatibleModel(Endpoint("test", server.base_url))
        error = await failed(model, asking())
        await model.aclose()
    assert "Use /v1/responses" in error.message
    assert len(server.chats) == 2


def test_a_conversation_becomes_items() -> None:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "f", "arguments": '{"a": 1'},
        REASONING_ITEM: SEALED,
    }
    image = {"type": "image_url", "image_url": {"url": "data:,", "detail": "low"}, "name": "a.png"}
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:,"}}
    messages = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": [{"type": "text", "text": "Look"}, image, file]},
        {"role": "assistant", "content": "Well.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "out"},
    ]
    function = {"type": "function", "function": {"name": "f", "parameters": {}, "description": None}}
    request = ChatRequest(
        "m",
        messages,
        tools=[function],
        tool_choice={"type": "function", "function": {"name": "f"}},
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
        reasoning_effort="low",
        stream=False,
    )
    assert responses_body(request, Quirks(), thinks=True) == {
        "model": "m",
        "instructions": "S",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Look"},
                    {"type": "input_image", "image_url": "data:,", "detail": "low"},
                    {"type": "input_file", "filename": "a.pdf", "file_data": "data:,"},
                ],
            },
            {"role": "assistant", "content": "Well."},
            SEALED,
            {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a": 1}'},
            {"type": "function_call_output", "call_id": "call_1", "output": "out"},
        ],
        "store": False,
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {}}},
        "tools": [{"type": "function", "strict": False, "name": "f", "parameters": {}}],
        "tool_choice": {"type": "function", "name": "f"},
    }


@pytest.mark.parametrize("wrong", [[1], {"a": 1}])
def test_an_event_whose_fields_have_another_shape_is_left_out(wrong: object) -> None:
    reader = ResponsesReader()
    assert reader.read({"type": wrong, "delta": "x"}) is None
    call = {"type": "function_call", "call_id": "c", "name": "f"}
    head = reader.read({"type": "response.output_item.added", "output_index": wrong, "item": call})
    assert head is not None
    assert [delta.name for delta in head.tool_calls] == ["f"]
    more = {"type": "response.function_call_arguments.delta", "output_index": wrong, "delta": "{}"}
    told = reader.read(more)
    assert told is not None
    assert [(delta.index, delta.arguments) for delta in told.tool_calls] == [(0, "{}")]
