"""Recordings of runs: one JSON object a line, first what was before the run, then its events with their times.

```
{"aimltui_recording": 1, "thread": "thread_…", "run": {…}, "steps": […], "requests": […]}
{"message": {…}}                                           messages before the run
{"at": 0.314, "index": 2, "event": "thread.run.created", "data": {…}}
```

Times are seconds since the run was created. Keys in use are redacted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aimltui.common.redaction import redact_in_use

if TYPE_CHECKING:
    from aimltui.tui.state.inspection import Inspection
    from aimltui.wire.messages import Message

VERSION = 1
MARK = "aimltui_recording"


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
        last = max(last, one.at - start) if one.at is not None else last
        data = one.event.data
        body = data if isinstance(data, str) else data.to_json()
        lines.append({"at": round(last, 3), "index": one.event.index, "event": one.event.event, "data": body})
    return redact_in_use("".join(json.dumps(line) + "\n" for line in lines))
