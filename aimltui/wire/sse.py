"""Server-sent events, both directions. The reader is tolerant, the writer exact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aimltui.wire import events
from aimltui.wire.base import Wire
from aimltui.wire.events import StreamEvent

COMMENT = b": ping\n\n"
"""A heartbeat: every reader skips it."""


@dataclass(frozen=True, slots=True)
class SSEFrame:
    """One dispatched frame."""

    event: str
    data: str
    id: str = ""
    """The id of this very frame; it is not carried over to frames without one."""


class SSEReader:
    """Turns bytes into frames, however they are cut.

    Tolerates CRLF and CR, a byte order mark, comments, fields without a space after the colon, data over
    several lines. Source: the WHATWG's event stream interpretation.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._event = ""
        self._id = ""
        self._data: list[str] = []
        self._fresh = True

    def feed(self, chunk: bytes) -> Iterator[SSEFrame]:
        """The frames that `chunk` completes."""
        if self._fresh and chunk:
            chunk = chunk.removeprefix(b"\xef\xbb\xbf")
            self._fresh = False
        self._rest += chunk
        *lines, self._rest = _lines(self._rest)
        for line in lines:
            frame = self._line(line)
            if frame is not None:
                yield frame

    def close(self) -> Iterator[SSEFrame]:
        """The frame that was still open when the body ended, if it is whole."""
        for line in (self._rest.rstrip(b"\r"), b""):
            frame = self._line(line) if line or self._data else None
            if frame is not None:
                yield frame
        self._rest = b""

    def _line(self, line: bytes) -> SSEFrame | None:
        if not line:
            return self._dispatch()
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value
        return None

    def _dispatch(self) -> SSEFrame | None:
        frame = SSEFrame(self._event, "\n".join(self._data), self._id) if self._data else None
        self._event, self._id, self._data = "", "", []
        return frame


def _lines(data: bytes) -> list[bytes]:
    # a CR at the very end may be half of a CRLF: it waits for what follows
    tail = b"\r" if data.endswith(b"\r") else b""
    body = data[: len(data) - len(tail)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = body.split(b"\n")
    lines[-1] += tail
    return lines


def encode(event: StreamEvent) -> bytes:
    """An event as it stands on the wire."""
    data = event.data.to_json() if isinstance(event.data, Wire) else event.data
    if event.event == events.ERROR and isinstance(data, dict):
        # nested and flat at once: the SDK raises only on the nested form, other readers know the flat one
        data = {"error": data, **data}
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    head = f"id: {event.index}\n" if event.index is not None else ""
    return f"{head}event: {event.event}\ndata: {text}\n\n".encode()


def decode(frame: SSEFrame) -> StreamEvent | None:
    """The event of a frame; None if this version does not know it.

    Raises:
        ValueError: The data is not JSON, or not of the event's shape.
    """
    data: Any = frame.data if frame.data == "[DONE]" else json.loads(frame.data)
    return events.decode(frame.event, data, int(frame.id) if frame.id.isdigit() else None)
