"""A transport over the recording of one run: it plays the events at their own pace, and changes nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, TypeVar, cast

from aimltui.client.errors import Unsupported
from aimltui.common.dataclass import dataclass
from aimltui.wire import operations as op
from aimltui.wire.base import Page, Params, Wire
from aimltui.wire.errors import NotFound
from aimltui.wire.events import DONE, StreamEvent
from aimltui.wire.messages import Message
from aimltui.wire.operations import Operation
from aimltui.wire.run_steps import RunStep
from aimltui.wire.runs import FAILED, IN_PROGRESS, LastError, Run
from aimltui.wire.threads import ThreadSummary
from aimltui.wire.traces import ModelRequest, RunTrace

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Wire)

LONGEST_PAUSE_S = 5.0
"""A longer pause, such as for a decision, is shortened to this."""
RUN_FAILED = "thread.run.failed"
_CUT = "The recording ends here: the run was not over when it was recorded."
_READ_ONLY = "This is the replay of a recording, which cannot be changed."


@dataclass(frozen=True)
class Recording:
    """The recording of a run."""

    run: Run
    """As it was in the end."""
    messages: Sequence[Message]
    """The messages of its thread before it."""
    events: Sequence[tuple[float, StreamEvent]]
    """Seconds since the run was created, and the event."""
    steps: Sequence[RunStep] = ()
    requests: Sequence[ModelRequest] = field(default=())

    @property
    def written(self) -> list[Message]:
        """The messages that the run wrote."""
        found: dict[str, Message] = {}
        for _, event in self.events:
            if isinstance(event.data, Message):
                found[event.data.id] = event.data
        return list(found.values())


class ReplayTransport:
    """Answers as a server would that executes the recorded run now.

    Args:
        recording: The recording.
        speed: 1 for its own pace, 2 for twice as fast.
        clock: Unix seconds.
    """

    def __init__(
        self, recording: Recording, speed: float = 1.0, clock: Callable[[], float] = time.time
    ) -> None:
        self._recording = recording
        self._speed = speed
        self._clock = clock
        self._shift: int | None = None
        self._is_over = False
        self._answers: Mapping[str, Callable[[Any], Wire]] = {
            op.LIST_THREADS.name: self._threads,
            op.GET_THREAD.name: lambda _: self._thread,
            op.LIST_MESSAGES.name: self._messages,
            op.LIST_RUNS.name: lambda _: _page(Page[Run], [self._run]),
            op.GET_RUN.name: lambda _: self._run,
            op.LIST_RUN_STEPS.name: lambda _: _page(
                Page[RunStep], list(recording.steps) if self._is_over else []
            ),
            op.RUN_TRACE.name: lambda _: self._trace,
        }

    async def call(self, operation: Operation[P, R], params: P) -> R:
        """See `Transport.call`."""
        answer = self._answers.get(operation.name)
        if answer is not None:
            return cast(R, answer(params))
        if operation.method == "GET" and operation.path.endswith("s"):
            return operation.result()
        if operation.method == "GET":
            raise NotFound("The recording does not have this.")
        raise Unsupported(_READ_ONLY)

    async def stream(self, operation: Operation[P, R], params: P) -> AsyncGenerator[StreamEvent, None]:
        """See `Transport.stream`."""
        if operation is op.CHANGES:
            await asyncio.Event().wait()
        if operation is not op.RUN_EVENTS:
            raise Unsupported(_READ_ONLY)
        before, pace = 0.0, not self._is_over
        for at, event in self._recording.events:
            if pace:
                await asyncio.sleep(min(LONGEST_PAUSE_S, max(0.0, at - before)) / self._speed)
            before = at
            yield replace(event, data=self._moved(event.data)) if isinstance(event.data, Run) else event
        self._is_over = True
        if self._ended is not self._recording.run:
            yield StreamEvent(RUN_FAILED, self._ended)
        yield StreamEvent(DONE, "[DONE]")

    async def aclose(self) -> None:
        """There is nothing to close."""

    @property
    def _ended(self) -> Run:
        """The run in the end; one that went on when it was recorded ends here, or the screen would wait for its rest."""
        run = self._recording.run
        if run.is_terminal:
            return run
        error = LastError(code="server_error", message=_CUT)
        ended = {"status": FAILED, "required_action": None, "last_error": error}
        at = self._recording.events[-1][0] if self._recording.events else 0
        return run.model_copy(update={**ended, "failed_at": run.created_at + round(at)})

    @property
    def _run(self) -> Run:
        run = self._recording.run
        playing = {"status": IN_PROGRESS, "usage": None, "required_action": None, "last_error": None}
        return self._ended if self._is_over else self._moved(run.model_copy(update=playing))

    def _moved(self, run: Run) -> Run:
        """A run that goes on, as if it had been started now: its running time is shown."""
        if not run.is_active:
            return run
        times = {name: getattr(run, name) for name in ("created_at", "started_at", "expires_at")}
        shift = round(self._clock()) - self._recording.run.created_at if self._shift is None else self._shift
        self._shift = shift
        return run.model_copy(update={name: at + shift for name, at in times.items() if at})

    @property
    def _thread(self) -> ThreadSummary:
        run = self._recording.run
        preview = next((message.text for message in self._recording.messages if message.role == "user"), "")
        return ThreadSummary(
            id=run.thread_id,
            created_at=run.created_at,
            last_active_at=run.created_at,
            preview=preview[:200],
            metadata={"title": "Replay"},
        )

    def _threads(self, params: Any) -> Page[ThreadSummary]:
        return _page(Page[ThreadSummary], [] if params.trashed or params.after else [self._thread])

    def _messages(self, params: Any) -> Page[Message]:
        found = [*self._recording.messages, *(self._recording.written if self._is_over else ())]
        if params.run_id:
            found = [message for message in found if message.run_id == params.run_id]
        if params.order != "asc":
            found.reverse()
        ids = [message.id for message in found]
        if params.after in ids:
            found = found[ids.index(params.after) + 1 :]
        if params.before in ids:
            found = found[: ids.index(params.before)]
        return _page(Page[Message], found)

    @property
    def _trace(self) -> RunTrace:
        recording = self._recording
        times = [
            (event.index, recording.run.created_at + at)
            for at, event in recording.events
            if event.index is not None
        ]
        return RunTrace(run_id=recording.run.id, times=times, requests=list(recording.requests))


PageType = TypeVar("PageType", bound=Page[Any])


def _page(kind: type[PageType], data: Sequence[Any]) -> PageType:
    ends = {"first_id": data[0].id, "last_id": data[-1].id} if data else {}
    return kind(data=list(data), **ends)
