"""The payloads in the events of a chat stream."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aimltui.wire.sse_reader import SSEFrame


def payloads_of(frame: SSEFrame) -> list[str]:
    """Return the payloads of one event: usually one, but several if a server leaves out the blank lines between them.

    A failure that is sent beside the data (a field `error:`, an event named `error`) becomes a payload with an `error`.
    """
    if frame.error:
        return [_as_error(frame.error), *([frame.data] if frame.data else [])]
    if frame.event == "error" and frame.data:
        return [_as_error(frame.data)]
    lines = frame.data.split("\n")
    if len(lines) > 1 and all(_looks_whole(line) for line in lines):
        return lines
    return [frame.data] if frame.data else []


def _as_error(text: str) -> str:
    """Return the JSON of a failure, in the nested shape, from whatever a server writes."""
    try:
        told = json.loads(text)
        if isinstance(told, Mapping) and told.get("error"):
            return text
        return json.dumps({"error": told if isinstance(told, Mapping) else {"message": str(told)}})
    except (ValueError, RecursionError):
        return json.dumps({"error": {"message": text}})


def _looks_whole(line: str) -> bool:
    line = line.strip()
    return line == "[DONE]" or (line.startswith("{") and line.endswith("}"))
