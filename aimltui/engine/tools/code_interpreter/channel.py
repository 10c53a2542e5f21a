"""Reads a jail's pipes as the loop finds something in them."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Literal, Protocol

from aimltui.engine.tools.code_interpreter.jails.inbox import (
    GARBLED,
    PIECE,
    Breach,
    Ended,
    Frames,
    Frozen,
    Inbox,
)


class Pipes(Protocol):
    """A jail's ends of its pipes, and its end."""

    stdout: int
    stderr: int
    events: int
    status: int

    def kill(self) -> None:
        """End everything in it."""
        ...


class PipeChannel(Inbox):
    """What comes through the pipes of a jail.

    Args:
        jail: Its descriptors stay its own; `close` before they are given back.
    """

    def __init__(self, jail: Pipes) -> None:
        super().__init__()
        self._jail = jail
        self._loop = asyncio.get_running_loop()
        self._frames = Frames()
        self._lines = b""
        self._open = {jail.stdout, jail.stderr, jail.events, jail.status}
        self._loop.add_reader(jail.status, self._read_status)
        self._let_in(True)

    @property
    def has_ended(self) -> bool:
        """Whether everything in the jail is gone."""
        return self._jail.status not in self._open

    def close(self) -> None:
        """Read no more."""
        for number in self._open:
            self._loop.remove_reader(number)
        self._open.clear()
        self._wake.set()

    def _let_in(self, on: bool) -> None:
        super()._let_in(on)
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
        if piece:
            self._put_text(stream, piece)
        return bool(piece)

    def _read_events(self) -> None:
        self._frames.add(self._take(self._jail.events))
        try:
            while (frame := self._frames.take()) is not None:
                # what was printed before the event is in the pipes already
                for stream, number in (("stdout", self._jail.stdout), ("stderr", self._jail.stderr)):
                    for _ in range(2):  # a pipe holds one piece
                        if number not in self._open or not self._read_text(stream, number):  # type: ignore[arg-type]
                            break
                self._put(frame, frame.size)
        except ValueError:
            self._fatal = GARBLED
            self._jail.kill()

    def _read_status(self) -> None:
        piece = self._take(self._jail.status)
        if not piece:
            for read in (self._read_stdout, self._read_stderr, self._read_events):
                read()
            self.close()
            self._put(Ended(self._fatal))
            return
        *lines, self._lines = (self._lines + piece).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "breach" in message:
                if message["fatal"]:
                    self._fatal = message["breach"]
                self._put(Breach(message["breach"]))
            elif "frozen" in message:
                self._put(Frozen())

    def _take(self, number: int) -> bytes:
        """What there is; nothing when there is nothing now, or nothing will ever come."""
        if number not in self._open:
            return b""
        try:
            piece = os.read(number, PIECE)
        except BlockingIOError:
            return b""
        except OSError:
            piece = b""
        if not piece and number != self._jail.status:
            self._loop.remove_reader(number)
            self._open.discard(number)
        return piece
