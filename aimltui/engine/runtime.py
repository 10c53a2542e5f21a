"""The state that all operations of an engine share."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable
from contextvars import Context, copy_context
from typing import Any, TypeVar

from aimltui.common.memory import return_large_blocks
from aimltui.common.unstored import is_unstored
from aimltui.engine.errors import StoreError
from aimltui.engine.events.changes import ChangeHub
from aimltui.engine.files import cleanup
from aimltui.engine.files.blob_store import BlobStore
from aimltui.engine.files.indexer import Indexer
from aimltui.engine.files.tool_outputs import ToolOutputStore
from aimltui.engine.files.vectors import VectorKeeper
from aimltui.engine.models.base import Models, ToolProtocol
from aimltui.engine.options import EngineOptions
from aimltui.engine.runs import recovery
from aimltui.engine.runs.context_limits import ContextLimits
from aimltui.engine.runs.services import RunServices
from aimltui.engine.runs.supervisor import Supervisor
from aimltui.engine.runs.tool_protocol import ToolProtocols
from aimltui.engine.runs.traces import RunTraces
from aimltui.engine.store import events as event_rows
from aimltui.engine.store import free_space, leases, unstored
from aimltui.engine.store import vector_store_files as store_files
from aimltui.engine.store import words as word_rows
from aimltui.engine.store.database import Connection, Database
from aimltui.engine.tools.base import Tool
from aimltui.engine.tools.registry import ToolRegistry
from aimltui.wire.errors import APIError, ServerError

T = TypeVar("T")

_INDEX_PAUSE_S = 0.05
"""Seconds between two transactions that index older messages."""
_BUSY_POLLS = 4
"""While a run is active, only every fourth check looks for owners that died and times that passed."""
_GIVE_BACK_AGAIN_S = 3600.0
"""Seconds until space is given back again after that failed."""

log = logging.getLogger(__name__)


class Runtime:
    """Store, supervisor, lease and listeners of one engine."""

    def __init__(self, options: EngineOptions, models: Models, tools: Iterable[Tool] = ()) -> None:
        self.options = options
        self.models = models
        self.tools = ToolRegistry(tools)
        self.database = Database(options.database, readers=options.readers, in_memory=options.in_memory)
        self.hub = ChangeHub()
        self.owner = leases.this_process(options.new_id("engine_"))
        self.others = leases.OtherOwners(self.owner.id, options.heartbeat_s, options.monotonic)
        self.blobs = BlobStore(options.files, self.owner.id)
        self.indexer = Indexer(self.database, options, self.blobs, self.owner.id)
        self.traces = RunTraces(options.clock)
        self.indexer.on_indexed = lambda: self.vectors.wake()
        self.vectors = VectorKeeper(self.database, options, self.others)
        self.followers = 0
        """How many streams follow a run of another process."""

        def default_connection() -> str:
            return next(iter(models.connections()), "")

        services = RunServices(
            self.database,
            options,
            self.tools,
            models,
            ToolProtocols(
                options.tool_protocol,
                self._tool_protocol,
                options.lessons,
                default_connection,
            ),
            self.blobs.path_of,
            ToolOutputStore(self.database, self.blobs, options),
            ContextLimits(default_connection),
            self.traces,
            query_vectors=self.vectors.of_queries,
        )
        self.supervisor = Supervisor(services, self.hub.touch)
        self._closing = asyncio.Event()
        self._words_missing = asyncio.Event()
        self._uninterrupted: set[asyncio.Task[Any]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._cleaning: asyncio.Task[None] | None = None
        self._seen_version = (0, 0)
        self._next_beat = float("-inf")
        self._polls = 0
        self._busy_at = options.monotonic()
        """When something was written or ran."""
        self._give_back_from = float("-inf")
        """When space may be given back again after that failed."""

    async def open(self) -> None:
        """Open the store, recover what a dead process left behind, and start to observe other processes.

        Raises:
            StoreError: The store cannot be used.
        """
        await self.database.open()
        try:
            await asyncio.to_thread(self._prepare)
            await self.database.write(self._recover)
            self._seen_version = await self.database.data_version()
        except BaseException as error:
            await self.database.aclose()
            if isinstance(error, APIError):
                raise StoreError(error.message) from error
            raise
        self.indexer.start()
        self.vectors.start()
        self._watch = asyncio.create_task(self._watch_others(), name="watch the store")
        self._watch.add_done_callback(_report)
        self._cleaning = asyncio.create_task(self._remove_leftovers(), name="remove leftovers")
        self._cleaning.add_done_callback(_report)

    async def aclose(self) -> None:
        """Stop runs, listeners, the observer and the store, in this order.

        A step that fails keeps none of the others from being done; its error is raised when all are.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        self._words_missing.set()
        if self._uninterrupted:
            await asyncio.wait(self._uninterrupted)
        async with contextlib.AsyncExitStack() as steps:
            # the last one is done first
            steps.push_async_callback(self.models.aclose)
            steps.push_async_callback(self.database.aclose)
            steps.push_async_callback(self._resign)
            steps.callback(self.hub.close)
            steps.push_async_callback(self.indexer.aclose)
            steps.push_async_callback(self.vectors.aclose)
            steps.push_async_callback(self.tools.aclose)
            steps.push_async_callback(self.supervisor.aclose)

    async def _resign(self) -> None:
        """Wait for what works in the background, and give the lease back."""
        background = {task for task in (self._watch, self._cleaning) if task is not None}
        if background:
            await asyncio.wait(background)
        with contextlib.suppress(StoreError):
            await self.database.write(lambda conn: leases.resign(conn, self.owner))

    async def read(self, job: Callable[[Connection], T]) -> T:
        """Read the database for an operation.

        Raises:
            ServerError: The store cannot be read.
        """
        try:
            return await self.database.read(job)
        except StoreError as error:
            raise ServerError(error.message, code="store_error") from error

    async def write(self, job: Callable[[Connection], T], *touched: str) -> T:
        """Write to the database for an operation, and report the touched threads to listeners.

        Raises:
            ServerError: The store cannot be written.
        """
        self._busy_at = self.options.monotonic()
        if is_unstored():
            # the thread that writes does not have the context of this task
            job = _in_context(copy_context(), job)
        try:
            result = await self.database.write(job)
        except StoreError as error:
            raise ServerError(error.message, code="store_error") from error
        if touched:
            self.hub.touch(*touched)
        return result

    async def run_to_completion(self, job: Coroutine[Any, Any, T]) -> T:
        """Run a job to its end even if the caller is cancelled: a run that is stored has to be started.

        An error that the cancelled caller cannot receive goes to the log.
        """
        task = asyncio.create_task(job)
        self._uninterrupted.add(task)
        task.add_done_callback(self._uninterrupted.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_report_abandoned)
            raise

    async def settle(self) -> None:
        """End the runs whose owners are dead, and those that waited too long for outputs."""
        needed = await self.read(lambda conn: recovery.has_orphaned_runs(conn, self.options, self.others))
        if needed:
            threads = await self.write(
                lambda conn: recovery.end_orphaned_runs(conn, self.options, self.others)
            )
            self.hub.touch(*threads)

    def _prepare(self) -> None:
        return_large_blocks()
        if not self.options.in_memory:
            self.blobs.prepare()
        self.options.lessons.load()

    def _tool_protocol(self, model_id: str, connection: str | None) -> ToolProtocol | None:
        known = self.models.info(model_id, connection)
        if known is None or known.tool_protocol is not None:
            return known.tool_protocol if known is not None else None
        # some servers drop tools silently, which would leave the model without them
        is_unable = known.abilities is not None and "tools" not in known.abilities
        return "fenced" if is_unable and self.options.tool_protocol == "auto" else None

    def _recover(self, conn: Connection) -> None:
        now = self.options.clock()
        leases.beat(conn, self.owner, now)
        recovery.end_orphaned_runs(conn, self.options, self.others)
        store_files.adopt(conn, self.others)
        if not self.options.in_memory:
            unstored.delete_left(conn, self.others)
            cleanup.delete_orphans(conn, self.blobs, self.others)
        event_rows.forget_before(conn, now - self.options.keep_events_s)

    async def _remove_leftovers(self) -> None:
        # not at once: what is asked for at the start comes first
        await self._pause(self.options.poll_s)
        if not self._closing.is_set():
            await self.tools.clean_up()
        while not self._closing.is_set():
            self._words_missing.clear()
            try:
                while not self._closing.is_set() and await self.database.write(word_rows.index_older):
                    await self._pause(_INDEX_PAUSE_S)
            except StoreError as error:
                log.warning("older messages cannot be indexed: %s", error)
                await self._pause(self.options.poll_s)
                self._words_missing.set()
            await self._words_missing.wait()

    def index_words(self) -> None:
        """Index in the background what lacks words."""
        self._words_missing.set()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def _watch_others(self) -> None:
        while not self._closing.is_set():
            busy = self.followers or self.supervisor.live
            await self._pause(self.options.busy_poll_s if busy else self.options.poll_s)
            try:
                await self._poll()
            except (StoreError, ServerError) as error:
                log.warning("cannot read the store: %s", error)

    async def _poll(self) -> None:
        version = await self.database.data_version()
        if version != self._seen_version:
            self._seen_version = version
            self.vectors.wake()
            self.hub.touch_unknown()
            await self.supervisor.observe_others()
        await self.supervisor.settle()
        now = self.options.monotonic()
        if (self.supervisor.live or self.indexer.is_busy or self.vectors.is_busy) and now >= self._next_beat:
            self._next_beat = now + self.options.heartbeat_s
            await self.database.write(lambda conn: leases.beat(conn, self.owner, self.options.clock()))
        self._polls += 1
        if not (self.followers or self.supervisor.live) or self._polls % _BUSY_POLLS == 0:
            await self.settle()
            await self._clean_up()
        await self._give_back(now)

    async def _give_back(self, now: float) -> None:
        """Give the space of deleted rows back, while nobody waits for the database."""
        if self.supervisor.live or self.indexer.is_busy or self.options.in_memory:
            self._busy_at = now
        if now - self._busy_at < self.options.quiet_s or now < self._give_back_from:
            return
        if await self.read(lambda conn: free_space.is_worthwhile(conn, self.database.path)):
            try:
                await self.database.maintain(free_space.give_back)
            except StoreError as error:
                # it may rewrite the whole database, and what failed is likely to fail again
                self._give_back_from = now + _GIVE_BACK_AGAIN_S
                log.warning("the space of deleted rows could not be given back: %s", error)

    async def _clean_up(self) -> None:
        """Take over files that a dead process left unindexed, and delete what has expired."""
        if await self.read(lambda conn: store_files.has_work(conn, self.owner.id)):
            # its request may have been cancelled before it could wake the indexer
            self.indexer.wake()
        if not await self.read(lambda conn: cleanup.is_needed(conn, self.options, self.others)):
            return
        gone, threads = await self.write(lambda conn: cleanup.maintain(conn, self.options, self.others))
        self.hub.touch(*threads)
        await asyncio.to_thread(self.blobs.remove, gone)
        self.indexer.wake()


def _in_context(context: Context, job: Callable[[Connection], T]) -> Callable[[Connection], T]:
    return lambda conn: context.run(job, conn)


def _report_abandoned(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a job failed after its caller was cancelled", exc_info=error)


def _report(watch: asyncio.Task[None]) -> None:
    if not watch.cancelled() and (error := watch.exception()) is not None:
        log.error("the task %r stopped because of an error", watch.get_name(), exc_info=error)
