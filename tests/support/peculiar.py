"""What servers of `/chat/completions` have been seen to refuse, to ignore and to send, one scene for each.

Those that refuse something are in `tests.support.refusing`. A scene is a judge of requests: it answers as such a server does. The expectation stands beside it: how the run ends,
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
    refusal,
    stream,
    usage,
    whole,
)

TEXT = "Hello, world."
FUNCTION: JSON = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
NAMED: JSON = {"type": "function", "function": {"name": "weather"}}
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


WAYS: dict[str, Peculiarity] = {
    "no usage in the stream": Peculiarity(lambda _: stream(delta(TEXT), delta(finish="stop"))),
    "max_completion_tokens ignored": Peculiarity(fine, run={"max_completion_tokens": 256}),
    "a named tool ignored": Peculiarity(fine, run={"tools": [FUNCTION], "tool_choice": NAMED}),
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
        text="It rains [1].\n\n**Sources**\n\n1. [Rain \\[today\\]](https://a.example/x) · a.example",
    ),
    "sources as annotations": Peculiarity(
        lambda _: stream(
            delta("Rain."),
            delta(annotations=[{"type": "url_citation", "url_citation":
                                {"url": "https://b.example/(y)", "title": "Y", "start_index": 0, "end_index": 5}}]),
            delta(finish="stop"),
        ),
        text="Rain.\n\n**Sources**\n\n1. [Y](https://b.example/%28y%29) · b.example",
    ),
    "sources that the text links to": Peculiarity(
        lambda _: stream(
            {**delta("See [it](https://a.example/x)."), "citations": ["https://a.example/x"]}, delta(finish="stop")
        ),
        text="See [it](https://a.example/x).",
    ),
}  # fmt: skip
