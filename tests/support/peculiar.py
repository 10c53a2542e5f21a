"""What servers of `/chat/completions` have been seen to refuse, to ignore and to send, one scene for each.

A scene is a judge of requests: it answers as such a server does. The expectation stands beside it: how the run ends,
how many requests it took the first time, and what was learned, so that the second run takes no refused request.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.scenes import (
    DONE,
    JSON,
    SSE,
    Answer,
    Reply,
    Request,
    as_json,
    delta,
    event,
    flat_refusal,
    refusal,
    stream,
    usage,
    whole,
)

TEXT = "Hello, world."
FUNCTION: JSON = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
SCHEMA: JSON = {
    "type": "json_schema",
    "json_schema": {"name": "answer", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}},
}
PIXEL = "data:image/png;base64,iVBORw0KGgo="


@dataclass(frozen=True)
class Peculiarity:
    """A server's way, and what has to come of it."""

    answers: Answer
    run: dict[str, Any] = field(default_factory=dict)
    """Of the run: tools, limits, formats."""
    says: tuple[Any, ...] = ("Hi",)
    """The contents of the thread's user messages."""
    text: str = TEXT
    status: str = "completed"
    asked: int = 1
    """Requests of the first run, with the refused ones."""
    again: int | None = None
    """Requests of the second run; None: one, since nothing is refused any more."""
    learned: dict[str, JSON] = field(default_factory=dict)
    error: str = ""
    """In the run's last error."""


def fine(request: Request) -> Reply:
    """An answer as it should be, in the shape that was asked for."""
    if request.path.endswith("/responses"):
        return responses_stream(TEXT) if request.is_stream else responses_whole(TEXT)
    if request.is_stream:
        return stream(delta("Hello, "), delta("world."), delta(finish="stop"), usage())
    return whole(TEXT)


def refuses(test: Callable[[JSON], Any], reply: Reply, then: Callable[[Request], Reply] = fine) -> Answer:
    """Refuses what passes the test."""
    return lambda request: reply if test(request.json) else then(request)


def bad(message: str, status: int = 400, **more: JSON) -> Reply:
    return refusal(status, message, type="invalid_request_error", **more)


def in_turn(*steps: tuple[Callable[[JSON], Any], Reply]) -> Answer:
    """Refuses for the first test that passes."""

    def judge(request: Request) -> Reply:
        return next((reply for test, reply in steps if test(request.json)), None) or fine(request)

    return judge


def roles(body: JSON) -> list[str]:
    return [message["role"] for message in body["messages"]]


def parts(body: JSON) -> list[str]:
    lists = [m["content"] for m in body["messages"] if isinstance(m.get("content"), list)]
    return [part["type"] for content in lists for part in content]


def has_null(value: JSON) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(has_null(part) for part in inner)


def calls_in(body: JSON) -> list[JSON]:
    return [call for message in body["messages"] for call in message.get("tool_calls", ())]


def _is_cut(body: JSON) -> bool:
    try:
        return any(not isinstance(json.loads(call["function"]["arguments"]), dict) for call in calls_in(body))
    except ValueError:
        return True


def call_first(call: JSON, **more: JSON) -> Callable[[Request], Reply]:
    """A call in the first turn, and the answer once it has come back."""

    def answer(request: Request) -> Reply:
        if any(role == "tool" for role in roles(request.json)):
            return fine(request)
        return stream(delta(tool_calls=[call], **more), delta(finish="tool_calls"), usage())

    return answer


def call(arguments: str = "{}", **more: JSON) -> JSON:
    return {
        "index": 0,
        "id": "call_a",
        "type": "function",
        "function": {"name": "weather", "arguments": arguments},
        **more,
    }


def responses_event(kind: str, **fields: JSON) -> bytes:
    body = json.dumps({"type": kind, **fields})
    return f"event: {kind}\ndata: {body}\n\n".encode()


def response(output: list[JSON], status: str = "completed", **more: JSON) -> JSON:
    spent = {
        "input_tokens": 11,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 18,
    }
    base = {"id": "resp_1", "object": "response", "status": status, "error": None, "incomplete_details": None}
    return {**base, "output": output, "usage": spent, **more}


def responses_whole(text: str) -> Reply:
    part = {"type": "output_text", "text": text, "annotations": []}
    return as_json(response([{"type": "message", "role": "assistant", "content": [part]}]))


def responses_stream(text: str) -> Reply:
    pieces = [
        responses_event("response.created", response=response([], "in_progress", usage=None)),
        *(
            responses_event("response.output_text.delta", output_index=0, content_index=0, delta=character)
            for character in text
        ),
        responses_event("response.completed", response=response([])),
    ]
    return Reply(headers=SSE, pieces=tuple(pieces), then="hang")


def only_responses(reply: Reply) -> Answer:
    return lambda request: fine(request) if request.path.endswith("/responses") else reply


_NAMED = {"type": "function", "function": {"name": "weather"}}
_SYSTEM = {"instructions": "Be brief."}

REFUSALS: dict[str, Peculiarity] = {
    "system role, OpenAI's words": Peculiarity(
        refuses(
            lambda b: "system" in roles(b),
            bad("Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        ),
        run=_SYSTEM,
        asked=2,
        learned={"fold_system": True},
    ),
    "system role, AI/ML API's words": Peculiarity(
        refuses(
            lambda b: "system" in roles(b),
            flat_refusal(400, "Invalid enum value. Expected 'user' | 'assistant', received 'system'; messages.0.role"),
        ),
        run=_SYSTEM,
        asked=2,
        learned={"fold_system": True},
    ),
    "system role, a template's words in a 500": Peculiarity(
        refuses(lambda b: "system" in roles(b), bad("Jinja Exception: System role not supported", 500)),
        run=_SYSTEM,
        asked=2,
        learned={"fold_system": True},
    ),
    "500 on the developer role": Peculiarity(
        refuses(lambda b: "developer" in roles(b), bad("Unexpected message role.", 500)), run=_SYSTEM
    ),
    "roles that must alternate": Peculiarity(
        refuses(
            lambda b: any(a == z for a, z in zip(roles(b), roles(b)[1:], strict=False)),
            bad("Conversation roles must alternate user/assistant/user/assistant/...", 500),
        ),
        says=("Hi", "Are you there?"),
        asked=2,
        learned={"alternate": True},
    ),
    "nulls": Peculiarity(refuses(has_null, bad("Body validation error")), run=_SYSTEM),
    "too many tokens, OpenAI's words": Peculiarity(
        refuses(
            lambda b: b.get("max_tokens", 0) > 4096,
            bad("max_tokens is too large: 60000. This model supports at most 4096 completion tokens, whereas you "
                "provided 60000."),
        ),
        run={"max_completion_tokens": 60_000},
        asked=2,
        learned={"output_limit": 4096},
    ),
    "too many tokens, a range": Peculiarity(
        refuses(
            lambda b: b.get("max_tokens", 0) > 8192,
            bad("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"),
        ),
        run={"max_completion_tokens": 60_000},
        asked=2,
        learned={"output_limit": 8192},
    ),
    "too many tokens, with separators": Peculiarity(
        refuses(
            lambda b: b.get("max_tokens", 0) > 32_768,
            bad("max_tokens: 60,000 > 32,768, which is the maximum allowed number of output tokens"),
        ),
        run={"max_completion_tokens": 60_000},
        asked=2,
        learned={"output_limit": 32_768},
    ),
    "too many tokens for this conversation": Peculiarity(
        refuses(
            lambda b: b.get("max_tokens", 0) > 20_000,
            bad("'max_tokens' is too large: 60000. This model's maximum context length is 32768 tokens and your request "
                "has 12000 input tokens."),
        ),
        run={"max_completion_tokens": 60_000},
        asked=3,
        again=3,
    ),
    "max_tokens": Peculiarity(
        refuses(
            lambda b: "max_tokens" in b,
            bad("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                "instead.", param="max_tokens"),
        ),
        run={"max_completion_tokens": 500},
        asked=2,
        learned={"completion_tokens": True},
    ),
    "no limit at all": Peculiarity(
        refuses(lambda b: "max_tokens" not in b, bad("max_tokens: Field required", 422)),
        asked=2,
        learned={"needs_limit": True},
    ),
    "pictures, dasllama's words": Peculiarity(
        refuses(
            lambda b: "image_url" in parts(b),
            bad("model 'x' has no vision arm - start the server with an image mmproj for it to accept image_url parts"),
        ),
        says=([{"type": "image_url", "image_url": {"url": PIXEL}}],),
        asked=2,
        learned={"no_images": True},
    ),
    "one picture, which is broken": Peculiarity(
        refuses(lambda b: "image_url" in parts(b), bad("Unsupported image format: could not decode image_url", 500)),
        says=([{"type": "image_url", "image_url": {"url": PIXEL}}],),
        status="failed",
        text="",
        error="Unsupported image format",
    ),
    "a stream that broke, which is no refusal": Peculiarity(
        refuses(lambda b: b.get("stream"), bad("Unexpected end of stream from upstream", 500)),
        status="failed",
        text="",
        error="Unexpected end of stream",
    ),
    "temperature": Peculiarity(
        refuses(
            lambda b: "temperature" in b,
            bad("Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is "
                "supported."),
        ),
        run={"temperature": 0.2},
        asked=2,
        learned={"no_temperature": True},
    ),
    "temperature and top_p, one after the other": Peculiarity(
        in_turn(
            (lambda b: "temperature" in b, bad("Unsupported parameter: 'temperature'")),
            (lambda b: "top_p" in b, bad("Unsupported parameter: 'top_p'")),
        ),
        run={"temperature": 0.2, "top_p": 0.9},
        asked=3,
        learned={"no_temperature": True, "no_top_p": True},
    ),
    "temperature and top_p together": Peculiarity(
        refuses(
            lambda b: "temperature" in b and "top_p" in b,
            bad("`temperature` and `top_p` cannot both be specified for this model."),
        ),
        run={"temperature": 0.2, "top_p": 0.9},
        asked=2,
        learned={"no_top_p": True},
    ),
    "parallel_tool_calls": Peculiarity(
        refuses(
            lambda b: "parallel_tool_calls" in b,
            bad("Unsupported parameter: 'parallel_tool_calls' is not supported with this model."),
        ),
        run={"tools": [FUNCTION], "parallel_tool_calls": False},
        asked=2,
        learned={"no_parallel": True},
    ),
    "a named tool, and any": Peculiarity(
        in_turn(
            (lambda b: isinstance(b.get("tool_choice"), dict), bad("tool_choice must be a string")),
            (lambda b: b.get("tool_choice") == "required", bad("tool_choice 'required' is not supported")),
        ),
        run={"tools": [FUNCTION], "tool_choice": _NAMED},
        asked=3,
        learned={"choice": "auto"},
    ),
    "schemas, then JSON": Peculiarity(
        in_turn(
            (
                lambda b: b.get("response_format", {}).get("type") == "json_schema",
                bad("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
            ),
            (
                lambda b: b.get("response_format", {}).get("type") == "json_object",
                bad("response_format is not supported by this model"),
            ),
        ),
        run={"response_format": SCHEMA},
        asked=3,
        learned={"format": "text"},
    ),
    "an effort, with those that there are": Peculiarity(
        refuses(
            lambda b: b.get("reasoning_effort") not in (None, "low", "medium", "high"),
            bad("Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: "
                "'low', 'medium', and 'high'."),
        ),
        run={"reasoning_effort": "minimal"},
        asked=2,
        learned={"efforts": ["low", "medium", "high"]},
    ),
    "any effort": Peculiarity(
        refuses(lambda b: "reasoning_effort" in b, bad('"gemma3:1b" does not support thinking')),
        run={"reasoning_effort": "high"},
        asked=2,
        learned={"efforts": []},
    ),
    "streaming": Peculiarity(
        refuses(
            lambda b: b.get("stream"),
            bad("Unsupported value: 'stream' does not support true with this model. Supported values are: false."),
        ),
        asked=2,
        learned={"no_stream": True},
    ),
    "streaming, for those who did not show their passport": Peculiarity(
        refuses(
            lambda b: b.get("stream"),
            bad("Your organization must be verified to stream this model.", param="stream"),
        ),
        asked=2,
        learned={"no_stream": True},
    ),
    "stream_options": Peculiarity(
        refuses(lambda b: "stream_options" in b, bad("Extra inputs are not permitted: stream_options", 422)),
        asked=2,
    ),
    "thinking without streaming": Peculiarity(
        in_turn(
            (lambda b: b.get("stream"), bad("Streaming is not supported for this model")),
            (
                lambda b: b.get("enable_thinking") is not False,
                bad("parameter.enable_thinking must be set to false for non-streaming calls"),
            ),
        ),
        asked=3,
        learned={"no_stream": True, "no_thinking": True},
    ),
    "pictures": Peculiarity(
        refuses(
            lambda b: "image_url" in parts(b),
            bad("Invalid content type. image_url is only supported by certain models."),
        ),
        says=([{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": PIXEL}}],),
        asked=2,
        learned={"no_images": True},
    ),
    "pictures, llama.cpp's words": Peculiarity(
        refuses(
            lambda b: "image_url" in parts(b),
            bad("image input is not supported - hint: if this is unexpected, you may need to provide the mmproj", 500),
        ),
        says=([{"type": "image_url", "image_url": {"url": PIXEL}}],),
        asked=2,
        learned={"no_images": True},
    ),
    "contents that are no string": Peculiarity(
        refuses(
            lambda b: any(not isinstance(m.get("content"), str) for m in b["messages"]),
            bad("messages.0.content: Expected string, received array"),
        ),
        says=([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": PIXEL}}],),
        asked=2,
        learned={"no_images": True},
    ),
    "chat, since it is a model for responses": Peculiarity(
        only_responses(
            bad("This model is only supported in v1/responses and not in v1/chat/completions.", 404, param="model")
        ),
        run={"instructions": "Be brief.", "max_completion_tokens": 500},
        asked=2,
        learned={"responses": True},
    ),
    "a refusal inside of a stream": Peculiarity(
        refuses(
            lambda b: "temperature" in b,
            stream({"error": {"message": "temperature is not supported", "code": 400}}, done=False),
        ),
        run={"temperature": 0.2},
        asked=2,
        learned={"no_temperature": True},
    ),
    "a 400 wrapped in a 500": Peculiarity(
        refuses(
            lambda b: "temperature" in b,
            flat_refusal(500, 'Upstream error: {"status":400,"message":"Unsupported parameter: temperature"}'),
        ),
        run={"temperature": 0.2},
        asked=2,
        learned={"no_temperature": True},
    ),
    "everything, whatever is left out": Peculiarity(
        lambda _request: bad("temperature is not supported"),
        run={"temperature": 0.2},
        status="failed",
        text="",
        asked=2,
        again=2,
        error="temperature is not supported",
    ),
}  # fmt: skip

WAYS: dict[str, Peculiarity] = {
    "no usage in the stream": Peculiarity(lambda _: stream(delta(TEXT), delta(finish="stop"))),
    "max_completion_tokens ignored": Peculiarity(fine, run={"max_completion_tokens": 256}),
    "a named tool ignored": Peculiarity(fine, run={"tools": [FUNCTION], "tool_choice": _NAMED}),
    "the first token late": Peculiarity(
        lambda _: stream(b": processing\n\n", b": processing\n\n", delta(TEXT), delta(finish="stop"), rate=50.0)
    ),
    "201 for a success": Peculiarity(
        lambda _: stream(delta(TEXT), delta(finish="stop"), usage(), status=201)
    ),
    "empty ids, null usage, end_turn": Peculiarity(
        lambda _: stream(
            {**delta(TEXT), "id": "", "usage": None}, {**delta(finish="end_turn"), "id": "", "usage": None}
        )
    ),
    "a last chunk without choices": Peculiarity(
        lambda _: stream(delta(TEXT), delta(finish="stop"), {"meta": {"usage": {"usd_spent": 0.001}}})
    ),
    "an error inside of the stream": Peculiarity(
        lambda _: Reply(
            headers=SSE, pieces=(event(delta("Oh")), event({"error": {"message": "upstream died"}}), DONE)
        ),
        text="Oh",
        status="failed",
        error="upstream died",
    ),
    "an answer of two kinds at once": Peculiarity(
        lambda _: stream(delta(TEXT, reasoning_content="Hm."), delta(finish="stop"), usage())
    ),
    "cut-off arguments answered with 500": Peculiarity(
        refuses(_is_cut, bad("Failed to parse tool call arguments as JSON", 500), call_first(call('{"city": "Os'))),
        run={"tools": [FUNCTION]},
        asked=2,
        again=2,
    ),
    "calls with data of their own": Peculiarity(
        refuses(
            lambda b: any(c.get("extra_content") != {"google": {"sig": None}} for c in calls_in(b)),
            bad("Function call is missing a thought_signature"),
            call_first(call(extra_content={"google": {"sig": None}})),
        ),
        run={"tools": [FUNCTION]},
        asked=2,
        again=2,
    ),
    "reasoning wanted back with its calls": Peculiarity(
        refuses(
            lambda b: any(
                m.get("reasoning_content") != "Let me see." for m in b["messages"] if m.get("tool_calls")
            ),
            bad("The `reasoning_content` in the thinking mode must be passed back to the API."),
            call_first(call(), reasoning_content="Let me see."),
        ),
        run={"tools": [FUNCTION]},
        asked=3,
        again=2,
        learned={"reasoning_back": "calls"},
    ),
    "sources beside the text": Peculiarity(
        lambda _: stream(
            {**delta("It rains [1]."), "citations": ["https://a.example/x", "javascript:alert(1)"],
             "search_results": [{"title": "Rain [today]", "url": "https://a.example/x"}]},
            {**delta(finish="stop"), "citations": ["https://a.example/x"]},
        ),
        text="It rains [1].\n\n**Sources**\n\n1. [Rain \\[today\\]](https://a.example/x)",
    ),
    "sources as annotations": Peculiarity(
        lambda _: stream(
            delta("Rain."),
            delta(annotations=[{"type": "url_citation", "url_citation":
                                {"url": "https://b.example/(y)", "title": "Y", "start_index": 0, "end_index": 5}}]),
            delta(finish="stop"),
        ),
        text="Rain.\n\n**Sources**\n\n1. [Y](https://b.example/%28y%29)",
    ),
    "sources that the text links to": Peculiarity(
        lambda _: stream(
            {**delta("See [it](https://a.example/x)."), "citations": ["https://a.example/x"]}, delta(finish="stop")
        ),
        text="See [it](https://a.example/x).",
    ),
}  # fmt: skip
