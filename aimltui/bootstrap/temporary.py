"""Temporary threads: an engine in memory beside the one that stores, behind one transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from aimltui.client.embedded import EmbeddedTransport
from aimltui.common.temporary import is_temporary, temporary_id
from aimltui.engine.engine import Engine
from aimltui.engine.store.usage import TEMPORARY as TEMPORARY_CHARGE
from aimltui.engine.store.usage import Charge
from aimltui.wire import ids
from aimltui.wire import operations as op
from aimltui.wire.base import Page, Params, Wire
from aimltui.wire.errors import APIError
from aimltui.wire.events import StreamEvent
from aimltui.wire.operations import Operation
from aimltui.wire.runs import RunParams
from aimltui.wire.threads import TEMPORARY, ListThreads

if TYPE_CHECKING:
    from aimltui.engine.models.base import Models
    from aimltui.engine.options import EngineOptions
    from aimltui.wire.threads import ThreadSummary

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Wire)

_SELDOM_S = 3600.0
"""Seconds between two looks for changes of other processes, of which there are none in memory."""


class _Borrowed:
    """Chat models that another engine closes.

    Args:
        models: The models.
    """

    def __init__(self, models: Models) -> None:
        self._models = models

    def __getattr__(self, name: str) -> Any:
        return getattr(self._models, name)

    async def aclose(self) -> None:
        """Leave them open."""


class TemporaryThreads:
    """A transport to two engines: temporary threads live in memory, everything else in the store.

    Runs of temporary threads get no tools, since tools write files. What they cost counts in the store, without words.

    Args:
        stored: The engine that stores; it is closed with the transport.
        options: Its options.
        models: Its models.
    """

    def __init__(self, stored: Engine, options: EngineOptions, models: Models) -> None:
        self._stored = stored
        self._transport = EmbeddedTransport(stored)
        self._options = options
        self._models = models
        self._memory: Engine | None = None
        self._opening = asyncio.Lock()
        self._opened = asyncio.Event()
        self._charged: set[str] = set()

    async def call(self, operation: Operation[P, R], params: P) -> R:
        """See `Transport.call`."""
        memory = await self._memory_for(operation, params)
        if memory is not None:
            params = await self._prepared(memory, operation, params)
            return await EmbeddedTransport(memory).call(operation, params)
        result = await self._transport.call(operation, params)
        if isinstance(params, ListThreads) and params.after is None and self._memory is not None:
            return self._with_temporary(result, await self._memory.threads.list_threads(params))
        return result

    async def stream(self, operation: Operation[P, R], params: P) -> AsyncGenerator[StreamEvent, None]:
        """See `Transport.stream`."""
        memory = await self._memory_for(operation, params)
        if operation.name == op.CHANGES.name:
            events = self._changes()
        elif memory is None:
            events = self._transport.stream(operation, params)
        else:
            params = await self._prepared(memory, operation, params)
            events = self._charging(memory, EmbeddedTransport(memory).stream(operation, params))
        async with aclosing(events) as stream:
            async for event in stream:
                yield event

    async def aclose(self) -> None:
        """Forget the temporary threads, and close both engines."""
        try:
            if self._memory is not None:
                await self._memory.aclose()
        finally:
            await self._transport.aclose()

    async def _memory_for(self, operation: Operation[Any, Any], params: Params) -> Engine | None:
        """Return the engine in memory if an operation is about a temporary thread."""
        metadata = getattr(params, "metadata", None) or {}
        is_new = operation.name == op.CREATE_THREAD.name and metadata.get(TEMPORARY) == "true"
        if not is_new and not is_temporary(getattr(params, "thread_id", None)):
            return None
        async with self._opening:
            if self._memory is None:
                self._memory = await Engine.open(_in_memory(self._options), _Borrowed(self._models))
                self._opened.set()
        return self._memory

    async def _prepared(self, memory: Engine, operation: Operation[P, R], params: P) -> P:
        """Return the parameters as the engine in memory gets them; a run gets its assistant, and no tools."""
        if operation.name != op.CREATE_RUN.name:
            return params
        await self._stored.usage.check_budget()
        await self._stored.assistants.lend(memory.assistants, getattr(params, "assistant_id", ""))
        return params.model_copy(update={"tools": [], "hosted_tools": "off"})

    async def _charging(
        self, memory: Engine, events: AsyncGenerator[StreamEvent, None]
    ) -> AsyncGenerator[StreamEvent, None]:
        run: Any = None
        try:
            async with aclosing(events) as stream:
                async for event in stream:
                    run = event.data if isinstance(event.data, op.CREATE_RUN.result) else run
                    yield event
        finally:
            if run is not None:
                with suppress(APIError):
                    await self._charge(memory, run.thread_id, run.id)

    async def _charge(self, memory: Engine, thread_id: str, run_id: str) -> None:
        run = await memory.runs.get_run(RunParams(thread_id=thread_id, run_id=run_id))
        if run.usage is None or run_id in self._charged:
            return
        self._charged.add(run_id)
        usage = run.usage
        charge = Charge(TEMPORARY_CHARGE, run.model, run.connection or "", usage.total_tokens, usage.cost_usd)
        await self._stored.usage.add_charge(charge)

    def _with_temporary(self, stored: R, found: Page[ThreadSummary]) -> R:
        assert isinstance(stored, Page)
        return stored.model_copy(update={"data": [*found.data, *stored.data]})

    async def _changes(self) -> AsyncGenerator[StreamEvent, None]:
        """Yield the changes of both engines."""
        queue: asyncio.Queue[StreamEvent | BaseException | None] = asyncio.Queue()

        async def listen(engine: Callable[[], Awaitable[Engine]]) -> None:
            try:
                async with aclosing((await engine()).changes()) as changes:
                    async for event in changes:
                        queue.put_nowait(event)
            except Exception as error:
                queue.put_nowait(error)
            else:
                queue.put_nowait(None)

        tasks = [asyncio.create_task(listen(one)) for one in (self._stored_engine, self._memory_engine)]
        try:
            while (event := await queue.get()) is not None:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _stored_engine(self) -> Engine:
        return self._stored

    async def _memory_engine(self) -> Engine:
        await self._opened.wait()
        assert self._memory is not None
        return self._memory


def _in_memory(options: EngineOptions) -> EngineOptions:
    """Return the options of the engine in memory; its directory is never made."""

    def new_id(prefix: str) -> str:
        made = options.new_id(prefix)
        return temporary_id(made) if prefix == ids.THREAD else made

    return replace(
        options,
        data_dir=options.data_dir / "in-memory",
        in_memory=True,
        new_id=new_id,
        poll_s=_SELDOM_S,
        interpreter="off",
        ask_approval=None,
        embed=None,
        limits=replace(options.limits, per_day_usd=None, per_day_tokens=None),
    )
