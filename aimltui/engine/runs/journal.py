"""The pen of a run at work: text is said at once and written soon, states are written first and said then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from aimltui.engine.errors import EngineError, RunCancelling
from aimltui.engine.events.deltas import Delta
from aimltui.engine.events.log import EventLog, LogEntry
from aimltui.engine.options import EngineOptions
from aimltui.engine.runs.reasoning import ReasoningBuffer, ReasoningText
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.store.database import Connection, Database
from aimltui.wire import events
from aimltui.wire.events import Reasoning, StreamEvent

T = TypeVar("T")

log = logging.getLogger(__name__)


class Journal:
    """Writes about one run, in order, one transaction at a time.

    Whatever was said is in the database `checkpoint_s` later at the latest, and before every state event.
    """

    def __init__(
        self,
        database: Database,
        options: EngineOptions,
        run_id: str,
        told: EventLog,
        on_told: Callable[[], None],
    ) -> None:
        self.run_id = run_id
        self.log = told
        self.draft: Callable[[], Callable[[RunTransaction], None]] | None = None
        """Takes a snapshot of what a checkpoint has to keep beside the pieces; its answer writes it down."""
        self.owed: Callable[[RunTransaction], None] | None = None
        """Writes down what tools have made and nothing was written of yet: the end of a stopped run has it, too."""
        self._thinking = ReasoningBuffer(options.clock)
        self._database = database
        self._options = options
        self._on_told = on_told
        self._pending: list[LogEntry] = []
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._sealed = False

    def emit(self, delta: Delta) -> None:
        """Tell a fragment now, write it soon.

        Raises:
            RunCancelling: The run was stopped.
        """
        if self._sealed:
            raise RunCancelling("The run was stopped.")
        self._pending.append(self.log.emit(delta))
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._options.checkpoint_s, self._checkpoint)

    def emit_reasoning(self, text: str) -> None:
        """Tell what the model thinks; it is written with the step that comes of it."""
        if not self._sealed and (kept := self._thinking.add(text)):
            self.emit_transient(StreamEvent(events.REASONING, Reasoning(run_id=self.run_id, text=kept)))

    def take_reasoning(self) -> ReasoningText | None:
        """What was thought since the last step."""
        return self._thinking.take()

    def discard_reasoning(self) -> None:
        """The turn begins anew: what was thought in it does not count."""
        if self._thinking:
            self._thinking.clear()
            self.emit_transient(StreamEvent(events.REASONING, Reasoning(run_id=self.run_id, kind="cleared")))

    def emit_transient(self, event: StreamEvent) -> None:
        """Tell something that is not kept."""
        self.log.emit_transient(event)

    async def commit(self, change: Callable[[RunTransaction], T]) -> T:
        """Write a change and everything said before it, then tell its events.

        Once begun it goes through, also if the caller is cancelled meanwhile.

        Raises:
            RunGone: The run was deleted.
            RunOver: It has ended.
            RunCancelling: It was stopped.
            StoreError: The database refused; what was said stays in hand for the next attempt.
        """
        if self._sealed:
            raise RunCancelling("The run was stopped.")
        return await self._shielded(change)

    def seal(self) -> None:
        """From now on only `commit_last` writes: whoever plays the run may be slow to hear that it was stopped."""
        self._sealed = True

    async def commit_last(self, change: Callable[[RunTransaction], T]) -> T:
        """`commit` for whoever ends the run."""
        return await self._shielded(change)

    async def aclose(self) -> None:
        """Wait for what is being written."""
        if self._timer is not None:
            self._timer.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _shielded(self, change: Callable[[RunTransaction], T]) -> T:
        return await asyncio.shield(self._start(change))

    def _start(self, change: Callable[[RunTransaction], T]) -> asyncio.Task[T]:
        task = asyncio.create_task(self._commit(change))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _checkpoint(self) -> None:
        self._timer = None
        if self._pending:
            task = self._start(lambda transaction: None)
            task.add_done_callback(_report)

    async def _commit(self, change: Callable[[RunTransaction], T]) -> T:
        async with self._lock:
            said, self._pending = self._pending, []
            draft = self.draft() if self.draft is not None and said else None
            next_index, now = self.log.next_index, self._options.clock()

            def write(conn: Connection) -> tuple[T, Sequence[StreamEvent]]:
                transaction = RunTransaction(conn, self.run_id, now, next_index)
                transaction.keep(said)
                if draft is not None:
                    draft(transaction)
                return change(transaction), transaction.told

            try:
                result, told = await self._database.write(write)
            except asyncio.CancelledError:
                # the loop is being closed; what was handed over is written all the same
                raise
            except BaseException:
                self._pending = said + self._pending
                raise
            if told:
                self.log.publish(told)
                self._on_told()
            return result


def _report(task: asyncio.Task[object]) -> None:
    # a checkpoint that fails is not the run's end: the next one, or the next state, writes what this one could not
    if not task.cancelled() and isinstance(error := task.exception(), EngineError):
        log.warning("a checkpoint was not stored: %s", error)
