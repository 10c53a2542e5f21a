"""Turns the output of a jail during one cell into events. No I/O."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Literal

from aimltui.engine.tools.code_interpreter.jails.inbox import Breach, Ended, Frame, Item, Text
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.sessions.events import (
    Failure,
    Image,
    Notice,
    Output,
    SessionEvent,
    Value,
)

THREADS = (
    "Threads of this code still run. They pause until the next code runs, and what they print is shown with it; use "
    "join() to wait for them."
)
_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_PICTURE = 16 << 20


class Cell:
    """Follows one cell to its end.

    Args:
        number: The number of the cell; messages about other cells are ignored.
        limits: The limits of output and pictures.

    Attributes:
        is_over: Whether the cell has ended.
        is_flooding: Whether it printed too much and must be stopped.
        status: How it ended.
        reason: Why it was stopped; None if it ended by itself.
    """

    def __init__(self, number: int, limits: SandboxLimits) -> None:
        self.number = number
        self._limits = limits
        self._printed = 0
        self._drawn = 0
        self.is_over = False
        self.is_flooding = False
        self.status: Literal["ok", "error", "interrupted", "died"] = "ok"
        self.reason: str | None = None

    def take(self, item: Item) -> Iterator[SessionEvent]:
        """Turn an item into events."""
        match item:
            case Text(stream=stream, text=text, size=size):
                if self._fits(size) and text:
                    yield Output(stream, text)
                elif not self.is_flooding:
                    self.is_flooding = True
                    self.reason = (
                        f"It printed more than {self._limits.output_bytes >> 20} MiB; the rest was left out."
                    )
            case Frame(body=body, size=size):
                yield from self._take_frame(body, size)
            case Breach(reason=reason):
                self.reason = reason
            case Ended(reason=reason):
                self.is_over, self.status = True, "died"
                self.reason = reason or self.reason or "The interpreter ended unexpectedly."

    def _take_frame(self, body: dict[str, object], size: int) -> Iterator[SessionEvent]:
        if body.get("cell") != self.number:
            return
        match body:
            case {"event": "value", "text": str(text)} if self._fits(size):
                yield Value(text)
            case {"event": "error", "name": str(name), "message": str(message), "traceback": str(trace)}:
                if self._fits(size):
                    yield Failure(name, message, trace)
            case {"event": "image", "png": str(encoded)}:
                yield self._image(encoded)
            case {"event": "threads"}:
                yield Notice(THREADS)
            case {"event": "done", "ok": bool(is_ok)}:
                self.is_over = True
                self.status = "interrupted" if self.reason else "ok" if is_ok else "error"
            case _:
                # the code can write into this pipe as well
                return

    def _image(self, encoded: str) -> SessionEvent:
        self._drawn += 1
        if self._drawn > self._limits.images:
            return Notice(f"A picture was left out: at most {self._limits.images} per cell are shown.")
        try:
            picture = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            picture = b""
        if not picture.startswith(_PNG) or len(picture) > _MOST_PICTURE:
            return Notice("A picture was left out: it is too large or not a PNG.")
        return Image(picture)

    def _fits(self, size: int) -> bool:
        self._printed += size
        return self._printed <= self._limits.output_bytes
