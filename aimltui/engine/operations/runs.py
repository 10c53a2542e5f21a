"""Operations on runs and their steps."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import field

from aimltui.common.dataclass import dataclass
from aimltui.engine.events.log import EventLog
from aimltui.engine.operations.included import as_included, step_as_included
from aimltui.engine.operations.messages import new_messages
from aimltui.engine.operations.references import (
    insert_message,
    insert_thread,
    may_queue_files,
    settled_resources,
)
from aimltui.engine.operations.run_events import follow_run
from aimltui.engine.operations.threads import new_thread
from aimltui.engine.operations.usage import refuse_if_used_up
from aimltui.engine.runs.new_run import new_run
from aimltui.engine.runs.recovery import active_run
from aimltui.engine.runs.run_memory import Sampling
from aimltui.engine.runs.status import CANCELLABLE, Outcome
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import assistants as assistant_rows
from aimltui.engine.store import messages as message_rows
from aimltui.engine.store import runs as rows
from aimltui.engine.store import threads as thread_rows
from aimltui.engine.store.database import Connection
from aimltui.engine.validation import check_connection, merged_metadata
from aimltui.wire import events
from aimltui.wire.base import Page
from aimltui.wire.errors import BadRequest
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import Message
from aimltui.wire.run_steps import ListRunSteps, RunStep, RunStepParams
from aimltui.wire.runs import (
    ACTIVE,
    CANCELLED,
    CANCELLING,
    IN_PROGRESS,
    QUEUED,
    REQUIRES_ACTION,
    CreateRun,
    CreateThreadAndRun,
    ListRuns,
    ModifyRun,
    Run,
    RunEventsParams,
    RunParams,
    SubmitToolOutputs,
    ToolOutput,
)
from aimltui.wire.threads import NewThread, Thread

Events = AsyncGenerator[StreamEvent, None]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The run to create, with its new thread and messages."""

    thread_id: str
    params: CreateRun | CreateThreadAndRun
    thread: Thread | None = None
    messages: list[Message] = field(default_factory=list)


class RunOperations:
    """The operations on runs and run steps."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def create_run(self, params: CreateRun) -> Run:
        """Start a run on a thread; it continues by itself."""
        return (await self._runtime.run_to_completion(self._start(self._wanted(params))))[0]

    async def stream_create_run(self, params: CreateRun) -> Events:
        """Start a run on a thread. Leaving the stream does not stop the run.

        Yields:
            The run's events.
        """
        _, log = await self._runtime.run_to_completion(self._start(self._wanted(params)))
        async with aclosing(log.follow()) as told:
            async for event in told:
                yield as_included(event, params.include)

    async def create_thread_and_run(self, params: CreateThreadAndRun) -> Run:
        """Create a thread and start a run on it."""
        return (await self._runtime.run_to_completion(self._start(self._wanted_with_thread(params))))[0]

    async def stream_create_thread_and_run(self, params: CreateThreadAndRun) -> Events:
        """Create a thread and start a run on it. Leaving the stream does not stop the run.

        Yields:
            The events of the thread and the run.
        """
        _, log = await self._runtime.run_to_completion(self._start(self._wanted_with_thread(params)))
        async with aclosing(log.follow()) as told:
            async for event in told:
                yield as_included(event, None)

    async def list_runs(self, params: ListRuns) -> Page[Run]:
        """Return one page of runs."""
        await self._settle(params.thread_id)
        return await self._runtime.read(lambda conn: rows.listed(conn, params))

    async def get_run(self, params: RunParams) -> Run:
        """Return a run by id. A run whose time is up is expired by this call."""
        await self._settle(params.thread_id)
        return await self._runtime.read(lambda conn: rows.get(conn, params.thread_id, params.run_id))

    async def modify_run(self, params: ModifyRun) -> Run:
        """Merge new metadata, unless the run is active.

        Source: recordings of the real service.
        """

        def change(conn: Connection) -> Run:
            active_run(
                conn, params.thread_id, self._runtime.options, self._runtime.others
            )  # ends a run that has expired or whose owner is dead
            old = rows.get(conn, params.thread_id, params.run_id)
            if old.status in (IN_PROGRESS, CANCELLING):
                raise BadRequest(f"Cannot update run with status '{old.status}'.")
            run = old.model_copy(update={"metadata": merged_metadata(old.metadata, params.metadata)})
            rows.save(conn, run)
            return run

        return await self._runtime.write(change, params.thread_id)

    async def cancel_run(self, params: RunParams) -> Run:
        """Stop a run; its text so far stays."""
        run = await self.get_run(params)
        if run.status not in CANCELLABLE:
            raise _not_cancellable(run)
        told = await self._runtime.supervisor.cancel(run.id)
        if told is not None:
            return told
        return await self._runtime.write(lambda conn: self._cancel_idle(conn, params), params.thread_id)

    async def submit_tool_outputs(self, params: SubmitToolOutputs) -> Run:
        """Submit the outputs of all pending tool calls; the run continues by itself."""
        return (await self._runtime.run_to_completion(self._resume(params)))[0]

    async def stream_submit_tool_outputs(self, params: SubmitToolOutputs) -> Events:
        """Submit the outputs of all pending tool calls.

        Yields:
            The run's events from then on.
        """
        _, log = await self._runtime.run_to_completion(self._resume(params))
        async with aclosing(log.follow()) as told:
            async for event in told:
                yield as_included(event, None)

    async def run_events(self, params: RunEventsParams) -> Events:
        """Follow a run of this or of another process. An extension of the API.

        Yields:
            The events after an index, then new ones.
        """
        async with aclosing(follow_run(self._runtime, params)) as told:
            async for event in told:
                yield as_included(event, params.include)

    async def list_run_steps(self, params: ListRunSteps) -> Page[RunStep]:
        """Return one page of a run's steps."""
        found = await self._runtime.read(lambda conn: rows.listed_steps(conn, params))
        data = [step_as_included(step, params.include) for step in found.data]
        return found.model_copy(update={"data": data})

    async def get_run_step(self, params: RunStepParams) -> RunStep:
        """Return a run step by id."""
        step = await self._runtime.read(
            lambda conn: rows.get_step(conn, params.thread_id, params.run_id, params.step_id)
        )
        return step_as_included(step, params.include)

    def _wanted(self, params: CreateRun) -> _Wanted:
        messages = new_messages(self._runtime, params.thread_id, params.additional_messages or ())
        return _Wanted(params.thread_id, params, messages=messages)

    def _wanted_with_thread(self, params: CreateThreadAndRun) -> _Wanted:
        asked = params.thread or NewThread()
        thread = new_thread(self._runtime, asked)
        messages = new_messages(self._runtime, thread.id, asked.messages or ())
        return _Wanted(thread.id, params, thread, messages)

    async def _start(self, wanted: _Wanted) -> tuple[Run, EventLog]:
        check_connection(wanted.params.connection, self._runtime.models.connections())
        run, told = await self._runtime.write(lambda conn: self._insert(conn, wanted), wanted.thread_id)
        if may_queue_files(wanted.messages, wanted.thread):
            self._runtime.indexer.wake()
        return run, self._runtime.supervisor.start(run, told, first_index=0)

    def _insert(self, conn: Connection, wanted: _Wanted) -> tuple[Run, list[StreamEvent]]:
        refuse_if_used_up(conn, self._runtime)
        thread = wanted.thread
        if thread is not None:
            thread = insert_thread(conn, self._runtime, thread, wanted.messages)
        else:
            thread_rows.require(conn, wanted.thread_id)
            busy = active_run(conn, wanted.thread_id, self._runtime.options, self._runtime.others)
            if busy is not None:
                raise BadRequest(f"Thread {wanted.thread_id} already has an active run {busy.id}.")
        assistant, assistant_private = assistant_rows.get(conn, wanted.params.assistant_id)
        for message in wanted.messages if thread is None else ():
            insert_message(conn, self._runtime, message)
        run, memory = new_run(
            self._runtime.options,
            wanted.thread_id,
            wanted.params,
            assistant,
            Sampling.from_json(assistant_private.get("sampling")),
        )
        if isinstance(wanted.params, CreateThreadAndRun) and wanted.params.tool_resources is not None:
            settled_resources(conn, self._runtime, wanted.params.tool_resources, may_create=False)
        if not run.instructions and not message_rows.has_user_message(conn, wanted.thread_id):
            raise BadRequest(
                "Run creation requires a Thread with a user message or an assistant with instructions.",
                code="invalid_thread",
            )
        rows.insert(conn, run, self._runtime.owner.id, memory.to_json())
        transaction = RunTransaction(conn, run.id, self._runtime.options.clock(), 0)
        if thread is not None:
            transaction.emit(events.THREAD_CREATED, thread)
        transaction.emit(events.RUN_CREATED, run)
        transaction.emit(f"thread.run.{QUEUED}", run)
        return run, transaction.events

    async def _resume(self, params: SubmitToolOutputs) -> tuple[Run, EventLog]:
        await self._settle(params.thread_id)

        def answer(conn: Connection) -> tuple[Run, list[StreamEvent]]:
            run = rows.get(conn, params.thread_id, params.run_id)
            if run.status != REQUIRES_ACTION:
                raise BadRequest(f'Runs in status "{run.status}" do not accept tool outputs.')
            outputs = _matched(run, params.tool_outputs)
            transaction = RunTransaction(conn, run.id, self._runtime.options.clock())
            run = transaction.take_outputs(outputs, self._runtime.owner.id)
            return run, transaction.events

        run, told = await self._runtime.write(answer, params.thread_id)
        return run, self._runtime.supervisor.start(run, told, first_index=told[0].index or 0)

    def _cancel_idle(self, conn: Connection, params: RunParams) -> Run:
        """Cancel a run that this engine does not execute: it waits for outputs, or belongs to another process."""
        run = rows.get(conn, params.thread_id, params.run_id)
        if run.status not in CANCELLABLE:
            raise _not_cancellable(run)
        if run.status == REQUIRES_ACTION:
            transaction = RunTransaction(conn, run.id, self._runtime.options.clock())
            told = transaction.begin_cancelling()
            transaction.end(Outcome(CANCELLED), self._runtime.options.new_id)
            return told
        marked = run.model_copy(update={"status": CANCELLING})
        rows.save(conn, marked)
        return marked

    async def _settle(self, thread_id: str) -> None:
        """End the thread's run if it has expired or its owner is dead."""
        if await self._runtime.read(
            lambda conn: any(row.status in ACTIVE for row in rows.active(conn, thread_id))
        ):
            await self._runtime.settle()


def _matched(run: Run, given: list[ToolOutput]) -> dict[str, str]:
    """Return the outputs by call id.

    Raises:
        BadRequest: They are not exactly those of the pending calls.
    """
    action = run.required_action
    expected = [call.id for call in action.submit_tool_outputs.tool_calls] if action is not None else []
    got = [output.tool_call_id or "" for output in given]
    if sorted(expected) != sorted(got):
        raise BadRequest(
            f"Expected tool outputs for call_ids {_listed(expected)}, got {_listed(got)}",
            param="tool_outputs",
        )
    return {output.tool_call_id or "": output.output or "" for output in given}


def _listed(call_ids: list[str]) -> str:
    return "[" + ",".join(f"'{call_id}'" for call_id in call_ids) + "]"


def _not_cancellable(run: Run) -> BadRequest:
    return BadRequest(f"Cannot cancel run with status '{run.status}'.")
