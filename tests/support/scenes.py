"""What a scripted chat server does, as data: replies, and named scenes made of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

JSON = Any
SSE = {"Content-Type": "text/event-stream; charset=utf-8"}
PLAIN_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Request:
    """One request as the server got it."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By lower-case name."""
    json: JSON
    query: str = ""
    """What stood behind the question mark."""

    @property
    def is_stream(self) -> bool:
        return isinstance(self.json, dict) and self.json.get("stream") is True


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: dict(PLAIN_JSON))
    pieces: tuple[bytes, ...] = ()
    """The body, piece by piece; each is flushed on its own."""
    rate: float = 0.0
    """Pieces a second; 0 is as fast as they go."""
    gated: bool = False
    """True: each piece waits until the test calls `server.release()`."""
    then: str = "end"
    """After the pieces: `end` the body, `cut` the connection inside it, `hang` silently."""
    silent: bool = False
    """True: nothing is sent at all, not even a status line; the connection stays open."""
    raw: bytes | None = None
    """Sent in place of an HTTP answer."""


Answer = Reply | Callable[[Request], Reply]


@dataclass(frozen=True)
class Scene:
    """Replies to the chat requests, one after the other; the last one is repeated."""

    replies: tuple[Answer, ...]
    models: Answer | None = None
    """The answer to GET /models; None: two models."""
    others: Mapping[str, Answer] = field(default_factory=dict)
    """Answers at other paths."""


def event(payload: JSON) -> bytes:
    return b"data: " + (payload if isinstance(payload, bytes) else json.dumps(payload).encode()) + b"\n\n"


DONE = event(b"[DONE]")


def delta(text: str | None = None, *, finish: str | None = None, **more: JSON) -> JSON:
    """A chunk of `/chat/completions`."""
    content = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": {**content, **more}, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}


def usage(prompt: int = 11, completion: int = 7) -> JSON:
    tokens = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [], "usage": tokens}


def stream(*chunks: JSON, done: bool = True, **options: Any) -> Reply:
    """A streamed answer of these chunks; bytes go out as they are."""
    pieces = tuple(chunk if isinstance(chunk, bytes) else event(chunk) for chunk in chunks)
    options.setdefault("headers", {**SSE, "x-request-id": "req_scripted"})
    return Reply(pieces=(*pieces, DONE) if done else pieces, **options)


def streamed_text(texts: Iterable[str], **options: Any) -> Reply:
    """A streamed answer that is whole: text, finish reason, usage, end marker."""
    chunks = [delta("", role="assistant"), *(delta(text) for text in texts)]
    return stream(*chunks, delta(finish="stop"), usage(), **options)


def whole(text: str, *, status: int = 200, **more: JSON) -> Reply:
    """An answer in one piece of JSON."""
    message = {"role": "assistant", "content": text, "refusal": None}
    tokens = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    payload = {"id": "c", "object": "chat.completion", "choices": [choice], "usage": tokens, **more}
    return as_json(payload, status=status)


def as_json(payload: JSON, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, {**PLAIN_JSON, **(headers or {})}, (json.dumps(payload).encode(),))


def refusal(status: int, message: str, *, headers: Mapping[str, str] | None = None, **more: JSON) -> Reply:
    """An error of the nested kind."""
    return as_json({"error": {"message": message, **more}}, status=status, headers=headers)


def flat_refusal(status: int, message: str) -> Reply:
    """An error of AI/ML API's flat kind."""
    body = {
        "message": message,
        "path": "/v1/chat/completions",
        "requestId": "inf_flat",
        "statusCode": str(status),
        "timestamp": "2026-11-22T10:00:00Z",
    }
    return as_json(body, status=status)


def page(status: int, title: str) -> Reply:
    body = f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Reply(status, {"Content-Type": "text/html"}, (body.encode(),))


def _has_null(value: JSON) -> bool:
    if isinstance(value, dict):
        return any(_has_null(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_has_null(inner) for inner in value)
    return value is None


def unless(test: Callable[[Request], bool], otherwise: Reply, good: Reply) -> Answer:
    """`otherwise` for requests that pass the test, `good` for the rest."""
    return lambda request: otherwise if test(request) else good


def _has_system(request: Request) -> bool:
    return any(message.get("role") in ("system", "developer") for message in request.json["messages"])


def _echo_key(request: Request) -> Reply:
    sent = request.headers.get("authorization", "")
    return refusal(401, f"Incorrect API key provided: {sent.removeprefix('Bearer ')} (header was {sent!r}).")


def _fitting(request: Request) -> Reply:
    return GREETING if request.is_stream else whole("Hello, world.")


GREETING = streamed_text(["Hel", "lo, ", "wor", "ld."])
MODELS = as_json(
    {
        "object": "list",
        "data": [
            {
                "id": "test/fast",
                "type": "openai/chat-completions",
                "info": {"name": "Fast", "developer": "Test"},
            },
            {"id": "test/large", "type": "openai/chat-completions", "info": {"contextLength": 128000}},
        ],
    }
)


class _Named:
    """The scene that the message names with its last word, answer after answer."""

    def __init__(self) -> None:
        self._played: Counter[str] = Counter()

    def __call__(self, request: Request) -> Reply:
        asked = str(request.json["messages"][-1]["content"]).rpartition(" ")[2]
        replies = SCENES[asked].replies
        answer = replies[min(self._played[asked], len(replies) - 1)]
        self._played[asked] += 1
        return answer if isinstance(answer, Reply) else answer(request)


HOSTILE = "A\x1b]0;PWNED\x07B\x1b[31mC\x9b2JD\u202eE [@click=app.quit]F[/] "


SCENES: dict[str, Scene] = {
    "named": Scene((_Named(),)),
    "hostile": Scene((streamed_text(re.findall(r"(?s).{1,5}", HOSTILE * 3), rate=200),)),
    "greeting": Scene((_fitting,)),
    "gated": Scene((replace(GREETING, gated=True),)),
    "created-201": Scene((lambda request: replace(_fitting(request), status=201),)),
    "json-to-a-stream": Scene((whole("All at once."),)),
    "wrong-key": Scene((flat_refusal(401, "This request requires a valid API key."),)),
    "out-of-credits": Scene((flat_refusal(403, "You've run out of credits. Please top up your balance."),)),
    "unknown-model": Scene((refusal(404, "The model `nope` does not exist", code="model_not_found"),)),
    "rate-limited-once": Scene((refusal(429, "Too Many Requests", headers={"Retry-After": "1"}), _fitting)),
    "wrapped-400": Scene(
        (flat_refusal(500, 'Upstream error: {"status":400,"message":"Body validation error"}'),)
    ),
    "unavailable-once": Scene((page(503, "503 Service Temporarily Unavailable"), _fitting)),
    "unavailable": Scene((page(503, "503 Service Temporarily Unavailable"),)),
    "cut": Scene((stream(delta("Half an ans"), done=False, then="cut"),)),
    "cut-inside-an-event": Scene(
        (stream(delta("Half"), b'data: {"choices":[{"del', done=False, then="cut"),)
    ),
    "no-finish": Scene((stream(delta("It just sto"), done=False),)),
    "malformed": Scene((stream(delta("Good"), b"data: {nonsense\n\n", delta(finish="stop")),)),
    "garbage": Scene((Reply(raw=b"\x00\xff\x00 SSH-2.0-nothing\r\n\r\n"),)),
    "web-page": Scene((page(200, "Sign in to the hotel's network"),)),
    "empty": Scene((Reply(),)),
    "silent": Scene((Reply(silent=True),)),
    "silent-in-the-middle": Scene((stream(delta("Wait for"), done=False, then="hang"),)),
    "refuses-nulls": Scene(
        (unless(lambda r: _has_null(r.json), refusal(400, "Body validation error"), GREETING),)
    ),
    "refuses-system": Scene(
        (
            unless(
                _has_system,
                refusal(
                    400,
                    "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
                    type="invalid_request_error",
                ),
                GREETING,
            ),
        )
    ),
    "refuses-stream-options": Scene(
        (
            unless(
                lambda r: "stream_options" in r.json, refusal(400, "Unknown field: stream_options"), GREETING
            ),
        )
    ),
    "redirect": Scene((Reply(307, {"Location": "http://elsewhere.invalid/v1/chat/completions"}),)),
    "echoes-the-key": Scene((_echo_key,)),
    "usage-in-meta": Scene(
        (
            stream(
                delta("Hi"),
                delta(finish="stop"),
                usage(),
                {"meta": {"usage": {"credits_used": 2480, "usd_spent": 0.00124}}},
            ),
        )
    ),
    "error-field": Scene(
        (
            stream(
                delta("Oh"),
                b'error: {"code":500,"message":"failed to process image","type":"server_error"}\n\n',
            ),
        )
    ),
    "error-in-stream": Scene((stream(delta("Oh"), {"error": {"message": "upstream died", "code": 502}}),)),
}
