"""Writes about an active run: text is streamed first and stored soon after, states are stored first and streamed then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from aimltui.engine.errors import EngineError, RunCancelling
from aimltui.engine.events.deltas import Delta
from aimltui.engine.events.log import EventLog, LogEntry
from aimltui.engine.options import EngineOptions
from aimltui.engine.runs.checkpoints import Checkpoints
from aimltui.engine.runs.reasoning import ReasoningBuffer, ReasoningText
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.store.database import Connection, Database
from aimltui.wire import events
from aimltui.wire.events import Reasoning, StreamEvent

T = TypeVar("T")

log = logging.getLogger(__name__)


class Journal:
    """Writes about one run, in order, one transaction at a time.

    Streamed text is stored after `checkpoint_s` at the latest, and before every state event.
    """

    def __init__(
        self,
        database: Database,
        options: EngineOptions,
        run_id: str,
        log: EventLog,
        on_published: Callable[[], None],
        checkpoints: Checkpoints,
    ) -> None:
        self.run_id = run_id
        self.log = log
        self.draft: Callable[[], Callable[[RunTransaction], None]] | None = None
        """Takes a snapshot of what a checkpoint stores besides the deltas, and returns the function that stores it."""
        self.unsaved: Callable[[RunTransaction], None] | None = None
        """Stores files of tools that are not stored yet, so that the end of a stopped run includes them."""
        self.count_streamed: Callable[[RunTransaction], None] | None = None
        """Counts what the open turn has streamed against the budget, for a run that ends in its middle."""
        self.stream_held_back: Callable[[], Awaitable[None]] | None = None
        """Streams what the open turn holds back, because it may become a link or a call, as text."""
        self._thinking = ReasoningBuffer(options.monotonic)
        self._database = database
        self._options = options
        self._checkpoints = checkpoints
        self._on_published = on_published
        self._pending: list[LogEntry] = []
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[object]] = set()
        self._is_stored = asyncio.Event()
        """Set unless a checkpoint is being stored."""
        self._is_stored.set()
        self._sealed = False

    def emit(self, delta: Delta) -> None:
        """Stream a delta now and store it soon.

        Raises:
            RunCancelling: The run was stopped.
        """
        if self._sealed:
            raise RunCancelling("The run was stopped.")
        self.emit_last(delta)

    def emit_last(self, delta: Delta) -> None:
        """Stream a delta of a run that may have been stopped; see `emit`."""
        self._checkpoints.ask(self)
        self._pending.append(self.log.emit(delta))

    def emit_reasoning(self, text: str) -> None:
        """Stream the model's reasoning; it is stored with the step that follows it."""
        if not self._sealed and (kept := self._thinking.add(text)):
            self.emit_transient(StreamEvent(events.REASONING, Reasoning(run_id=self.run_id, text=kept)))

    def take_reasoning(self) -> ReasoningText | None:
        """Return the reasoning since the last step."""
        return self._thinking.take()

    def now(self) -> float:
        """Return seconds that only go forward."""
        return self._options.monotonic()

    def discard_reasoning(self) -> None:
        """Discard the reasoning of a turn that starts again."""
        if self._thinking:
            self._thinking.clear()
            self.emit_transient(StreamEvent(events.REASONING, Reasoning(run_id=self.run_id, kind="cleared")))

    def emit_transient(self, event: StreamEvent) -> None:
        """Stream an event that is never stored."""
        self.log.emit_transient(event)

    async def commit(self, change: Callable[[RunTransaction], T]) -> T:
        """Store a change and everything streamed before it, then stream its events.

        Once started it completes even if the caller is cancelled.

        Raises:
            RunGone: The run was deleted.
            RunOver: The run has ended.
            RunCancelling: The run was stopped.
            StoreError: The database refused; the streamed text stays in memory for the next attempt.
        """
        if self._sealed:
            raise RunCancelling("The run was stopped.")
        return await self._shielded(change)

    def seal(self) -> None:
        """Allow only `commit_last` from now on: the task that executes a stopped run may be slow to end."""
        self._sealed = True

    async def save_rest(self) -> None:
        """Store everything that the open turn has written; it does not go on.

        Raises:
            RunGone: The run was deleted.
            RunOver: The run has ended.
            StoreError: The database refused; the streamed text stays in memory for the next attempt.
        """
        stream_held_back, self.stream_held_back = self.stream_held_back, None
        if stream_held_back is not None:
            await stream_held_back()
        if self._pending:
            await self._shielded(_nothing)

    async def commit_last(self, change: Callable[[RunTransaction], T]) -> T:
        """Store a change also after the journal was closed for others, such as the run's end; see `commit`."""
        return await self._shielded(change)

    async def aclose(self) -> None:
        """Wait for the running transactions."""
        self._checkpoints.forget(self)
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _shielded(self, change: Callable[[RunTransaction], T]) -> T:
        return await asyncio.shield(self._start(change))

    def _start(self, change: Callable[[RunTransaction], T]) -> asyncio.Task[T]:
        task = asyncio.create_task(self._commit(change))
        self.count_on(task)
        return task

    def begin_checkpoint(self) -> Sequence[LogEntry]:
        """See `Streaming.begin_checkpoint`."""
        if self._lock.locked() or not self._is_stored.is_set():
            # it stores what was streamed before it began
            self._checkpoints.ask(self)
            return ()
        if self._pending and self.draft is not None:
            self._start(_nothing).add_done_callback(_report)
            return ()
        if not self._pending:
            return ()
        streamed, self._pending = self._pending, []
        self._is_stored.clear()
        return streamed

    def end_checkpoint(self, unsaved: Sequence[LogEntry]) -> None:
        """See `Streaming.end_checkpoint`."""
        self._pending = [*unsaved, *self._pending]
        self._is_stored.set()

    def count_on(self, storing: asyncio.Task[Any]) -> None:
        """See `Streaming.count_on`."""
        self._tasks.add(storing)
        storing.add_done_callback(self._tasks.discard)

    async def _commit(self, change: Callable[[RunTransaction], T]) -> T:
        async with self._lock:
            await self._is_stored.wait()
            streamed, self._pending = self._pending, []
            draft = self.draft() if self.draft is not None and streamed else None
            next_index, now = self.log.next_index, self._options.clock()

            def write(conn: Connection) -> tuple[T, Sequence[StreamEvent]]:
                transaction = RunTransaction(conn, self.run_id, now, next_index)
                transaction.append(streamed)
                if draft is not None:
                    draft(transaction)
                return change(transaction), transaction.events

            try:
                result, told = await self._database.write(write)
            except asyncio.CancelledError:
                # the loop is closing; a transaction that was handed over is written nevertheless
                raise
            except BaseException:
                self._pending = streamed + self._pending
                raise
            if told:
                self.log.publish(told)
                self._on_published()
            return result


def _nothing(transaction: RunTransaction) -> None:
    """Change nothing: what was streamed is stored all the same."""


def _report(task: asyncio.Task[object]) -> None:
    # a failed checkpoint does not end the run: the next checkpoint or state stores the same deltas
    if not task.cancelled() and isinstance(error := task.exception(), EngineError):
        log.warning("a checkpoint was not stored: %s", error)
