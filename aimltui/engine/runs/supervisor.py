"""Owns every run that this engine executes: starts, stops and expires it, and ensures that it ends."""

from __future__ import annotations

import asyncio
import logging
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from aimltui.engine.errors import EngineError, RunCancelling, RunGone, RunOver
from aimltui.engine.events.log import EventLog
from aimltui.engine.models.base import ModelError
from aimltui.engine.runs.checkpoints import Checkpoints
from aimltui.engine.runs.journal import Journal
from aimltui.engine.runs.reasoning import ReasoningText
from aimltui.engine.runs.run_loop import End, RunLoop, failure, model_failure
from aimltui.engine.runs.services import RunServices
from aimltui.engine.runs.status import Outcome, moved
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.store import runs
from aimltui.wire import events
from aimltui.wire.errors import ErrorObject
from aimltui.wire.events import StreamEvent
from aimltui.wire.runs import CANCELLED, CANCELLING, EXPIRED, FAILED, IN_PROGRESS, EndStatus, Run, Usage

log = logging.getLogger(__name__)

_PROGRAM_ENDED: Final = "The program ended during this run; the text so far is saved."


def program_end() -> Outcome:
    """Return the outcome of a run that nobody stopped, but whose program ended."""
    return failure(_PROGRAM_ENDED, remedy="Send the message again.")


class _Active:
    """An active run."""

    def __init__(self, run: Run, left_s: float, journal: Journal) -> None:
        self.run = run
        self.left_s = left_s
        """Seconds until it expires; measured, since the clock may jump meanwhile."""
        self.journal = journal
        self.stop: asyncio.Future[EndStatus] = asyncio.get_running_loop().create_future()
        self.cancelling: Run | None = None
        self.answered = asyncio.Event()
        """Set once the cancellation is in the log, or the leg has ended without it."""
        self.task: asyncio.Task[None] | None = None

    def request_stop(self, status: EndStatus) -> None:
        if not self.stop.done():
            self.stop.set_result(status)


class Supervisor:
    """One task for each leg of a run; a leg that does not wait for tool outputs ends with the terminal status."""

    def __init__(self, services: RunServices, touch: Callable[[str], None]) -> None:
        self._services = services
        self._touch = touch
        self._checkpoints = Checkpoints(services.database, services.options)
        self._live: dict[str, _Active] = {}
        self._unsettled: dict[str, tuple[Journal, Outcome]] = {}

    @property
    def live(self) -> frozenset[str]:
        """The ids of the runs that this engine executes, and of those whose end could not be stored yet."""
        return frozenset(self._live) | frozenset(self._unsettled)

    def log_of(self, run_id: str) -> EventLog | None:
        """Return the log of a run that this engine executes."""
        active = self._live.get(run_id)
        return active.journal.log if active is not None else None

    def start(self, run: Run, told: Sequence[StreamEvent], first_index: int) -> EventLog:
        """Execute a run that is stored as queued.

        Args:
            run: The run.
            told: The events that were committed with it; the log begins with them.
            first_index: The index of the first of them.
        """
        trace = self._services.traces.of(run.id)
        events_log = EventLog(first_index, trace.times.setdefault(first_index, array("d")), trace.clock)
        events_log.publish(told)
        journal = Journal(
            self._services.database,
            self._services.options,
            run.id,
            events_log,
            lambda: self._touch(run.thread_id),
            self._checkpoints,
        )
        active = _Active(run, self._left_s(run, is_new=first_index == 0), journal)
        self._live[run.id] = active
        active.task = asyncio.create_task(self._own(active), name=f"run {run.id}")
        return events_log

    async def cancel(self, run_id: str) -> Run | None:
        """Stop a run that this engine executes.

        Returns:
            The run with the status `cancelling`; None if this engine does not execute it, or it ended first.
        """
        active = self._live.get(run_id)
        if active is None:
            return None
        active.request_stop(CANCELLED)
        await active.answered.wait()
        return active.cancelling

    async def stop_and_wait(self, run_id: str) -> None:
        """Cancel a run that this engine executes and wait for its end."""
        active = self._live.get(run_id)
        if active is not None and active.task is not None:
            active.request_stop(CANCELLED)
            await asyncio.wait({active.task})

    async def observe_others(self) -> None:
        """Check what other processes did: cancelled a run, or deleted its thread."""
        if not self._live:
            return
        ids = list(self._live)
        found = await self._services.database.read(lambda conn: runs.statuses(conn, ids))
        for run_id in ids:
            active = self._live.get(run_id)
            if active is not None and found.get(run_id, CANCELLING) == CANCELLING:
                active.request_stop(CANCELLED)

    async def settle(self) -> None:
        """Store the ends that could not be stored before."""
        for run_id, (journal, outcome) in list(self._unsettled.items()):
            try:
                await journal.commit_last(partial(self._write_end, journal, outcome, None, None))
            except (RunGone, RunOver):
                pass
            except EngineError:
                continue
            except Exception:
                # the next attempt would fail in the same way
                log.exception("the end of run %s cannot be stored", run_id)
            await journal.aclose()
            self._unsettled.pop(run_id, None)

    async def aclose(self) -> None:
        """End all runs as failed, since nobody stopped them, and wait for their ends."""
        for active in self._live.values():
            active.request_stop(FAILED)
        tasks = [active.task for active in self._live.values() if active.task is not None]
        if tasks:
            await asyncio.wait(tasks)
        await self.settle()

    def _left_s(self, run: Run, *, is_new: bool) -> float:
        lifetime_s = self._services.options.run_lifetime_s
        if is_new or run.expires_at is None:
            return lifetime_s
        # the clock may have jumped while the run waited for outputs
        return min(lifetime_s, max(0.0, run.expires_at - self._services.options.clock()))

    async def _own(self, active: _Active) -> None:
        end: End | None = End(program_end())
        try:
            end = await self._work(active)
        finally:
            await self._finish(active, end)

    async def _work(self, active: _Active) -> End | None:
        work = asyncio.create_task(self._execute(active.journal), name=f"execute {active.run.id}")
        until: set[asyncio.Future[Any]] = {work, active.stop}
        await asyncio.wait(until, timeout=active.left_s, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        status = active.stop.result() if active.stop.done() else EXPIRED
        active.journal.seal()
        work.cancel()
        await _save_rest(active.journal)
        if status == CANCELLED:
            await self._report_cancelling(active)
        await asyncio.wait({work}, timeout=self._services.options.stop_s)
        return End(program_end() if status == FAILED else Outcome(status))

    async def _execute(self, journal: Journal) -> End | None:
        """Execute a leg and turn every failure into an end with a reason; None if the run no longer exists."""
        loop = RunLoop(self._services, journal)
        try:
            return await loop.run()
        except ModelError as error:
            return End(model_failure(error))
        except RunCancelling:
            return End(Outcome(CANCELLED))
        except RunGone:
            return None
        except RunOver:
            return End(None)
        except EngineError as error:
            return End(failure(error.message))
        except Exception as error:
            log.exception("an unexpected error in the run %s", journal.run_id)
            told = f"An unexpected error occurred in the engine: {type(error).__name__}."
            return End(failure(told, remedy="Try again; the log file has the details."))
        finally:
            loop.clear_notice()

    async def _report_cancelling(self, active: _Active) -> None:
        try:
            active.cancelling = await active.journal.commit_last(RunTransaction.begin_cancelling)
        except EngineError as error:
            log.warning("the run %s could not be marked as cancelling: %s", active.run.id, error)
        active.answered.set()

    async def _finish(self, active: _Active, end: End | None) -> None:
        try:
            if end is None:
                _report_gone(active.journal)
            elif end.outcome is not None:
                await self._end(active, end, end.outcome)
            await active.journal.aclose()
        finally:
            self._live.pop(active.run.id, None)
            active.journal.log.close()
            active.answered.set()

    async def _end(self, active: _Active, end: End, outcome: Outcome) -> None:
        journal = active.journal
        journal.seal()
        await _save_rest(journal)
        reasoning = journal.take_reasoning()
        try:
            try:
                await journal.commit_last(partial(self._write_end, journal, outcome, end.usage, reasoning))
            except RunCancelling:
                # another process cancelled the run at the moment at which it ended
                await journal.commit_last(
                    partial(self._write_end, journal, Outcome(CANCELLED), end.usage, reasoning)
                )
        except RunGone:
            _report_gone(journal)
        except RunOver:
            return
        except EngineError as error:
            log.error("the end of run %s cannot be stored yet: %s", active.run.id, error)
            self._settle_later(active, outcome if outcome.status == FAILED else failure(error.message))
        except Exception:
            log.exception("an unexpected error at the end of run %s", active.run.id)
            self._settle_later(active, failure("An unexpected error occurred in the engine."))

    def _write_end(
        self,
        journal: Journal,
        outcome: Outcome,
        usage: Usage | None,
        reasoning: ReasoningText | None,
        transaction: RunTransaction,
    ) -> None:
        if journal.unsaved is not None:
            journal.unsaved(transaction)
        if journal.count_streamed is not None:
            journal.count_streamed(transaction)
        transaction.end(outcome, self._services.options.new_id, usage, reasoning)

    def _settle_later(self, active: _Active, outcome: Outcome) -> None:
        """Report the end to followers; it is stored as soon as the store works again."""
        self._unsettled[active.run.id] = (active.journal, outcome)
        at_work = active.run.model_copy(update={"status": IN_PROGRESS})
        failed = moved(at_work, FAILED, self._services.options.now(), error=outcome.error)
        active.journal.emit_transient(StreamEvent(f"thread.run.{FAILED}", failed))


async def _save_rest(journal: Journal) -> None:
    """Stream and store the text of a turn that does not go on, whatever becomes of the run's end."""
    try:
        await journal.save_rest()
    except (RunGone, RunOver):
        pass
    except EngineError as error:
        log.warning("the last text of the run %s is not stored yet: %s", journal.run_id, error)


def _report_gone(journal: Journal) -> None:
    gone = ErrorObject(message="The run no longer exists: its thread was deleted.")
    journal.emit_transient(StreamEvent(events.ERROR, gone))
