"""The model against a scripted server on this machine."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from aimltui.engine.models.base import ChatChunk, ChatUsage, ToolCallDelta
from aimltui.engine.models.chat import exchange as turn
from aimltui.engine.models.chat.model import OpenAICompatibleModel
from aimltui.engine.models.compat.lesson_store import Lessons
from aimltui.engine.models.endpoint.endpoint import Endpoint
from tests.support.builders import PATIENCE_S
from tests.support.chats import KEY, answered, asking, failed, play, serving, text_in
from tests.support.scenes import (
    DONE,
    GREETING,
    MODELS,
    PLAIN_JSON,
    Reply,
    Scene,
    as_json,
    delta,
    event,
    refusal,
    stream,
    unless,
    usage,
    whole,
)

MEGABYTE = 1024 * 1024


def packed(megabytes: int, byte: bytes = b" ") -> Iterator[bytes]:
    """Gzip of that many bytes."""
    press = zlib.compressobj(1, wbits=31)
    for _ in range(megabytes):
        yield press.compress(byte * MEGABYTE)
    yield press.flush()


def usages(chunks: list[ChatChunk]) -> list[ChatUsage]:
    return [chunk.usage for chunk in chunks if chunk.usage is not None]


@pytest.mark.parametrize("taken", [0, 1, 2, 100])
async def test_text_that_comes_alone_is_handed_over_unless_it_is_refused(taken: int) -> None:
    told: list[str] = []

    def take(text: str) -> bool:
        told.append(text)
        handed.append(text)
        return len(told) <= taken

    handed: list[str] = []
    said = ["one ", "two ", "three ", "four"]
    scene = Scene((stream(*(delta(text) for text in said), delta(finish="stop")),))
    async with serving(scene) as (_, model):
        chunks: list[ChatChunk] = []
        async with asyncio.timeout(PATIENCE_S), aclosing(model.stream(asking(on_text=take))) as answer:
            async for chunk in answer:
                chunks.append(chunk)
                if chunk.text and chunk.text not in handed:
                    handed.append(chunk.text)
    assert told == said[1:]  # a remark about the request may come before the first
    assert handed == said
    assert [chunk.text for chunk in chunks if chunk.text] == [said[0], *said[1 + taken :]]


async def test_a_streamed_answer_arrives_piece_by_piece() -> None:
    async with serving("greeting") as (server, model):
        chunks = await answered(model, asking())
    assert [chunk.text for chunk in chunks if chunk.text] == ["Hel", "lo, ", "wor", "ld."]
    assert [chunk.finish_reason for chunk in chunks if chunk.finish_reason] == ["stop"]
    assert usages(chunks) == [ChatUsage(11, 7, 18)]
    assert chunks[0].request_id == "req_scripted"
    assert server.chats[0].json == {
        "model": "test/fast",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_deltas_are_handed_on_before_the_answer_is_over() -> None:
    async with serving("gated") as (server, model), aclosing(model.stream(asking())) as chunks:
        server.release(2)
        async with asyncio.timeout(PATIENCE_S):
            assert (await anext(chunks)).request_id
            assert (await anext(chunks)).text == "Hel"
        server.release(9)
        assert text_in([chunk async for chunk in chunks]) == "lo, world."


@pytest.mark.parametrize(
    "endless", [b"data: " + b"x" * 65536, b"data: {\n" * 8192, b"x" * 65536], ids=["data", "lines", "junk"]
)
async def test_a_stream_without_ends_of_lines_or_events_ends_the_answer_and_what_came_stays(
    endless: bytes,
) -> None:
    reply = stream(delta("Half an ans"), done=False)
    pieces = (*reply.pieces, endless, *[endless.removeprefix(b"data: ")] * 191)
    async with serving(Scene((replace(reply, pieces=pieces),))) as (_, model):
        chunks, error = await play(model, asking())
        assert error is not None
        assert text_in(chunks) == "Half an ans"
        assert error.message == (
            f"The answer from {model.endpoint.host} is incomplete: one of its events is longer than 1 MB."
        )
    assert (error.cut, error.retryable) == (True, False)


async def test_blanks_before_an_answer_do_no_harm_and_are_not_held() -> None:
    reply = stream(delta("Hello"), delta(finish="stop"))
    pieces = (b"\xef", b"\xbb", b"\xbf", *[b" \n" * 32768] * 100, *reply.pieces)
    async with serving(Scene((replace(reply, pieces=pieces),))) as (_, model):
        assert text_in(await answered(model, asking())) == "Hello"


async def test_leaving_a_stream_closes_the_connection_at_once() -> None:
    async with serving("gated") as (server, model):
        async with aclosing(model.stream(asking())) as chunks:
            server.release(2)
            async with asyncio.timeout(PATIENCE_S):
                await anext(chunks)
        async with asyncio.timeout(PATIENCE_S):
            await server.disconnected.wait()


async def test_cancelling_while_nothing_has_come_yet_closes_the_connection() -> None:
    async with serving("silent") as (server, model):
        asked = asyncio.ensure_future(play(model, asking()))
        await server.wait_for_requests(1)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        async with asyncio.timeout(PATIENCE_S):
            await server.disconnected.wait()


async def test_one_connection_serves_several_turns() -> None:
    async with serving("greeting") as (server, model):
        for _ in range(3):
            await answered(model, asking())
    assert server.connections == 1


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_created_201_is_a_success(streaming: bool) -> None:
    async with serving("created-201") as (_, model):
        assert text_in(await answered(model, asking(stream=streaming))) == "Hello, world."


async def test_a_whole_answer_is_one_chunk_with_its_usage_and_cost() -> None:
    reply = whole("All of it.")
    paid = Reply(
        200, {**PLAIN_JSON, "x-aimlapi-usd-spent": "0.0021", "x-inference-id": "inf_9"}, reply.pieces
    )
    async with serving(Scene((paid,))) as (server, model):
        chunks = await answered(model, asking(stream=False))
    assert chunks == [
        ChatChunk(request_id="inf_9"),
        ChatChunk(text="All of it.", finish_reason="stop", usage=ChatUsage(11, 7, 18, cost_usd=0.0021)),
    ]
    assert "stream" not in server.chats[0].json


async def test_json_in_answer_to_a_stream_is_read_as_a_whole_answer() -> None:
    async with serving("json-to-a-stream") as (_, model):
        chunks = await answered(model, asking())
    assert text_in(chunks) == "All at once."


async def test_events_are_read_whatever_the_content_type_says() -> None:
    async with serving(Scene((Reply(200, PLAIN_JSON, GREETING.pieces),))) as (_, model):
        assert text_in(await answered(model, asking())) == "Hello, world."


async def test_tool_calls_of_a_whole_answer_are_read() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    choice = {
        "message": {"role": "assistant", "content": None, "tool_calls": [call]},
        "finish_reason": "tool_calls",
    }
    async with serving(Scene((as_json({"choices": [choice]}),))) as (_, model):
        chunks = await answered(model, asking(stream=False))
    assert chunks[-1].tool_calls == (ToolCallDelta(0, "c1", "f", '{"a":1}'),)
    assert chunks[-1].finish_reason == "tool_calls"


async def test_cost_comes_from_the_last_chunk_without_choices() -> None:
    async with serving("usage-in-meta") as (_, model):
        assert usages(await answered(model, asking()))[-1] == ChatUsage(11, 7, 18, cost_usd=0.00124)


async def test_cost_in_a_header_of_a_stream_is_told_even_without_usage() -> None:
    headers = {"Content-Type": "text/event-stream", "x-aimlapi-usd-spent": "0.5"}
    async with serving(Scene((stream(delta("x", finish="stop"), headers=headers),))) as (_, model):
        assert usages(await answered(model, asking())) == [ChatUsage(cost_usd=0.5)]


@pytest.mark.parametrize(
    "pieces",
    [
        (b"\xef\xbb\xbf", event(delta("Hello")), event(delta(finish="stop"))),
        (event(delta("Hello")).replace(b"\n", b"\r\n"), event(delta(finish="stop")).replace(b"\n", b"\r\n")),
        (b": keep-alive\n\n", event(delta("Hello")), b": PROCESSING\n\n", event(delta(finish="stop"))),
        (event(delta("Hello")).replace(b"data: ", b"data:"), event(delta(finish="stop"))),
        (b'data: {"choices":[{"delta":\ndata: {"content":"Hello"}}]}\n\n', event(delta(finish="stop"))),
        (*(bytes([byte]) for byte in event(delta("Hello", finish="stop"))),),
        (event(delta("Hello")), DONE),
        (event(delta("Hello")), DONE.rstrip()),
        (b"event: message\nid: 1\nretry: 5\n", event(delta("Hello", finish="end_turn"))),
        (event(delta("Hello")), event(delta(finish="stop")).rstrip()),
        (event(b"null"), event({}), event(delta("Hello", finish="stop")), event(b"after the end")),
    ],
)
async def test_every_dialect_of_event_streams_is_understood(pieces: tuple[bytes, ...]) -> None:
    async with serving(Scene((stream(*pieces, done=False),))) as (_, model):
        assert text_in(await answered(model, asking())) == "Hello"


async def test_line_separators_inside_of_text_stay_inside_of_it() -> None:
    text = "a\u2028b\u2029c\x85d"
    raw = json.dumps(delta(text, finish="stop"), ensure_ascii=False).encode()
    async with serving(Scene((stream(event(raw)),))) as (_, model):
        assert text_in(await answered(model, asking())) == text


@pytest.mark.parametrize(
    ("scene", "says", "text"),
    [
        ("cut", "the connection broke", "Half an ans"),
        ("cut-inside-an-event", "the connection broke", "Half"),
        ("no-finish", "before the model was done", "It just sto"),
        ("malformed", "not JSON", "Good"),
        ("error-in-stream", "upstream died", "Oh"),
        ("error-field", "failed to process image", "Oh"),
    ],
)
async def test_a_broken_stream_is_an_error_after_its_text(scene: str, says: str, text: str) -> None:
    async with serving(scene) as (_, model):
        chunks, error = await play(model, asking())
    assert text_in(chunks) == text
    assert error is not None
    assert says in error.message
    assert (error.cut, error.retryable) == (True, False)
    assert error.request_id == "req_scripted"


@pytest.mark.parametrize(
    "reply",
    [
        stream(delta("x"), delta(finish="stop"), done=False, then="cut"),
        stream(delta("x"), delta(finish="stop"), usage(), then="cut"),
        stream(delta("x"), delta(finish="stop"), b"data: {garb\n\n"),
        stream(delta("x"), delta(finish="stop"), usage(), then="hang"),
    ],
)
async def test_what_breaks_after_the_models_last_word_harms_nothing(reply: Reply) -> None:
    async with serving(Scene((reply,))) as (_, model):
        assert text_in(await answered(model, asking())) == "x"


async def test_a_stream_that_breaks_before_any_text_may_be_tried_again() -> None:
    async with serving(Scene((stream(delta("", role="assistant"), done=False, then="cut"),))) as (_, model):
        error = await failed(model, asking())
    assert (error.cut, error.retryable) == (True, True)


async def test_marks_for_the_cache_and_a_budget_for_thinking_reach_the_server() -> None:
    lessons = Lessons()
    lessons.learn("test", "test/fast", {"cache_marks": True, "thinking_budget": True})
    async with serving("greeting", lessons=lessons) as (server, model):
        await answered(model, asking(system="x" * 20_000, reasoning_effort="low"))
        sent = server.chats[0].json
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert sent["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}


@pytest.mark.parametrize("status", [200, 302, 400, 500])
async def test_a_body_is_read_up_to_64_megabytes_after_unpacking(status: int) -> None:
    pieces = tuple(filter(None, packed(70)))
    headers = PLAIN_JSON | {"Content-Encoding": "gzip"}
    async with serving(Scene((Reply(status, headers, pieces),))) as (_, model):
        error = await failed(model, asking(stream=False))
        assert model.endpoint.host in error.message
    if status != 200:
        assert "answered with more than 64 MB" in error.message
        assert not error.retryable


async def test_a_packed_refusal_says_what_it_says() -> None:
    said = gzip.compress(b'{"error": {"message": "No cats here."}}')
    reply = Reply(
        400, PLAIN_JSON | {"Content-Encoding": "gzip", "x-request-id": "req_7"}, (said[:9], said[9:])
    )
    async with serving(Scene((reply,))) as (_, model):
        error = await failed(model, asking())
    assert "No cats here." in error.message
    assert (error.status, error.request_id) == (400, "req_7")


async def test_a_whole_answer_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "WHOLE_ANSWER_LIMIT_BYTES", 1000)
    endless = Reply(200, PLAIN_JSON, (b'{"choices": "', *[b"x" * 500] * 5), then="hang")
    async with serving(Scene((endless,))) as (_, model):
        error = await failed(model, asking(stream=False))
    assert "longer than 64 MB" in error.message


async def test_silence_before_the_first_byte_ends_in_an_error() -> None:
    async with serving("silent", first_byte_timeout_s=0.1) as (_, model):
        error = await failed(model, asking())
    assert "sent nothing for 0.1 s" in error.message
    assert (error.cut, error.retryable) == (False, True)


async def test_silence_after_the_headers_counts_as_silence_before_the_first_byte() -> None:
    scene = Scene((stream(done=False, then="hang"),))
    async with serving(scene, first_byte_timeout_s=0.1) as (_, model):
        error = await failed(model, asking())
    assert "sent nothing for 0.1 s" in error.message


async def test_silence_in_the_middle_ends_in_an_error_after_the_text() -> None:
    async with serving("silent-in-the-middle", idle_timeout_s=0.1) as (_, model):
        chunks, error = await play(model, asking())
    assert text_in(chunks) == "Wait for"
    assert error is not None
    assert "sent nothing for 0.1 s in the middle" in error.message
    assert error.cut


@pytest.mark.parametrize(
    ("scene", "status", "says", "retryable"),
    [
        ("wrong-key", 401, "did not accept the API key", False),
        ("out-of-credits", 403, "run out of credit", False),
        ("unknown-model", 404, "does not offer test/fast", False),
        ("wrapped-400", 500, "as invalid", False),
        ("unavailable", 503, "overloaded or down", True),
        ("redirect", 307, "not followed", False),
        ("web-page", None, "web page", False),
        ("empty", None, "sent an empty answer", True),
        ("garbage", None, "without a valid answer", True),
    ],
)
async def test_a_refusal_is_a_sentence(scene: str, status: int | None, says: str, retryable: bool) -> None:
    async with serving(scene) as (server, model):
        error = await failed(model, asking())
    assert says in error.message
    assert "127.0.0.1" in error.message
    assert error.remedy
    assert (error.status, error.retryable, error.cut) == (status, retryable, False)
    assert len(server.chats) == 1


async def test_nothing_is_repeated_by_itself_and_the_time_to_wait_is_told() -> None:
    async with serving("rate-limited-once") as (server, model):
        error = await failed(model, asking())
        assert len(server.chats) == 1
        assert text_in(await answered(model, asking())) == "Hello, world."
    assert (error.code, error.retry_after_s, error.retryable) == ("rate_limit_exceeded", 1.0, True)


async def test_an_error_with_status_200_is_an_error() -> None:
    async with serving(Scene((as_json({"error": {"message": "sorry"}}),))) as (_, model):
        for streaming in (True, False):
            error = await failed(model, asking(stream=streaming))
            assert "sorry" in error.message
            assert not error.cut


@pytest.mark.parametrize("payload", [{"choices": []}, {}, [], "text", 5, {"choices": [{}]}])
async def test_a_whole_answer_without_an_answer_is_an_error(payload: Any) -> None:
    async with serving(Scene((as_json(payload),))) as (_, model):
        error = await failed(model, asking(stream=False))
    assert "base URL" in error.remedy or "incomplete" in error.message


async def test_no_null_is_ever_sent() -> None:
    async with serving("refuses-nulls") as (_, model):
        tool = {"type": "function", "function": {"name": "f", "description": None, "parameters": {}}}
        request = asking(system="Be brief.", tools=(tool,), temperature=None)
        assert text_in(await answered(model, request)) == "Hello, world."


async def test_a_refused_system_role_is_folded_and_remembered_for_the_model() -> None:
    async with serving("refuses-system") as (server, model):
        for _ in range(2):
            assert text_in(await answered(model, asking("Hi", system="Be brief."))) == "Hello, world."
        assert len(server.chats) == 3
        assert server.chats[1].json["messages"] == [{"role": "user", "content": "Be brief.\n\nHi"}]
        await answered(model, asking("Hi", system="Be brief.", model="test/other"))
        assert server.chats[3].json["messages"][0]["role"] == "system"


async def test_stream_options_that_one_model_refuses_are_left_out_for_that_model_alone() -> None:
    async with serving("refuses-stream-options") as (server, model):
        await answered(model, asking())
        await answered(model, asking())
        await answered(model, asking(model="test/other"))
    assert ["stream_options" in request.json for request in server.chats] == [True, False, False, True, False]


async def test_several_quirks_are_learned_in_one_turn() -> None:
    def judge(request: Any) -> Reply:
        if "stream_options" in request.json:
            return refusal(400, "stream_options is not permitted")
        if "max_tokens" in request.json:
            return refusal(400, "'max_tokens' is not supported. Use 'max_completion_tokens' instead.")
        if any(message["role"] == "system" for message in request.json["messages"]):
            return refusal(400, "role 'system' is not supported")
        return GREETING

    async with serving(Scene((judge,))) as (server, model):
        assert text_in(await answered(model, asking(system="S", max_tokens=5))) == "Hello, world."
    assert len(server.chats) == 4
    assert server.chats[-1].json["max_completion_tokens"] == 5


async def test_a_server_that_refuses_in_any_case_is_not_asked_for_ever() -> None:
    async with serving(Scene((refusal(400, "role system invalid, stream_options too"),))) as (server, model):
        error = await failed(model, asking(system="S"))
    assert error.status == 400
    assert len(server.chats) == 3


async def test_reasoning_models_at_openai_get_their_own_limit_from_the_start() -> None:
    model = OpenAICompatibleModel(Endpoint("OpenAI", "https://api.openai.com/v1"))
    assert model.quirks_of("o3-mini").completion_tokens
    assert not model.quirks_of("gpt-4o").completion_tokens
    elsewhere = OpenAICompatibleModel(Endpoint("x", "https://api.aimlapi.com/v1"))
    assert elsewhere.quirks_of("openai/o3-mini").completion_tokens
    anybody = OpenAICompatibleModel(Endpoint("x", "http://127.0.0.1:1/v1"))
    assert not anybody.quirks_of("o3-mini").completion_tokens


async def test_models_are_listed() -> None:
    async with serving("greeting") as (server, model):
        assert [info.id for info in await model.list_models()] == ["test/fast", "test/large"]
    assert server.requests[0].path == "/v1/models"


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (refusal(401, "no"), "API key"),
        (as_json({"nothing": "here"}), "other than a chat model's answer"),
        (Reply(200, {"Content-Type": "text/html"}, (b"<title>Login</title>",)), "web page"),
        (Reply(), "sent an empty answer"),
        (as_json({"error": {"message": "odd"}}), "odd"),
        (Reply(200, PLAIN_JSON, (b'{"data": [',), then="cut"), "incomplete"),
    ],
)
async def test_a_list_that_cannot_be_had_is_an_error(reply: Reply, says: str) -> None:
    async with serving(Scene((GREETING,), models=reply)) as (_, model):
        with pytest.raises(Exception, match=says):
            await model.list_models()


async def test_an_empty_list_is_an_answer() -> None:
    async with serving(Scene((GREETING,), models=as_json({"data": []}))) as (_, model):
        assert await model.list_models() == []


async def test_a_server_that_is_not_there_is_named() -> None:
    async with serving("greeting") as (server, _):
        gone = Endpoint("gone", server.base_url)
    model = OpenAICompatibleModel(gone)
    error = await failed(model, asking())
    assert error.message == f"Nothing answers at {gone.host}: the connection was refused."
    await model.aclose()


async def test_https_to_a_server_that_speaks_http_is_explained() -> None:
    async with serving("greeting") as (server, _):
        model = OpenAICompatibleModel(Endpoint("x", server.base_url.replace("http:", "https:")))
        error = await failed(model, asking())
        await model.aclose()
    assert "HTTPS" in error.message or "without a valid answer" in error.message


async def test_a_closed_model_opens_again_when_it_is_needed() -> None:
    async with serving("greeting") as (_, model):
        await answered(model, asking())
        await model.aclose()
        assert text_in(await answered(model, asking())) == "Hello, world."


async def test_headers_of_the_endpoint_are_sent_and_this_machine_is_not_described(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer other\nX-Other: secret")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-private")
    async with serving("greeting", headers={"X-Title": "aimltui"}) as (server, model):
        await answered(model, asking())
    sent = server.chats[0].headers
    assert sent["x-title"] == "aimltui"
    assert sent["authorization"] == f"Bearer {KEY}"
    assert sent["user-agent"].startswith("aimltui/")
    told = [name for name in sent if name.startswith(("x-stainless", "openai", "x-other"))]
    assert told == ["x-stainless-raw-response"]
    assert "private" not in repr(sent)


async def test_without_a_key_no_authorization_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-somebody-else")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-private")
    async with serving("greeting", key=None) as (server, model):
        await answered(model, asking())
    assert "authorization" not in server.chats[0].headers


async def test_a_server_on_this_machine_is_reached_past_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with serving("greeting") as (_, model):
        assert text_in(await answered(model, asking())) == "Hello, world."


async def test_a_condition_on_the_request_can_be_played() -> None:
    scene = Scene((unless(lambda r: r.json["model"] == "bad", refusal(404, "no"), GREETING),), models=MODELS)
    async with serving(scene) as (_, model):
        assert (await failed(model, asking(model="bad"))).status == 404
        await answered(model, asking(model="good"))


def test_importing_the_models_imports_neither_openai_nor_an_http_library() -> None:
    code = (
        "import sys, aimltui.engine.models.registry, aimltui.engine.models.demo.model\n"
        "heavy = {'openai', 'httpx2', 'httpx', 'anyio', 'pydantic', 'ssl'} & set(sys.modules)\n"
        "assert not heavy - {'ssl'}, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30, env={**os.environ})
