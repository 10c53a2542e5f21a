"""What the engine remembers of its last runs, in memory only: the times of their events, and the model's requests."""

from __future__ import annotations

import time
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.engine.models.base import ChatRequest

MOST_RUNS = 20
"""Runs that are remembered."""
MOST_REQUESTS = 30
"""Requests of one run that are remembered, the last ones."""
_LONG = 2_000
"""Characters of a data URL or of base64 that is left out."""


@dataclass(slots=True)
class SentRequest:
    """A request to a model."""

    at: float
    body: Mapping[str, Any]
    is_exact: bool = False
    first_at: float | None = None
    ended_at: float | None = None


@dataclass(slots=True)
class Trace:
    """What is remembered of one run."""

    clock: Callable[[], float]
    """Unix seconds."""
    times: dict[int, array[float]] = field(default_factory=dict)
    """The times of the events of each leg, by the index of its first event."""
    requests: deque[SentRequest] = field(default_factory=lambda: deque(maxlen=MOST_REQUESTS))
    is_waiting: bool = False
    """Whether the answer to the last request has not started."""

    def begin(self, request: ChatRequest) -> ChatRequest:
        """Remember a request that is about to be made; the returned one tells what is sent in the end."""
        sent = SentRequest(self.clock(), _given(request))
        self.requests.append(sent)
        self.is_waiting = True

        def note(body: Mapping[str, Any]) -> None:
            # a request is sent again if the server refused a part of it
            sent.body, sent.is_exact = without_bytes(body), True

        return replace(request, on_sent=note)

    def note_first(self) -> None:
        """Remember that the answer has started."""
        self.is_waiting = False
        self.requests[-1].first_at = self.clock()

    def note_end(self) -> None:
        """Remember that the answer has ended."""
        self.is_waiting = False
        self.requests[-1].ended_at = self.clock()


class RunTraces:
    """The traces of the last runs.

    Args:
        clock: Unix seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._traces: OrderedDict[str, Trace] = OrderedDict()

    def of(self, run_id: str) -> Trace:
        """Return the trace of a run, which is made if there is none."""
        if run_id not in self._traces:
            self._traces[run_id] = Trace(self._clock)
            while len(self._traces) > MOST_RUNS:
                self._traces.popitem(last=False)
        return self._traces[run_id]

    def get(self, run_id: str) -> Trace | None:
        """Return the trace of a run, if it is remembered."""
        return self._traces.get(run_id)


def without_bytes(value: Any) -> Any:
    """Return JSON values with the bytes of pictures and files left out."""
    if isinstance(value, str):
        if len(value) > _LONG and value.startswith("data:"):
            return f"{value[: value.find(',') + 1]}… ({len(value):,} characters)"
        return value
    if isinstance(value, Mapping):
        return {
            key: f"… ({len(inner):,} characters)"
            if key in ("data", "file_data") and isinstance(inner, str) and len(inner) > _LONG
            else without_bytes(inner)
            for key, inner in value.items()
        }
    if isinstance(value, Sequence):
        return [without_bytes(inner) for inner in value]
    return value


def _given(request: ChatRequest) -> dict[str, Any]:
    named = {
        "model": request.model,
        "messages": without_bytes(request.messages),
        "tools": list(request.tools) or None,
        "tool_choice": request.tool_choice,
        "parallel_tool_calls": request.parallel_tool_calls,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.max_tokens,
        "response_format": request.response_format,
        "reasoning_effort": request.reasoning_effort,
        "stream": request.stream,
    }
    return {name: value for name, value in named.items() if value is not None}
