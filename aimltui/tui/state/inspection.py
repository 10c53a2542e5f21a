"""What the run inspector knows of a run, and its timeline. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field

from aimltui.common.dataclass import dataclass
from aimltui.wire.events import StreamEvent
from aimltui.wire.run_steps import FunctionToolCall, RunStep, ToolCallsDetails
from aimltui.wire.runs import Run
from aimltui.wire.traces import RunTrace

_CREATED = "thread.run.created"
_WORKS = "thread.run.in_progress"
_WAITS = "thread.run.requires_action"
_LATER = (
    "thread.run.queued",
    "thread.run.completed",
    "thread.run.failed",
    "thread.run.cancelled",
    "thread.run.expired",
)


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """An event of a run, and when it happened."""

    event: StreamEvent
    at: float | None
    """Unix seconds; None if nobody knows."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of the timeline; times are seconds since the run was created."""

    label: str
    start: float
    end: float
    waits_until: float
    """Until when something else was waited for; `start` if nothing was."""
    status: str = ""
    """How it ended, unless it was completed."""


@dataclass
class Inspection:
    """A run with everything that the server says about it."""

    run: Run
    steps: Sequence[RunStep] = ()
    trace: RunTrace | None = None
    """None if the server has no traces."""
    events: list[TimedEvent] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """What the server does not offer, as sentences."""

    @property
    def start(self) -> float:
        """When the run was created, in Unix seconds."""
        timed = (timed.at for timed in self.events if timed.event.event == _CREATED)
        return next((at for at in timed if at is not None), float(self.run.created_at))

    def end(self, now: float) -> float:
        """When the run ended, in Unix seconds; now if it goes on."""
        if self.run.is_active:
            return max(now, self.start)
        known = [at for at in (*(timed.at for timed in self.events), *self._ends()) if at is not None]
        return max(known, default=self.start)

    def _ends(self) -> Iterator[float]:
        begin = self.run.started_at or self.run.created_at
        if self.run.duration_ms is not None:
            yield begin + self.run.duration_ms / 1000
        else:
            yield float(self.run.completed_at or self.run.failed_at or self.run.cancelled_at or begin)

    def at_of(self, name: str, object_id: str) -> float | None:
        """When the first event of this name about an object happened."""
        for timed in self.events:
            if timed.event.event == name and getattr(timed.event.data, "id", None) == object_id:
                return timed.at
        return None


def timed(events: Sequence[StreamEvent], trace: RunTrace | None) -> list[TimedEvent]:
    """Return events with their times."""
    times = dict(trace.times) if trace is not None else {}
    return [
        TimedEvent(event, times.get(event.index) if event.index is not None else None) for event in events
    ]


def timeline(of: Inspection, now: float) -> list[Bar]:
    """Return the lines of the timeline, in the order in which they began.

    Args:
        of: The run.
        now: Unix seconds.
    """
    begin, end = of.start, of.end(now)
    bars = [*_waits(of, end), *_requests(of, end), *_steps(of, end)]
    moved = [
        Bar(
            bar.label,
            max(0.0, bar.start - begin),
            max(0.0, bar.end - begin),
            max(0.0, bar.waits_until - begin),
            bar.status,
        )
        for bar in bars
    ]
    return sorted(moved, key=lambda bar: (bar.start, bar.end))


def step_name(step: RunStep) -> str:
    """Return what a step does: the names of its calls, or that it writes a message."""
    details = step.step_details
    if not isinstance(details, ToolCallsDetails):
        return "message"
    names = [
        call.function.name if isinstance(call, FunctionToolCall) else call.type for call in details.tool_calls
    ]
    return ", ".join(names) or "tool calls"


def _waits(of: Inspection, end: float) -> Iterator[Bar]:
    """The time in the queue, and until decisions came."""
    begin = of.start
    works = next((at for at in (of.at_of(_WORKS, of.run.id), of.run.started_at) if at is not None), None)
    if works is None or works > begin:
        until = works if works is not None else end
        yield Bar("queued", begin, until, until)
    yield from _decisions(of, end)


def _decisions(of: Inspection, end: float) -> Iterator[Bar]:
    waits_from: float | None = None
    for one in of.events:
        if one.at is None:
            continue
        if one.event.event == _WAITS:
            waits_from = one.at
        elif waits_from is not None and one.event.event in _LATER:
            yield Bar("waits for a decision", waits_from, one.at, one.at)
            waits_from = None
    if waits_from is not None:
        yield Bar("waits for a decision", waits_from, end, end)


def _requests(of: Inspection, end: float) -> Iterator[Bar]:
    for number, request in enumerate(of.trace.requests if of.trace is not None else (), 1):
        ended = request.ended_at if request.ended_at is not None else end
        yield Bar(f"model request {number}", request.at, ended, min(ended, request.first_at or ended))


def _steps(of: Inspection, end: float) -> Iterator[Bar]:
    for step in of.steps:
        start = of.at_of("thread.run.step.created", step.id) or float(step.created_at)
        ended = of.at_of(f"thread.run.step.{step.status}", step.id) if step.status != "in_progress" else end
        if ended is None:
            ended = start + (step.duration_ms or 0) / 1000
        status = "" if step.status in ("completed", "in_progress") else step.status
        waits = [wait for wait in _decisions(of, end) if start <= wait.end and wait.start <= ended]
        yield Bar(
            step_name(step),
            start,
            max(start, ended),
            max((min(wait.end, ended) for wait in waits), default=start),
            status,
        )
