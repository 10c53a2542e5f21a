"""ServerLog: the last lines that a server wrote beside its messages, and whether its connection has ended."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line

_LINES = 40
_LINE = 400


@dataclass(slots=True)
class Exchange:
    """What happened on the way of one request. Several are on their way at once over one connection."""

    status: int = 0
    """The HTTP status of a refusal."""
    trouble: str = ""
    """Why it failed on the way, as a sentence."""


exchange: ContextVar[Exchange | None] = ContextVar("exchange", default=None)
"""The request that this task sends: the mcp package sends each one in the context of the caller."""


class ServerLog:
    """What is known of one connection of a server besides its answers."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._odd = 0
        self.ended = asyncio.Event()
        """Set when the server sends nothing more."""
        self.reason = ""
        """Why it ended, if this program ended it."""
        self.trouble = ""
        """Why the last request failed on the way, as a sentence."""

        self.sentences: dict[int, str] = {}
        """What to tell the user of a server with a login about HTTP statuses, such as that it wants one."""
        self.is_logged_out = False
        """Whether it refused a request for want of a login."""

    @property
    def lines(self) -> list[str]:
        """The last lines, oldest first."""
        return list(self._lines)

    def add(self, line: bytes) -> None:
        """Take a line of the server's error output; it is no failure by itself."""
        text = clean_line(line[: _LINE * 4].decode("utf-8", "replace")).strip()[:_LINE]
        if text:
            self._lines.append(text)

    def add_odd(self, line: bytes) -> None:
        """Take the first line of its output that is no message; later ones are only counted."""
        self._odd += 1
        if self._odd == 1:
            self.add(b"not a message: " + line[:_LINE])

    def note(self, trouble: str) -> None:
        """Note why a request failed on the way."""
        self.trouble = trouble
        if (current := exchange.get()) is not None:
            current.trouble = trouble

    def end(self, reason: str = "") -> None:
        """Note that nothing more comes."""
        if not self.ended.is_set():
            self.reason = reason
            self.ended.set()
