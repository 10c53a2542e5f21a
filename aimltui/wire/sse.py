"""Encodes and decodes the API's events as server-sent events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aimltui.wire import events
from aimltui.wire.events import StreamEvent, TextEvent
from aimltui.wire.sse_reader import SSEFrame

COMMENT = b": ping\n\n"
"""A heartbeat that every reader ignores."""
_MAX_DIGITS = 18


def encode(event: StreamEvent, *, with_id: bool = True) -> bytes:
    """Return an event as server-sent bytes.

    Args:
        event: The event.
        with_id: Whether its index is sent.
    """
    head = f"id: {event.index}\n" if with_id and event.index is not None else ""
    return f"{head}event: {event.event}\ndata: {_text(event)}\n\n".encode()


def _text(event: StreamEvent) -> str:
    # not by `Wire`: the check for a class of pydantic takes as long as writing the event
    if isinstance(event, TextEvent):
        return event.json()
    if isinstance(event.data, str):
        return event.data
    if event.event != events.ERROR:
        return event.data.model_dump_json()
    # nested and flat at once: the SDK raises only on the nested form, other readers expect the flat one
    flat = event.data.to_json()
    return json.dumps({"error": flat, **flat}, ensure_ascii=False, separators=(",", ":"))


def decode(frame: SSEFrame, adapt: Callable[[Any], Any] | None = None) -> StreamEvent | None:
    """Return the event of a frame; None if this version does not know it, or it has no data.

    Args:
        frame: The frame.
        adapt: Changes the data, if that has times, before it is checked.

    Raises:
        ValueError: The data is not JSON, nested too deeply, or not of the event's shape.
    """
    if not frame.data:
        return None
    try:
        data: Any = frame.data if frame.data == "[DONE]" else json.loads(frame.data)
        if adapt is not None and '_at"' in frame.data:
            data = adapt(data)
        return events.decode(frame.event, data, _number(frame.id))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else None
