"""Lets the small pieces of a fast body gather for a moment, so that one read of the connection takes several."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any

GATHER_S = 0.006
"""Seconds that a piece may wait: a quarter of a frame of the screen."""
_FULL = 16_384
"""Bytes of one read from which on waiting gains nothing."""
_WAITED_S = 0.0003
"""A read that takes longer had to wait for bytes."""
_EXCLUSIVE = (b"HTTP/1.0", b"HTTP/1.1")
"""Versions whose connections carry one answer at a time."""
_READS = 8
"""Reads without waiting after which the body is taken for one that lies ready as a whole."""


class Pace:
    """Decides whether bytes gather before the next read.

    They do where pieces follow each other quickly. A body that comes slowly is read at once, and so are the first piece
    of a body and one that lies ready.
    """

    def __init__(self) -> None:
        self._reads = -1
        """Reads for which bytes gather; negative before the first piece."""
        self._is_full = False

    @property
    def has_begun(self) -> bool:
        """Whether a piece has come."""
        return self._reads >= 0

    @property
    def pause_s(self) -> float:
        """Seconds to wait before the next read."""
        return GATHER_S if self._reads > 0 and not self._is_full else 0.0

    def note(self, seconds: float, size: int) -> None:
        """Note how long a read took, and its bytes."""
        self._is_full = size >= _FULL
        if self._reads < 0 or seconds > GATHER_S:
            self._reads = 0
        elif seconds > _WAITED_S:
            self._reads = _READS
        else:
            self._reads = max(0, self._reads - 1)


@contextmanager
def gathered(
    response: Any,
    limit_s: Callable[[], float] = lambda: math.inf,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    now: Callable[[], float] = perf_counter,
) -> Iterator[bool]:
    """Let the bytes of a response's body gather while it is read, and limit how long each read of the connection takes.

    The pause has to be between two reads of the connection: the HTTP library gives one piece for each chunk of the body,
    and says of none whether it lay ready. A library whose connection cannot be had that way reads as it always does.

    Args:
        response: The response of the HTTP library.
        limit_s: Gives the seconds that the next read may take; then `TimeoutError` is raised.
        sleep: Waits for so many seconds.
        now: Seconds that only go forward.

    Yields:
        Whether the time is limited here; else the caller has to.
    """
    known: Mapping[str, Any] = getattr(response, "extensions", {})
    stream: Any = known.get("network_stream")
    read = getattr(stream, "read", None)
    # a connection of HTTP/2 carries several answers, whose readers would take this one's place and give it back too early
    is_shared = known.get("http_version", b"HTTP/1.1") not in _EXCLUSIVE
    if read is None or is_shared or not hasattr(stream, "__dict__"):
        yield False
        return
    pace = Pace()
    # a connection that knows a limit needs no timer for each read; see `network.Stream`
    receive = getattr(stream, "receive", None)

    async def read_gathered(max_bytes: int, timeout: float | None = None) -> bytes:
        if pause_s := pace.pause_s:
            await sleep(pause_s)
        asked = now()
        data: bytes
        if receive is not None:
            data = await receive(max_bytes, limit_s(), may_be_late=pace.has_begun)
        else:
            async with asyncio.timeout(limit_s()):
                data = await read(max_bytes, timeout)
        pace.note(now() - asked, len(data))
        return data

    stream.read = read_gathered
    try:
        yield True
    finally:
        # the connection may carry another request
        if stream.__dict__.get("read") is read_gathered:
            del stream.read
