"""Reads the answer to one request, streamed or not, into chunks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from typing import Any, Protocol

from aimltui.common.bodies import LIMIT_BYTES
from aimltui.common.dataclass import dataclass
from aimltui.engine.models.base import JSON, ChatChunk, ChatUsage, ModelError
from aimltui.engine.models.catalogue.values import cost_of
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.errors import sentences as errors
from aimltui.engine.models.http.response import HTTPAnswer, read_json
from aimltui.engine.models.http.sse import payloads_of
from aimltui.wire.sse_reader import EventTooLong, SSEFrame, SSEReader

TRAILER_TIMEOUT_S = 5.0
"""How long to wait for the usage after the finish reason."""
DRAIN_TIMEOUT_S = 0.1
"""How long to wait for the body's end after the end marker. The connection can be reused only after that."""
WHOLE_ANSWER_LIMIT_BYTES = LIMIT_BYTES
_DRAIN_PIECES = 4
_ERROR_LIMIT = 20_000
_DONE = ("[DONE]", b"[DONE]")
_BLANKS = b" \t\r\n\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ResponseTimeouts:
    """How long to wait for a server's answer, in seconds."""

    first_byte_s: float = 600.0
    """Until the answer starts."""
    idle_s: float = 300.0
    """Between two parts of the answer."""


class Reader(Protocol):
    """Reads the JSON of one kind of endpoint, for one turn."""

    finish_reason: str | None
    """Set once the model has reported its end."""
    has_content: bool
    """Whether any content arrived that the user may have seen."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more can follow."""
        ...

    @property
    def usage(self) -> ChatUsage | None:
        """The known usage of the turn."""
        ...

    def text_in(self, payload: Mapping[str, JSON], /) -> str | None:
        """Return the text of a payload that has nothing else; None for any other. It is not read yet."""
        ...

    def read_text(self, text: str, /) -> ChatChunk | str | None:
        """Read such a text: the text if it is nothing but text of the answer, None if there is nothing new."""
        ...

    def read(self, payload: Mapping[str, JSON], /) -> ChatChunk | None:
        """Read a payload; None if it contains nothing new."""
        ...

    def is_answer(self, payload: Mapping[str, JSON], /) -> bool:
        """Whether a payload is a complete answer."""
        ...

    def error_in(self, payload: Mapping[str, JSON], /) -> Mapping[str, JSON] | None:
        """The error in a payload."""
        ...

    @property
    def opens_thought(self) -> bool | None:
        """Whether the answer began inside a thought: True if it closed one that it never opened, None if unknown."""
        ...

    def held_back(self) -> ChatChunk | None:
        """Return what was held back of the answer until its end."""
        ...

    def closing(self) -> ChatChunk | None:
        """The text to add at the end of the answer."""
        ...

    def add_cost(self, cost_usd: float | None, /) -> None:
        """Add a cost from outside the body."""
        ...


class Exchange:
    """Reads one answer as events or as a whole, whichever the server sends.

    Args:
        endpoint: The server.
        model: The id of the model.
        patience: How long to wait.
        reader: Reads the JSON of the answer.
        bare: Add nothing at the end of the text, because a program reads it.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        patience: ResponseTimeouts,
        reader: Reader,
        *,
        bare: bool = False,
    ) -> None:
        self._endpoint = endpoint
        self._model = model
        self._patience = patience
        self._answer = HTTPAnswer(endpoint, model)
        self._reader = reader
        self._bare = bare
        self.on_text: Callable[[str], bool] | None = None
        """See `ChatRequest.on_text`."""
        self._error = ""
        self._done = False
        self._trailer_ends: float | None = None

    @property
    def refusal(self) -> str:
        """The body with which the server refused the request."""
        return self._answer.refusal or self._error

    @property
    def has_content(self) -> bool:
        """Whether any content arrived that the user may have seen."""
        return self._reader.has_content

    @property
    def opens_thought(self) -> bool | None:
        """Whether the answer began inside a thought; None if unknown."""
        return self._reader.opens_thought

    async def chunks(self, response: AbstractAsyncContextManager[Any]) -> AsyncGenerator[ChatChunk, None]:
        """Yield the answer's chunks. The iterator ends normally only if the model reported its end.

        Raises:
            ModelError: See `ChatModel.stream`.
        """
        failure: ModelError | None = None
        try:
            async with (
                aclosing(self._answer.pieces(response, self._wait_s)) as pieces,
                aclosing(self._read(pieces)) as chunks,
            ):
                async for chunk in chunks:
                    yield chunk
        except ModelError as error:
            failure = error
        if held := self._reader.held_back():
            yield held
        if self._done or self._reader.finish_reason is not None:
            # A failure of the connection after the model's end takes nothing from the answer.
            if failure is None or failure.cut:
                closing = None if self._bare else self._reader.closing()
                if closing is not None:
                    yield closing
                return
        elif failure is None:
            failure = errors.cut(self._endpoint, "the connection ended before the model was done")
        failure.request_id = failure.request_id or errors.request_id_of(
            self._answer.headers, self._endpoint.api_key
        )
        if failure.cut and not self.has_content:
            failure.retryable = True
        raise failure

    async def _read(self, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[ChatChunk, None]:
        head = b""
        async for start in pieces:
            # slow servers first send white space, so that no proxy takes the connection for dead
            head = start.lstrip(_BLANKS)
            if head:
                break
        header_cost = cost_of(self._answer.headers.get("x-aimlapi-usd-spent"))
        self._reader.add_cost(header_cost)
        request_id = errors.request_id_of(self._answer.headers, self._endpoint.api_key)
        if request_id:
            yield ChatChunk(request_id=request_id)
        if head[:1] in (b"{", b"[", b"<", b""):
            yield await self._whole(head, pieces)
            return
        reader = SSEReader()
        has_usage = False
        piece = head
        while True:
            for payload in reader.lines_of_data(piece) or self._payloads(reader.feed(piece)):
                chunk = self._event(payload)
                if isinstance(chunk, str):
                    if self.on_text is None or not self.on_text(chunk):
                        yield ChatChunk(chunk)
                elif chunk is not None:
                    has_usage = has_usage or chunk.usage is not None
                    yield chunk
                if self._done:
                    break
            if self._done:
                await self._drain(pieces)
                break
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                break
        for payload in () if self._done else self._payloads(reader.close()):
            # The rest of a broken stream may be half an event, which is dropped.
            chunk = self._event(payload) if _is_readable(payload) else None
            if isinstance(chunk, str):
                yield ChatChunk(chunk)
            elif chunk is not None:
                has_usage = has_usage or chunk.usage is not None
                yield chunk
        if header_cost is not None and not has_usage:
            yield ChatChunk(usage=self._reader.usage)

    async def _whole(self, head: bytes, pieces: AsyncIterator[bytes]) -> ChatChunk:
        parts, size = [head], len(head)
        async for piece in pieces:
            parts.append(piece)
            size += len(piece)
            if size > WHOLE_ANSWER_LIMIT_BYTES:
                raise errors.cut(self._endpoint, "it is longer than 64 MB")
        content = b"".join(parts)
        try:
            payload = read_json(content)
        except ValueError:
            payload = None
        if not isinstance(payload, Mapping):
            raise errors.no_api_there(self._endpoint, content.decode("utf-8", errors="replace"))
        self._raise_error_in(payload, began=False)
        chunk = self._reader.read(payload) if self._reader.is_answer(payload) else None
        if chunk is None:
            raise errors.no_api_there(self._endpoint, content.decode("utf-8", errors="replace"))
        self._done = True
        return replace(chunk, usage=self._reader.usage)

    def _payloads(self, frames: Iterator[SSEFrame]) -> Iterator[str]:
        try:
            for frame in frames:
                yield from payloads_of(frame)
            return
        except EventTooLong:
            failure = errors.cut(self._endpoint, "one of its events is longer than 1 MB")
        raise failure

    def _event(self, data: str | bytes) -> ChatChunk | str | None:
        data = data.strip()
        if not data:
            return None
        if data in _DONE:
            self._done = True
            return None
        try:
            payload = read_json(data)
        except ValueError:
            payload = data
        if payload is None:
            return None
        if not isinstance(payload, dict):
            raise errors.cut(self._endpoint, "a part of it is not JSON, so the server or a proxy is faulty")
        text = self._reader.text_in(payload)
        if text is not None:
            return self._reader.read_text(text)
        self._raise_error_in(payload, began=True)
        chunk = self._reader.read(payload)
        self._done = self._done or self._reader.is_over
        return chunk

    def _raise_error_in(self, payload: Mapping[str, JSON], *, began: bool) -> None:
        error = self._reader.error_in(payload)
        if error is not None:
            if not self.has_content:
                self._error = json.dumps(error)[:_ERROR_LIMIT]
            raise errors.from_stream(
                self._endpoint, self._model, error, self._answer.headers, began=began and self.has_content
            )

    async def _drain(self, pieces: AsyncIterator[bytes]) -> None:
        for _ in range(_DRAIN_PIECES):
            try:
                await anext(pieces)
            except (StopAsyncIteration, ModelError):
                return

    def _wait_s(self, began: bool) -> float:
        if self._done:
            return DRAIN_TIMEOUT_S
        if self._reader.finish_reason is None:
            return self._patience.idle_s if began else self._patience.first_byte_s
        now = asyncio.get_running_loop().time()
        if self._trailer_ends is None:
            self._trailer_ends = now + TRAILER_TIMEOUT_S
        return max(0.0, self._trailer_ends - now)


def _is_readable(data: str) -> bool:
    if data.strip() == "[DONE]":
        return True
    try:
        read_json(data)
    except ValueError:
        return False
    return True
