"""What comes out of a jail, in the order in which it happened. All of it is the code's word, and is not trusted."""

from __future__ import annotations

import asyncio
import codecs
import json
import os
import struct
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

from aimltui.engine.tools.code_interpreter.jail import Jail

_PIECE = 65536
_MOST_BUFFERED = 1 << 20
"""Bytes that may wait for the reader; then the code has to wait, as with any full pipe."""
_MOST_FRAME = 24 << 20


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
    """The keeper stopped or ended the code for this reason."""

    reason: str
    is_fatal: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """Everything in the jail is gone."""

    reason: str | None


@dataclass(frozen=True, slots=True)
class Frozen:
    """Nothing in the jail runs any more, until the next cell."""


Item = Text | Frame | Breach | Frozen | Ended


class Channel:
    """Reads a jail's pipes as the loop finds something in them.

    Args:
        jail: Its descriptors stay its own; `close` before they are given back.
    """

    def __init__(self, jail: Jail) -> None:
        self._jail = jail
        self._loop = asyncio.get_running_loop()
        self._items: deque[Item] = deque()
        self._buffered = 0
        self._is_paused = False
        self._wake = asyncio.Event()
        self._frames = bytearray()
        self._lines = b""
        self._fatal: str | None = None
        self._exit: int | None = None
        self._decoders = {
            name: codecs.getincrementaldecoder("utf-8")("replace") for name in ("stdout", "stderr")
        }
        self._open = {jail.stdout, jail.stderr, jail.events, jail.status}
        self._loop.add_reader(jail.status, self._read_status)
        self._watch(True)

    @property
    def has_ended(self) -> bool:
        """Whether everything in the jail is gone."""
        return self._jail.status not in self._open

    @property
    def reason(self) -> str | None:
        """Why it was ended, where somebody ended it."""
        return self._fatal

    def clear(self) -> None:
        """Forget what was not asked for: it belongs to an earlier cell."""
        self._items.clear()
        self._buffered = 0
        if self._is_paused:
            self._watch(True)

    async def get(self, timeout_s: float | None = None) -> Item:
        """The next thing that happened.

        Raises:
            TimeoutError: Nothing did.
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
            if self._is_paused and self._buffered < _MOST_BUFFERED // 2:
                self._watch(True)
        return item

    def close(self) -> None:
        """Read no more."""
        for number in self._open:
            self._loop.remove_reader(number)
        self._open.clear()
        self._wake.set()

    def _watch(self, on: bool) -> None:
        self._is_paused = not on
        for number, read in (
            (self._jail.stdout, self._read_stdout),
            (self._jail.stderr, self._read_stderr),
            (self._jail.events, self._read_events),
        ):
            if number in self._open:
                if on:
                    self._loop.add_reader(number, read)
                else:
                    self._loop.remove_reader(number)

    def _read_stdout(self) -> None:
        self._read_text("stdout", self._jail.stdout)

    def _read_stderr(self) -> None:
        self._read_text("stderr", self._jail.stderr)

    def _read_text(self, stream: Literal["stdout", "stderr"], number: int) -> bool:
        piece = self._take(number)
        if not piece:
            return False
        text = self._decoders[stream].decode(piece)
        last = self._items[-1] if self._items else None
        if isinstance(last, Text) and last.stream == stream and last.size < _PIECE:
            self._items.pop()
            self._put(Text(stream, last.text + text, last.size + len(piece)), len(piece))
        else:
            self._put(Text(stream, text, len(piece)), len(piece))
        return True

    def _read_events(self) -> None:
        piece = self._take(self._jail.events)
        self._frames += piece
        while len(self._frames) >= 4:
            length = struct.unpack_from(">I", self._frames)[0]
            if length > _MOST_FRAME:
                self._garbled()
                return
            if len(self._frames) < 4 + length:
                return
            body = bytes(self._frames[4 : 4 + length])
            del self._frames[: 4 + length]
            try:
                found = json.loads(body)
            except (ValueError, RecursionError):
                found = None
            if not isinstance(found, dict):
                self._garbled()
                return
            # what was printed before the event is in the pipes already
            for stream, number in (("stdout", self._jail.stdout), ("stderr", self._jail.stderr)):
                for _ in range(2):  # a pipe holds one piece
                    if number not in self._open or not self._read_text(stream, number):  # type: ignore[arg-type]
                        break
            self._put(Frame(found, length), length)

    def _garbled(self) -> None:
        self._fatal = "It wrote into the pipe that the interpreter answers on."
        self._jail.kill()

    def _read_status(self) -> None:
        piece = self._take(self._jail.status)
        if not piece:
            for read in (self._read_stdout, self._read_stderr, self._read_events):
                read()
            self.close()
            self._put(Ended(self._fatal), 0)
            return
        *lines, self._lines = (self._lines + piece).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "breach" in message:
                if message["fatal"]:
                    self._fatal = message["breach"]
                self._put(Breach(message["breach"], message["fatal"]), 0)
            elif "frozen" in message:
                self._put(Frozen(), 0)

    def _take(self, number: int) -> bytes:
        """What there is; nothing when there is nothing now, or nothing will ever come."""
        if number not in self._open:
            return b""
        try:
            piece = os.read(number, _PIECE)
        except BlockingIOError:
            return b""
        except OSError:
            piece = b""
        if not piece and number != self._jail.status:
            self._loop.remove_reader(number)
            self._open.discard(number)
        return piece

    def _put(self, item: Item, size: int) -> None:
        self._items.append(item)
        self._buffered += size
        if not self._is_paused and self._buffered > _MOST_BUFFERED:
            self._watch(False)
        self._wake.set()
