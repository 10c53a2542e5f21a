"""Recordings of runs: one JSON object a line, first what was before the run, then its events with their times.

```
{"aimltui_recording": 1, "thread": "thread_…", "run": {…}, "steps": […], "requests": […]}
{"message": {…}}                                           messages before the run
{"at": 0.314, "index": 2, "event": "thread.run.created", "data": {…}}
```

Times are seconds since the run was created: exact ones while the engine that executed the run remembers them, else those
of its objects, in whole seconds. Keys in use are redacted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aimltui.common.redaction import redact_in_use

if TYPE_CHECKING:
    from aimltui.client.replay import Recording
    from aimltui.tui.state.inspection import Inspection
    from aimltui.wire.events import StreamEvent
    from aimltui.wire.messages import Message
    from aimltui.wire.runs import Run

VERSION = 1
MARK = "aimltui_recording"


class BadRecording(Exception):
    """A text is no recording; the text of the exception is a sentence."""


def written(of: Inspection, messages: Sequence[Message]) -> str:
    """Return the recording of a run as text.

    Args:
        of: The run with its events.
        messages: The messages of the thread before it.
    """
    requests = [request.to_json() for request in of.trace.requests] if of.trace is not None else []
    head = {
        MARK: VERSION,
        "thread": of.run.thread_id,
        "run": of.run.to_json(),
        "steps": [step.to_json() for step in of.steps],
        "requests": requests,
    }
    lines: list[dict[str, Any]] = [head, *({"message": message.to_json()} for message in messages)]
    start, last = of.start, 0.0
    for one in of.events:
        # an event of unknown time comes with the one before it
        at = one.at if one.at is not None else _told_at(of.run, one.event)
        last = max(last, at - start) if at is not None else last
        data = one.event.data
        body = data if isinstance(data, str) else data.to_json()
        lines.append({"at": round(last, 3), "index": one.event.index, "event": one.event.event, "data": body})
    return redact_in_use("".join(json.dumps(line) + "\n" for line in lines))


def _told_at(run: Run, event: StreamEvent) -> float | None:
    """The time of an event by the object in it, in Unix seconds."""
    kind = event.event.rpartition(".")[2]
    is_end = getattr(event.data, "id", None) == run.id and kind == run.status
    if is_end and run.duration_ms is not None:
        return (run.started_at or run.created_at) + run.duration_ms / 1000
    name = {"queued": "created_at", "in_progress": "started_at"}.get(kind, f"{kind}_at")
    found = getattr(event.data, name, None)
    return float(found) if isinstance(found, int | float) else None


def read(text: str) -> Recording:
    """Return the recording that a text holds.

    Raises:
        BadRecording: It holds none.
    """
    from pydantic import ValidationError

    try:
        first, *rest = [json.loads(line) for line in text.splitlines() if line.strip()]
        if not isinstance(first, dict) or first.get(MARK) != VERSION:
            raise BadRecording("It was not written by the run inspector of this version.")
        return _recording(first, [line for line in rest if isinstance(line, dict)])
    except BadRecording:
        raise
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError, ValidationError) as error:
        raise BadRecording("It is damaged, or not a recording.") from error


def _recording(first: dict[str, Any], rest: Sequence[dict[str, Any]]) -> Recording:
    from aimltui.client.replay import Recording
    from aimltui.wire.events import decode
    from aimltui.wire.messages import Message
    from aimltui.wire.run_steps import RunStep
    from aimltui.wire.runs import Run
    from aimltui.wire.traces import ModelRequest

    told = [
        (float(line["at"]), decode(line["event"], line["data"], line.get("index")))
        for line in rest
        if "event" in line
    ]
    return Recording(
        run=Run.model_validate(first["run"]),
        messages=[Message.model_validate(line["message"]) for line in rest if "message" in line],
        events=[(at, event) for at, event in told if event is not None],
        steps=[RunStep.model_validate(step) for step in first.get("steps") or ()],
        requests=[ModelRequest.model_validate(request) for request in first.get("requests") or ()],
    )
