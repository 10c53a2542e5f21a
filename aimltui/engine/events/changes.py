"""Notices for listeners that something in the store changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from aimltui.wire import events
from aimltui.wire.events import Changed, StreamEvent

INTERVAL_S = 0.2
"""The shortest time between two events for one listener, in seconds."""


class _Listener:
    """The changes that one listener has not received yet."""

    def __init__(self) -> None:
        self.threads: set[str] = set()
        self.unknown = False
        self.wake = asyncio.Event()


class ChangeHub:
    """Collects changes and reports them to every listener, at most five times a second."""

    def __init__(self) -> None:
        self._listeners: set[_Listener] = set()
        self._closed = asyncio.Event()

    def touch(self, *thread_ids: str) -> None:
        """Record that this engine changed something in these threads."""
        for listener in self._listeners:
            listener.threads.update(thread_ids)
            listener.wake.set()

    def touch_unknown(self) -> None:
        """Record that another process changed something."""
        for listener in self._listeners:
            listener.unknown = True
            listener.wake.set()

    def close(self) -> None:
        """End the streams of all listeners."""
        self._closed.set()
        for listener in self._listeners:
            listener.wake.set()

    async def listen(self) -> AsyncGenerator[StreamEvent, None]:
        """Listen until the engine closes.

        Yields:
            `aimltui.changed` events.
        """
        listener = _Listener()
        self._listeners.add(listener)
        try:
            while not self._closed.is_set():
                await listener.wake.wait()
                if self._closed.is_set():
                    return
                listener.wake.clear()
                threads = None if listener.unknown else sorted(listener.threads)
                listener.threads, listener.unknown = set(), False
                yield StreamEvent(events.CHANGED, Changed(thread_ids=threads))
                await self._pause()
        finally:
            self._listeners.discard(listener)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(INTERVAL_S):
                await self._closed.wait()
        except TimeoutError:
            pass
