"""A transport to the engine in the same process, without HTTP and JSON."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol, TypeVar, cast

from aimltui.client.errors import Garbled
from aimltui.wire import sse
from aimltui.wire.base import Params, Wire
from aimltui.wire.events import StreamEvent
from aimltui.wire.operations import Operation, OperationHandler
from aimltui.wire.sse_reader import SSEReader

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Wire)


class ClosableHandler(OperationHandler, Protocol):
    """An engine in the same process that is closed with its client."""

    async def aclose(self) -> None:
        """Close."""
        ...


class EmbeddedTransport:
    """Calls the engine directly.

    Args:
        engine: The engine; it is closed with the transport.
        paranoid: Sends everything through JSON and SSE and back, as a connection would. For tests: it finds
            code that only works because both sides share objects.
    """

    def __init__(self, engine: ClosableHandler, *, paranoid: bool = False) -> None:
        self._engine = engine
        self._paranoid = paranoid

    async def call(self, operation: Operation[P, R], params: P) -> R:
        """See `Transport.call`."""
        result = await self._engine.call(operation.name, self._sent(operation, params))
        if self._paranoid:
            return operation.result.model_validate(json.loads(json.dumps(result.to_json())))
        return cast(R, result)

    async def stream(self, operation: Operation[P, R], params: P) -> AsyncGenerator[StreamEvent, None]:
        """See `Transport.stream`."""
        async with aclosing(self._engine.stream(operation.name, self._sent(operation, params))) as events:
            async for event in events:
                yield _through_sse(event) if self._paranoid else event

    async def aclose(self) -> None:
        """Close the engine."""
        await self._engine.aclose()

    def _sent(self, operation: Operation[P, R], params: P) -> P:
        if self._paranoid:
            return operation.params.model_validate(json.loads(json.dumps(params.given())))
        return params


def _through_sse(event: StreamEvent) -> StreamEvent:
    frames = list(SSEReader().feed(sse.encode(event)))
    decoded = sse.decode(frames[0]) if len(frames) == 1 else None
    if decoded is None:
        raise Garbled(f"The event {event.event} cannot be encoded and decoded.")
    return decoded
