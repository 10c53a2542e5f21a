"""One request of the server: checked, carried out by an operation of the engine, and answered."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from aimltui.server import idempotency, openapi, other_wires
from aimltui.server.assistant_models import assistant_models
from aimltui.server.chunk_writer import chunk_writer
from aimltui.server.client_budget import QuotaReserved, QuotaUsedUp, headers_within, refuse_place
from aimltui.server.download import send_content
from aimltui.server.event_stream import EventStream, disconnected, encoded, encoded_error
from aimltui.server.idempotency import Answer, IdempotencyKeys, Slot, Streamed
from aimltui.server.metrics import CONTENT_TYPE as METRICS_TYPE
from aimltui.server.multipart import read_form
from aimltui.server.other_wires import Asked, Reply, Streaming
from aimltui.server.patience import PatientReceive, SlowRequest
from aimltui.server.rate_limit import TooManyRequests
from aimltui.server.routing import (
    GET_MODEL,
    OTHER_WIRES,
    Match,
    MethodNotAllowed,
    ModelParams,
    path_parts,
)
from aimltui.server.shared import Shared, new_request_id
from aimltui.wire import operations as op
from aimltui.wire.base import Params, Wire
from aimltui.wire.clients import ANYBODY, CURRENT
from aimltui.wire.errors import APIError, NotFound, ServerError, TooLarge
from aimltui.wire.events import StreamEvent
from aimltui.wire.files import MAX_FILE, FileParams
from aimltui.wire.models import ListModels, Model, ModelPage
from aimltui.wire.parsing import check_text, form_fields, parse_json, parse_params, wants_stream
from aimltui.wire.request_errors import unknown_parameter
from aimltui.wire.run_steps import RunStep
from aimltui.wire.runs import CreateRun, Run, RunEventsParams
from aimltui.wire.uploads import MAX_PART
from aimltui.wire.vector_stores import IN_PROGRESS, FileBatch, VectorStoreFile

POLL_AFTER_MS = 200
"""The polling interval sent to clients while a run is active or a file is indexed; their default is a second or more."""
_RUNNING = frozenset({op.CREATE_RUN.name, op.CREATE_THREAD_AND_RUN.name, op.SUBMIT_TOOL_OUTPUTS.name})
"""Operations that let a model answer."""
JSON_TYPE = "application/json"
EVENT_TYPE = "text/event-stream; charset=utf-8"

log = logging.getLogger(__name__)


class Exchange:
    """One request and its answer."""

    def __init__(self, shared: Shared, scope: Scope, receive: Receive, send: Send) -> None:
        self._shared = shared
        self._scope, self._send_message = scope, send
        self._receive = PatientReceive(receive, shared.limits.patience)
        self._request = Request(scope, self._receive)
        self._method: str = scope["method"]
        self._raw_path: str = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        self._began = time.perf_counter()
        self._id = new_request_id()
        self._operation: op.Operation[Any, Any] | None = None
        self._name = "unknown"
        self._status = 499
        self._adds_to_thread = False
        self._quota: dict[str, str] = {}
        """Headers with what is left of the client's budget."""

    async def run(self) -> None:
        """Answer the request, also after an unexpected error."""
        try:
            await self._answer()
        finally:
            self._note()

    async def _answer(self) -> None:
        try:
            await self._run()
        except ClientDisconnect:
            return
        except APIError as error:
            await self._refuse(error)
        except Exception:
            log.exception("%s %s failed (%s)", self._method, self._raw_path, self._id)
            await self._refuse(
                ServerError(
                    "The server had an error while processing your request. Its log has the details "
                    f"under {self._id}."
                )
            )

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        await self._send_message(message)

    def _note(self) -> None:
        seconds = time.perf_counter() - self._began
        self._shared.note(self._id, self._method, self._name, self._status, seconds)

    async def _run(self) -> None:
        place = path_parts(self._raw_path)
        if place == ["healthz"] and self._method in ("GET", "HEAD"):
            # without a token, so that what watches the server needs none; it says nothing about the content
            self._name = "healthz"
            self._shared.auth.refuse_web_pages(self._request.headers)
            await self._respond(Answer(200, b'{"status":"ok"}'))
            return
        CURRENT.set(self._shared.auth.check(self._request.headers))
        if place == ["metrics"] and self._method == "GET":
            self._name = "metrics"
            text = self._shared.metrics.text()
            await self._respond(Answer(200, text, (("content-type", METRICS_TYPE),)))
            return
        if place == ["openapi.json"] and self._method == "GET":
            self._name = "openapi"
            await self._respond(Answer(200, openapi.document(self._shared.others.routes)))
            return
        if self._shared.rate is not None:
            self._shared.rate.take()
        if place[0] in OTHER_WIRES:
            await self._answer_elsewise()
            return
        match = self._shared.router.find(self._method, self._raw_path)
        self._operation, self._name = match.operation, match.operation.name
        if match.operation.name in _RUNNING:
            await self._check_budget()
        if match.operation.body == "multipart":
            await self._take_form(match)
            return
        body = await self._body()
        fields = parse_json(body) if self._method == "POST" else {}
        if CURRENT.get() is not None:
            refuse_place(fields)
        stream = wants_stream(match.operation, fields)
        params = self._params(match, fields)
        key = self._request.headers.get(idempotency.HEADER)
        if key and self._method == "POST":
            await self._once(key, body, stream, params)
        elif stream:
            await self._stream(match.operation.name, params, extended=match.operation.extension)
        elif match.operation is op.GET_FILE_CONTENT:
            content = await self._shared.engine.open_file_content(cast(FileParams, params))
            await send_content(content, self._headers(), self._send)
        else:
            await self._respond(await self._call(params))

    async def _answer_elsewise(self) -> None:
        match = self._shared.others.router.find(self._method, self._raw_path)
        self._name = f"{match.operation.method} {match.operation.path}"
        if match.operation.runs:
            await self._check_budget()
        raw = await self._body() if self._method == "POST" else b""
        check_text(raw)
        body = parse_json(raw) if self._method == "POST" else {}
        self._adds_to_thread = other_wires.adds_to_thread(body)
        answering = match.operation.answer(Asked(match.path, dict(self._query()), body))
        reply = await (self._while_wanted(answering) if match.operation.runs else answering)
        if isinstance(reply, Streaming):
            await self._send_events(reply.source, reply.encode_error)
        else:
            await self._respond(Answer(200, json.dumps(reply, ensure_ascii=False).encode("utf-8", "replace")))

    async def _check_budget(self) -> None:
        """Refuse to start a run for a client whose budget is used up.

        Raises:
            QuotaUsedUp: It is.
            QuotaReserved: Its active runs have reserved the rest.
        """
        if (client := CURRENT.get()) is not None:
            self._quota = await headers_within(client, self._shared.engine.spent_by, time.time())

    async def _while_wanted(self, answering: Coroutine[Any, Any, Reply]) -> Reply:
        """Return an answer; stop working on it if the client leaves.

        Raises:
            ClientDisconnect: It has left.
        """
        task, leaving = asyncio.create_task(answering), asyncio.create_task(disconnected(self._receive))
        try:
            await asyncio.wait({task, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise ClientDisconnect
        finally:
            task.cancel()
            leaving.cancel()
            await asyncio.wait({task, leaving})

    async def _take_form(self, match: Match[op.Operation[Any, Any]]) -> None:
        operation, path = match.operation, self._shared.engine.new_file_path()
        limit = min(self._shared.limits.max_file, MAX_PART if operation is op.ADD_UPLOAD_PART else MAX_FILE)
        kind = self._request.headers.get("content-type", "")
        async with read_form(kind, self._request.stream(), path, limit) as form:
            fields = form_fields(operation, form.pairs)
            if form.file_field:
                if form.file_field != operation.blob:
                    raise unknown_parameter(form.file_field)
                fields[operation.blob] = {"filename": form.filename, "path": str(path)}
            params = self._params(match, fields)
            key = self._request.headers.get(idempotency.HEADER)
            if key:
                await self._once(key, form.fingerprint, False, params)
            else:
                await self._respond(await self._call(params))

    def _params(self, match: Match[op.Operation[Any, Any]], fields: Mapping[str, Any]) -> Params:
        query = self._query()
        last = self._request.headers.get("last-event-id", "")
        if (
            match.operation is op.RUN_EVENTS
            and last.isdecimal()
            and not any(name == "after" for name, _ in query)
        ):
            # A browser's EventSource resumes with this header.
            query.append(("after", last))
        return parse_params(match.operation, match.path, query, fields)

    def _query(self) -> list[tuple[str, str]]:
        text = self._scope.get("query_string", b"").decode("latin-1")
        return parse_qsl(text, keep_blank_values=True, errors="replace")

    async def _body(self) -> bytes:
        limit = self._shared.limits.max_body
        declared = self._request.headers.get("content-length", "")
        size, pieces = int(declared) if declared.isdecimal() else 0, list[bytes]()
        if size <= limit:
            size = 0
            async for piece in self._request.stream():
                size += len(piece)
                if size > limit:
                    break
                pieces.append(piece)
        if size > limit:
            raise TooLarge(f"The request body is too large: the limit is {limit:,} bytes.")
        return b"".join(pieces)

    async def _call(self, params: Params) -> Answer:
        operation = self._operation
        assert operation is not None
        if operation is GET_MODEL:
            return _answer(await self._model(cast(ModelParams, params)))
        if operation is op.LIST_MODELS:
            return _answer(await self._models(cast(ListModels, params)))
        return _answer(await self._shared.engine.call(operation.name, params))

    async def _models(self, params: ListModels) -> ModelPage:
        page = cast(ModelPage, await self._shared.engine.call(op.LIST_MODELS.name, params))
        assistants = await assistant_models(self._shared.engine)
        data = [*assistants, *page.data]
        ends = {"first_id": data[0].id, "last_id": data[-1].id} if data else {}
        return page.model_copy(update={"data": data, **ends})

    async def _model(self, params: ModelParams) -> Model:
        page = await self._models(ListModels())
        model = next((model for model in page.data if model.id == params.model), None)
        if model is None:
            raise NotFound(
                f"The model '{params.model}' does not exist.", code="model_not_found", param="model"
            )
        return model

    async def _once(self, key: str, body: bytes, stream: bool, params: Params) -> None:
        client = asking.name if (asking := CURRENT.get()) is not None else ANYBODY
        slot, first = self._shared.keys.claim(key, self._method, self._raw_path, body, client)
        while not first:
            await slot.settled.wait()
            if slot.outcome is not None:
                await self._repeat(slot.outcome, params)
                return
            slot, first = self._shared.keys.claim(key, self._method, self._raw_path, body, client)
        try:
            await self._do_once(slot, stream, params)
        finally:
            self._shared.keys.forget(slot)

    async def _do_once(self, slot: Slot, stream: bool, params: Params) -> None:
        assert self._operation is not None
        if stream:
            await self._stream(self._operation.name, params, watch=_StreamRecorder(self._shared.keys, slot))
            return
        try:
            answer = await self._call(params)
        except APIError as error:
            if error.status < 500:
                self._shared.keys.settle(slot, _error_answer(error))
            raise
        self._shared.keys.settle(slot, answer)
        await self._respond(answer)

    async def _repeat(self, outcome: Answer | Streamed, asked: Params) -> None:
        if isinstance(outcome, Answer):
            await self._respond(outcome)
            return
        params = RunEventsParams(
            thread_id=outcome.thread_id,
            run_id=outcome.run_id,
            after=outcome.after,
            include=asked.include if isinstance(asked, CreateRun) else None,
        )
        await self._stream(op.RUN_EVENTS.name, params)

    async def _stream(
        self, name: str, params: Params, *, extended: bool = False, watch: _StreamRecorder | None = None
    ) -> None:
        source = encoded(self._shared.engine.stream(name, params), extended=extended, watch=watch)
        await self._send_events(source, encoded_error)

    async def _send_events(
        self, source: AsyncGenerator[bytes, None], encode_error: Callable[[APIError], bytes]
    ) -> None:
        stream = EventStream(source, encode_error=encode_error, heartbeat_s=self._shared.limits.heartbeat_s)
        headers = {"content-type": EVENT_TYPE, "cache-control": "no-cache", "x-accel-buffering": "no"}
        raw = [(k.encode(), v.encode()) for k, v in {**headers, **self._headers()}.items()]
        with self._shared.metrics.open_stream():
            await stream.send(self._receive, self._send, raw, chunk_writer(self._send_message, self._scope))

    async def _refuse(self, error: APIError) -> None:
        error.request_id = self._id
        await self._respond(_error_answer(error), error)

    async def _respond(self, answer: Answer, error: APIError | None = None) -> None:
        headers = {**self._headers(), **dict(answer.headers)}
        if isinstance(error, MethodNotAllowed):
            headers["allow"] = error.allowed
        if isinstance(error, TooManyRequests | QuotaReserved | QuotaUsedUp):
            headers["retry-after"] = str(error.retry_after_s)
        if isinstance(error, QuotaUsedUp):
            headers["x-should-retry"] = "false"
        if isinstance(error, SlowRequest):
            # the rest of the body is not waited for
            headers["connection"] = "close"
        if answer.status >= 400 and self._must_not_be_repeated():
            headers["x-should-retry"] = "false"
        response = Response(
            answer.body, answer.status, headers, media_type=headers.get("content-type", JSON_TYPE)
        )
        await response(self._scope, self._receive, self._send)

    def _must_not_be_repeated(self) -> bool:
        # The SDK repeats a POST that failed with 5xx. If a run or message was created despite the failure, it would be
        # created twice. A request with an idempotency key may be repeated.
        made = self._operation is not None and self._operation.name.startswith(("create_", "submit_"))
        if self._adds_to_thread:
            return True
        return made and idempotency.HEADER not in self._request.headers

    def _headers(self) -> dict[str, str]:
        limit = self._shared.rate.headers() if self._shared.rate is not None else {}
        return {
            **limit,
            **self._quota,
            "x-request-id": self._id,
            "openai-processing-ms": str(round((time.perf_counter() - self._began) * 1000)),
            "openai-version": "2020-10-01",
            "x-content-type-options": "nosniff",
        }


class _StreamRecorder:
    """Remembers which events of which run a stream sends, so that they can be sent again."""

    def __init__(self, keys: IdempotencyKeys, slot: Slot) -> None:
        self._keys = keys
        self._slot = slot
        self._first: int | None = None

    def __call__(self, event: StreamEvent) -> None:
        if self._first is None:
            self._first = event.index
        payload = event.data
        after = self._first - 1 if self._first else None
        if self._slot.outcome is not None:
            return
        if isinstance(payload, Run):
            self._keys.settle(self._slot, Streamed(payload.thread_id, payload.id, after))
        elif isinstance(payload, RunStep):
            self._keys.settle(self._slot, Streamed(payload.thread_id, payload.run_id, after))


def _answer(result: Wire) -> Answer:
    poll = result.is_active if isinstance(result, Run) else _is_indexing(result)
    headers = (("openai-poll-after-ms", str(POLL_AFTER_MS)),) if poll else ()
    return Answer(200, result.model_dump_json().encode(), headers)


def _is_indexing(result: Wire) -> bool:
    return isinstance(result, VectorStoreFile | FileBatch) and result.status == IN_PROGRESS


def _error_answer(error: APIError) -> Answer:
    return Answer(error.status, json.dumps(error.to_json(), ensure_ascii=False).encode("utf-8", "replace"))
