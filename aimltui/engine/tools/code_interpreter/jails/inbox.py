"""Queues the output of a jail for its reader, in the order of arrival. None of it is trusted."""

from __future__ import annotations

import asyncio
import codecs
import json
import struct
from collections import deque
from typing import Any, Literal

from aimltui.common.dataclass import dataclass

PIECE = 65536
"""Bytes to read at a time."""
MOST_BUFFERED = 1 << 20
"""Bytes that may wait for the reader; beyond that the code has to wait, as with any full pipe."""
_MOST_FRAME = 24 << 20
GARBLED = "It wrote into the pipe that the interpreter answers on."
"""Why code is ended that writes invalid data into the pipe of the kernel program."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of output, with its size in bytes as it was written."""

    stream: Literal["stdout", "stderr"]
    text: str
    size: int


@dataclass(frozen=True, slots=True)
class Frame:
    """An event of the kernel program."""

    body: dict[str, Any]
    size: int


@dataclass(frozen=True, slots=True)
class Breach:
    """The reason why the keeper stopped or ended the code."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """All processes in the jail have ended."""

    reason: str | None


@dataclass(frozen=True, slots=True)
class Frozen:
    """All processes in the jail are stopped until the next cell."""


Item = Text | Frame | Breach | Frozen | Ended


class Inbox:
    """The queue of items. A channel fills it and pauses while its reader is slow. Use it inside one event loop only."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._buffered = 0
        self._is_paused = False
        self._has_ended = False
        self._fatal: str | None = None
        self._wake = asyncio.Event()
        self._decoders = {
            name: codecs.getincrementaldecoder("utf-8")("replace") for name in ("stdout", "stderr")
        }

    @property
    def has_ended(self) -> bool:
        """Whether all processes in the jail have ended."""
        return self._has_ended

    @property
    def reason(self) -> str | None:
        """Why the jail was ended; None if it ended by itself."""
        return self._fatal

    def take_texts(self) -> list[Text]:
        """Return the output that waits, and discard everything else, because it belongs to an earlier cell."""
        texts = [item for item in self._items if isinstance(item, Text)]
        self._items.clear()
        self._buffered = 0
        if self._is_paused:
            self._set_reading(True)
        return texts

    async def get(self, timeout_s: float | None = None) -> Item:
        """Wait for the next item.

        Raises:
            TimeoutError: None arrived in time.
        """
        async with asyncio.timeout(timeout_s):
            while not self._items:
                if self.has_ended:
                    return Ended(self._fatal)
                self._wake.clear()
                await self._wake.wait()
        item = self._items.popleft()
        if isinstance(item, Text | Frame):
            self._buffered -= item.size
            if self._is_paused and self._buffered < MOST_BUFFERED // 2:
                self._set_reading(True)
        return item

    def _set_reading(self, on: bool) -> None:
        """Resume or pause reading, because the reader of the queue is slow."""
        self._is_paused = not on

    def _put(self, item: Item, size: int = 0) -> None:
        self._items.append(item)
        self._buffered += size
        if not self._is_paused and self._buffered > MOST_BUFFERED:
            self._set_reading(False)
        self._wake.set()

    def _put_text(self, stream: Literal["stdout", "stderr"], piece: bytes) -> None:
        text = self._decoders[stream].decode(piece)
        last = self._items[-1] if self._items else None
        if isinstance(last, Text) and last.stream == stream and last.size < PIECE:
            self._items.pop()
            self._put(Text(stream, last.text + text, last.size + len(piece)), len(piece))
        else:
            self._put(Text(stream, text, len(piece)), len(piece))


class Frames:
    """Splits the bytes of the kernel program into events."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, piece: bytes) -> None:
        """Add bytes."""
        self._bytes += piece

    def take(self) -> Frame | None:
        """The next event; None if it is incomplete.

        Raises:
            ValueError: The bytes do not come from the kernel program.
        """
        if len(self._bytes) < 4:
            return None
        length = struct.unpack_from(">I", self._bytes)[0]
        if length > _MOST_FRAME:
            raise ValueError(GARBLED)
        if len(self._bytes) < 4 + length:
            return None
        body = bytes(self._bytes[4 : 4 + length])
        del self._bytes[: 4 + length]
        try:
            found = json.loads(body)
        except RecursionError as error:
            raise ValueError(GARBLED) from error
        if not isinstance(found, dict):
            raise ValueError(GARBLED)
        return Frame(found, length)
