"""The payloads in the events of a chat stream."""

from __future__ import annotations

from aimltui.wire.sse_reader import SSEFrame


def payloads_of(frame: SSEFrame) -> list[str]:
    """The payloads of one event: usually one, several where a server leaves out the blank lines between them."""
    lines = frame.data.split("\n")
    if len(lines) > 1 and all(_looks_whole(line) for line in lines):
        return lines
    return [frame.data] if frame.data else []


def _looks_whole(line: str) -> bool:
    line = line.strip()
    return line == "[DONE]" or (line.startswith("{") and line.endswith("}"))
