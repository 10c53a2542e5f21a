"""The application by itself, with an engine that is none."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from starlette.types import ASGIApp

from aimltui.server.app import create_app
from aimltui.server.auth import Auth
from aimltui.server.idempotency import Answer, IdempotencyKeys
from aimltui.server.patience import BodyPatience
from aimltui.server.rate_limit import RateLimit, TooManyRequests
from aimltui.server.response_socket import ResponseSocket
from aimltui.server.routing import SERVED
from aimltui.server.shared import ServerLimits, Shared
from aimltui.wire import events
from aimltui.wire.base import Params, Wire
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.events import StreamEvent
from aimltui.wire.run_steps import INCLUDE_SEARCH_CONTENT
from aimltui.wire.runs import Run, RunEventsParams
from aimltui.wire.threads import Thread
from tests.support.builders import bounded, until

RUN = Run(id="run_1", thread_id="thread_1")
RUN_PATH = "/v1/threads/thread_1/runs"
RUN_BODY = b'{"assistant_id": "asst_1", "stream": true}'


class FakeEngine:
    """Streams what it was given, then waits; answers with a thread, or raises."""

    def __init__(self, *told: StreamEvent | Exception, error: Exception | None = None) -> None:
        self.told = told
        self.error = error
        self.asked: list[tuple[str, Params]] = []
        self.go = asyncio.Event()
        self.left = 0

    async def call(self, name: str, params: Params) -> Wire:
        self.asked.append((name, params))
        if self.error is not None:
            raise self.error
        return Thread(id="thread_1")

    async def stream(self, name: str, params: Params) -> AsyncGenerator[StreamEvent, None]:
        self.asked.append((name, params))
        try:
            for event in self.told:
                if isinstance(event, Exception):
                    raise event
                yield event
            await self.go.wait()
            yield StreamEvent(events.DONE, "[DONE]")
        finally:
            self.left += 1


class Reader:
    """Who is at the other end of a request."""

    def __init__(self, app: Any, method: str, path: str, body: bytes = b"", **headers: str) -> None:
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._incoming.put_nowait({"type": "http.request", "body": body, "more_body": False})
        self.status = 0
        self.body = b""
        self.whole = False
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [
                (b"host", b"localhost"),
                *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()),
            ],
        }
        self.answered = asyncio.ensure_future(app(scope, self._incoming.get, self._send))

    def leave(self) -> None:
        self._incoming.put_nowait({"type": "http.disconnect"})

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            assert self.status == 0, "begun twice"
            self.status = message["status"]
        else:
            self.body += message["body"]
            self.whole = not message.get("more_body", False)


async def test_a_reader_that_leaves_closes_its_stream() -> None:
    engine = FakeEngine(StreamEvent(events.RUN_CREATED, RUN))
    reader = Reader(create_app(engine), "POST", RUN_PATH, RUN_BODY)
    await until(lambda: b"thread.run.created" in reader.body)
    reader.leave()
    await bounded(reader.answered)
    assert engine.left == 1


async def test_the_headers_go_out_before_a_first_event_that_takes_its_time() -> None:
    engine = FakeEngine()
    reader = Reader(create_app(engine, limits=ServerLimits(heartbeat_s=0.02)), "GET", "/changes")
    await until(lambda: reader.status == 200)
    assert reader.body.startswith(b": ping\n\n")
    engine.go.set()
    await bounded(reader.answered)
    assert reader.body.endswith(b"data: [DONE]\n\n")
    assert reader.whole


async def test_a_stream_that_is_repeated_has_what_its_request_includes() -> None:
    engine = FakeEngine(StreamEvent(events.RUN_CREATED, RUN, 0))
    engine.go.set()
    app = create_app(engine)
    path = f"{RUN_PATH}?include[]={INCLUDE_SEARCH_CONTENT}"
    for _ in range(2):
        await bounded(Reader(app, "POST", path, RUN_BODY, idempotency_key="k").answered)
    again = engine.asked[1][1]
    assert isinstance(again, RunEventsParams)
    assert again.include == [INCLUDE_SEARCH_CONTENT]


async def test_a_refusal_before_the_first_event_is_an_answer() -> None:
    engine = FakeEngine(NotFound("No thread found with id 'thread_1'."))
    reader = Reader(create_app(engine), "POST", RUN_PATH, RUN_BODY)
    await bounded(reader.answered)
    assert reader.status == 404
    assert b"No thread found" in reader.body


@pytest.mark.parametrize("error", [RuntimeError("a secret"), BadRequest("not now")])
async def test_a_stream_that_breaks_says_so_and_ends(error: Exception) -> None:
    engine = FakeEngine(StreamEvent(events.RUN_CREATED, RUN), error)
    reader = Reader(create_app(engine), "POST", RUN_PATH, RUN_BODY)
    await bounded(reader.answered)
    assert reader.whole
    assert b"event: error\n" in reader.body
    assert b"a secret" not in reader.body
    assert b"[DONE]" not in reader.body


async def test_a_bug_is_a_500_that_names_its_log_entry_and_nothing_else(caplog: Any) -> None:
    reader = Reader(create_app(FakeEngine(error=RuntimeError("a secret"))), "GET", "/threads/thread_1")
    await bounded(reader.answered)
    assert reader.status == 500
    assert b"a secret" not in reader.body
    request_id = caplog.records[0].getMessage().rpartition("(")[2].rstrip(")")
    assert request_id.encode() in reader.body


async def test_extension_events_and_ids_are_for_the_extensions_streams_only() -> None:
    notice = StreamEvent(events.NOTICE, events.Notice(run_id="run_1", text="again"), 7)
    for path, body, shown in ((RUN_PATH, RUN_BODY, False), (f"{RUN_PATH}/run_1/events", b"", True)):
        engine = FakeEngine(StreamEvent(events.RUN_CREATED, RUN, 3), notice)
        engine.go.set()
        reader = Reader(create_app(engine), "POST" if body else "GET", path, body)
        await bounded(reader.answered)
        assert (b"aimltui.notice" in reader.body) is shown
        assert (b"id: 3\n" in reader.body) is shown


async def test_where_a_stream_resumes_is_said_by_query_or_header() -> None:
    for path, headers, after in (
        (f"{RUN_PATH}/run_1/events", {}, None),
        (f"{RUN_PATH}/run_1/events", {"last_event_id": "5"}, 5),
        (f"{RUN_PATH}/run_1/events?after=3", {"last_event_id": "5"}, 3),
    ):
        engine = FakeEngine()
        engine.go.set()
        await bounded(Reader(create_app(engine), "GET", path, **headers).answered)
        assert getattr(engine.asked[0][1], "after", None) == after


async def test_keys_are_forgotten_when_there_are_too_many_or_nothing_came_of_them() -> None:
    keys = IdempotencyKeys(max_answers=2)
    slots = [keys.claim(str(n), "POST", "/x", b"")[0] for n in range(3)]
    for slot in slots:
        keys.settle(slot, Answer(200, b""))
    assert keys.claim("0", "POST", "/x", b"")[1], "forgotten"
    keys.forget(slots[2])
    assert not keys.claim("2", "POST", "/x", b"")[1], "its answer is known"
    with pytest.raises(BadRequest):
        keys.claim("2", "POST", "/y", b"")
    with pytest.raises(BadRequest, match="too long"):
        keys.claim("x" * 256, "POST", "/x", b"")


def test_a_key_whose_request_is_not_answered_is_never_forgotten() -> None:
    keys = IdempotencyKeys(max_answers=1)
    first, _ = keys.claim("first", "POST", "/x", b"")
    for number in range(3):
        keys.settle(keys.claim(str(number), "POST", "/x", b"")[0], Answer(200, b""))
    assert keys.claim("first", "POST", "/x", b"") == (first, False)
    keys.settle(first, Answer(200, b"answer"))
    assert keys.claim("first", "POST", "/x", b"")[0].outcome == Answer(200, b"answer")


def test_the_remembered_answers_have_a_limit_of_bytes() -> None:
    keys = IdempotencyKeys(max_bytes=100)

    def is_known(key: str) -> bool:
        slot, is_first = keys.claim(key, "POST", "/x", b"")
        if is_first:
            keys.forget(slot)
        return not is_first

    for key, size in (("a", 40), ("b", 40), ("c", 40)):
        keys.settle(keys.claim(key, "POST", "/x", b"")[0], Answer(200, b"x" * size))
    assert [is_known(key) for key in "abc"] == [False, True, True]
    keys.settle(keys.claim("large", "POST", "/x", b"")[0], Answer(200, b"x" * 1000))
    assert [is_known(key) for key in "bc"] == [False, False]
    assert is_known("large"), "the newest is what a client repeats"
    keys.settle(keys.claim("small", "POST", "/x", b"")[0], Answer(200, b"x"))
    assert (is_known("large"), is_known("small")) == (False, True)


async def test_a_request_that_failed_may_be_tried_again_with_its_key() -> None:
    engine = FakeEngine(error=RuntimeError("once"))
    app = create_app(engine)
    for status in (500, 200, 200):
        reader = Reader(app, "POST", "/threads", idempotency_key="k")
        await bounded(reader.answered)
        assert reader.status == status
        engine.error = None
    assert len(engine.asked) == 2


@pytest.mark.parametrize(("path", "drip"), [("/v1/threads", b""), ("/v1/threads", b" "), ("/v1/files", b"")])
async def test_a_body_that_does_not_come_is_not_waited_for(path: str, drip: bytes, tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.new_file_path = lambda: tmp_path / "new"  # type: ignore[attr-defined]
    app = create_app(engine, limits=ServerLimits(patience=BodyPatience(silence_s=0.05, slowest=1000)))
    sent: list[dict[str, Any]] = []
    pieces = 0

    async def receive() -> dict[str, Any]:
        nonlocal pieces
        pieces += 1
        await (asyncio.sleep(0.01) if drip else asyncio.Event().wait())
        return {"type": "http.request", "body": drip, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"multipart/form-data; boundary=x"), (b"host", b"localhost")]
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers,
    }  # fmt: skip
    await bounded(app(scope, receive, send))
    assert sent[0]["status"] == 408
    assert dict(sent[0]["headers"])[b"connection"] == b"close"
    assert b"did not arrive in time" in sent[1]["body"]
    assert engine.asked == []
    assert pieces < 20


async def test_a_body_in_pieces_and_an_answer_that_takes_long_are_waited_for() -> None:
    engine = FakeEngine(StreamEvent(events.RUN_CREATED, RUN))
    limits = ServerLimits(heartbeat_s=0.05, patience=BodyPatience(silence_s=0.05, slowest=1000))
    reader = Reader(create_app(engine, limits=limits), "POST", RUN_PATH, RUN_BODY)
    # far longer than a body may take
    await until(lambda: reader.body.count(b": ping") > 3)
    engine.go.set()
    await until(lambda: reader.whole)
    assert b"event: done" in reader.body


async def test_what_watches_a_server_needs_no_token_and_learns_nothing_else() -> None:
    app = create_app(cast(Any, None), Auth("a-token-of-some-length"))
    assert (await asked(app, "/healthz")) == (200, b'{"status":"ok"}')
    assert (await asked(app, "/metrics"))[0] == 401
    token = {"authorization": "Bearer a-token-of-some-length"}
    status, text = await asked(app, "/metrics", token)
    assert status == 200
    assert b'aimltui_requests_total{operation="healthz",status="200"} 1\n' in text
    assert b'aimltui_requests_total{operation="unknown",status="401"} 1\n' in text
    assert b'aimltui_request_seconds_bucket{operation="healthz",le="+Inf"} 1\n' in text


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}])
@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/openapi.json", "/v1/models", "/v1/nothing"])
async def test_without_a_token_no_web_page_learns_anything(path: str, headers: dict[str, str]) -> None:
    status, body = await asked(create_app(cast(Any, None)), path, headers)
    assert (status, json.loads(body)["error"]["code"]) == (403, "forbidden_origin")


def opening(path: str = "/v1/responses", **headers: str) -> dict[str, Any]:
    """The request that opens a WebSocket."""
    return {
        "type": "websocket",
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "extensions": {"websocket.http.response": {}},
    }


@pytest.mark.parametrize(
    ("auth", "scope", "status", "code"),
    [
        (Auth(), opening(origin="https://evil.example"), 403, "forbidden_origin"),
        (Auth(), opening(host="evil.example"), 403, "forbidden_origin"),
        (Auth("a-token-of-some-length"), opening(), 401, "invalid_api_key"),
        (Auth(), opening("/v1/realtime"), 404, "unknown_url"),
    ],
)
async def test_a_websocket_is_refused_before_it_opens(
    auth: Auth, scope: dict[str, Any], status: int, code: str
) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def connect() -> Any:
        return {"type": "websocket.connect"}

    await create_app(cast(Any, None), auth)(scope, connect, send)
    start, body = sent
    assert (start["type"], start["status"]) == ("websocket.http.response.start", status)
    assert json.loads(body["body"])["error"]["code"] == code


def socket_of(
    send: Any, *messages: str, shared: Shared | None = None, **times: float
) -> tuple[ResponseSocket, list[Any]]:
    """A WebSocket whose client sends messages, then waits; and what it has not sent yet."""
    rest = [{"type": "websocket.connect"}, *({"type": "websocket.receive", "text": one} for one in messages)]

    async def receive() -> Any:
        if not rest:
            await asyncio.Event().wait()
        return rest.pop(0)

    known = shared or Shared(cast(Any, None), Auth(), ServerLimits())
    return ResponseSocket(known, opening(), receive, send, **times), rest


async def test_a_websocket_ends_after_its_longest_time() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    shared = Shared(cast(Any, None), Auth(), ServerLimits())
    await bounded(socket_of(send, shared=shared, longest_s=0.01)[0].run())
    accepted, told, closed = sent
    assert (accepted["type"], closed["type"]) == ("websocket.accept", "websocket.close")
    assert json.loads(told["text"])["error"]["code"] == "websocket_connection_limit_reached"
    assert b"aimltui_streams_open 0" in shared.metrics.text()


async def take_only_the_handshake(message: Any) -> None:
    if message["type"] != "websocket.accept":
        await asyncio.Event().wait()


async def test_a_client_that_receives_nothing_cannot_hold_a_websocket_beyond_its_time() -> None:
    talk, _ = socket_of(take_only_the_handshake, longest_s=0.01, last_words_s=0.01)
    await bounded(talk.run())


async def test_a_websocket_reads_on_while_a_request_is_answered() -> None:
    # the answer to a ping, and that the client has left, come after its requests
    talk, rest = socket_of(take_only_the_handshake, *"{" * 8)
    running = asyncio.create_task(talk.run())
    await until(lambda: not rest)
    running.cancel()
    await asyncio.wait({running})


async def test_a_websocket_that_was_closed_meanwhile_answers_no_further_request() -> None:
    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if message["type"] != "websocket.accept":
            raise RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")

    talk, _ = socket_of(send, "{", "{")
    await bounded(talk.run())
    assert sent == ["websocket.accept", "websocket.send"]


async def test_the_openapi_document_names_every_operation_and_all_its_references_exist() -> None:
    status, body = await asked(create_app(cast(Any, None)), "/v1/openapi.json")
    whole = json.loads(body)
    told = {
        (method.upper(), path): described["operationId"]
        for path, methods in whole["paths"].items()
        for method, described in methods.items()
    }
    assert status == 200
    assert {(one.method, one.path): one.name for one in SERVED}.items() <= told.items()
    assert {("POST", "/chat/completions"), ("POST", "/responses")} <= told.keys()
    assert len(set(told.values())) == len(told)
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', body.decode()))
    assert references <= whole["components"]["schemas"].keys()
    run = whole["paths"]["/threads/{thread_id}/runs"]["post"]
    fields = run["requestBody"]["content"]["application/json"]["schema"]
    assert fields["required"] == ["assistant_id"]
    assert "thread_id" not in fields["properties"]
    assert {one["name"]: one["in"] for one in run["parameters"]} == {"thread_id": "path", "include": "query"}
    assert list(run["responses"]["200"]["content"]) == ["application/json", "text/event-stream"]


async def test_more_requests_than_allowed_are_told_when_to_come_again() -> None:
    now = [0.0]
    limit = RateLimit(2, lambda: now[0])
    limit.take()
    assert limit.headers() == {
        "x-ratelimit-limit-requests": "2",
        "x-ratelimit-remaining-requests": "1",
        "x-ratelimit-reset-requests": "30.000s",
    }
    limit.take()
    with pytest.raises(TooManyRequests, match="Please try again in 30s") as caught:
        limit.take()
    assert caught.value.retry_after_s == 30
    now[0] = 30.0
    limit.take()
    app = create_app(cast(Any, None), limits=ServerLimits(per_minute=1))
    answers = [await answered(app, "/nowhere") for _ in range(2)]
    assert [status for status, _, _ in answers] == [404, 429]
    assert 1 <= int(answers[1][1]["retry-after"]) <= 60


async def test_a_request_is_logged_without_its_content(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(cast(Any, None), limits=ServerLimits(logs_requests=True))
    with caplog.at_level("INFO", "aimltui.requests"):
        await asked(app, "/v1/threads/thread_secret/nothing?key=sk-secret")
    [line] = [record.message for record in caplog.records if record.name == "aimltui.requests"]
    assert "secret" not in line
    assert (json.loads(line)["operation"], json.loads(line)["status"]) == ("unknown", 404)


async def test_requests_over_a_websocket_are_logged_without_their_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    limits = ServerLimits(logs_requests=True)

    def logged() -> list[str]:
        return [record.message for record in caplog.records if record.name == "aimltui.requests"]

    async def send(message: Any) -> None:
        pass

    with caplog.at_level("INFO", "aimltui.requests"):
        shared = Shared(cast(Any, None), Auth(), limits)
        talk, _ = socket_of(send, '{"input": "secret"}', "{", shared=shared)
        running = asyncio.create_task(talk.run())
        await until(lambda: len(logged()) == 2)
        running.cancel()
        await asyncio.wait({running})
        refusing = Shared(cast(Any, None), Auth("a-token-of-some-length"), limits)
        await bounded(socket_of(send, shared=refusing)[0].run())
    assert "secret" not in "".join(logged())
    found = [json.loads(line) for line in logged()]
    assert [(one["method"], one["operation"], one["status"]) for one in found] == [
        ("WEBSOCKET", "websocket /responses", 400),
        ("WEBSOCKET", "websocket /responses", 400),
        ("WEBSOCKET", "unknown", 401),
    ]


async def asked(app: ASGIApp, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    status, _, body = await answered(app, path, headers)
    return status, body


async def answered(
    app: ASGIApp, path: str, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    transport = httpx2.ASGITransport(app=cast(Any, app))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(path, headers=dict(headers or {}))
        return answer.status_code, answer.headers, answer.content
