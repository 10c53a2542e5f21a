"""The event log of a run that is active in this process: what has happened, in order, for any number of followers."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress

from aimltui.common.dataclass import dataclass
from aimltui.engine.events.deltas import Delta
from aimltui.wire import events
from aimltui.wire.events import StreamEvent

DONE = StreamEvent(events.DONE, "[DONE]")


@dataclass(slots=True)
class LogEntry:
    """An entry of a run's log: an event, or a delta whose event is made when a follower reads it."""

    content: StreamEvent | Delta
    index: int | None
    """The cursor to resume from; None for a transient event, which is not stored."""


def batches(entries: Iterable[LogEntry]) -> Iterator[list[LogEntry]]:
    """Yield the entries in order: neighbouring deltas that one event can report as one list, every other one alone."""
    batch: list[LogEntry] = []
    for entry in entries:
        if batch and _joins(batch[-1], entry):
            batch.append(entry)
            continue
        if batch:
            yield batch
        batch = [entry]
    if batch:
        yield batch


def joined(entries: Iterable[LogEntry]) -> Iterator[StreamEvent]:
    """Yield the entries as events, neighbouring deltas of one part as one event with the last one's index.

    This is the only place where deltas are joined: for followers in this process, and for those who resume.
    """
    for batch in batches(entries):
        first, last = batch[0], batch[-1]
        if isinstance(first.content, StreamEvent):
            yield first.content
        elif first is last:
            yield first.content.event(first.index or 0)
        else:
            text = "".join(entry.content.text for entry in batch if isinstance(entry.content, Delta))
            yield first.content._replace(value=text).event(last.index or 0)


class EventLog:
    """The events of one leg of a run: from its start, or from submitted tool outputs, to the end of the API's stream.

    Nothing is dropped: followers share one list and each has a position in it. A slow follower finds more new
    entries at once and receives neighbouring deltas as one event.

    Args:
        next_index: The index of the first event.
        times: Gets the time of each event that has an index; None remembers none.
        clock: Unix seconds.
    """

    def __init__(
        self,
        next_index: int = 0,
        times: array[float] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._entries: list[LogEntry] = []
        self._waiting: list[asyncio.Future[None]] = []
        """Of each follower that has read everything: done at the next entry."""
        self._closed = False
        self._times = times
        self._clock = clock
        self.next_index = next_index
        """The index of the next event that is stored."""

    def emit(self, delta: Delta) -> LogEntry:
        """Append a delta; the caller stores the entry later."""
        entry = LogEntry(delta, self.next_index)
        self.next_index += 1
        if self._times is not None:
            self._times.append(self._clock())
        if not self._closed:
            self._entries.append(entry)
            if self._waiting:
                self._wake_followers()
        return entry

    def publish(self, committed: Sequence[StreamEvent]) -> None:
        """Append events that are already stored, with their indices."""
        for event in committed:
            if event.index is not None:
                self.next_index = event.index + 1
                if self._times is not None:
                    self._times.append(self._clock())
        self._add([LogEntry(event, event.index) for event in committed])

    def emit_transient(self, event: StreamEvent) -> None:
        """Append an event that is never stored."""
        self._add([LogEntry(event, None)])

    def close(self) -> None:
        """End the log: followers read to the end and receive `done`."""
        self._closed = True
        self._wake_followers()

    async def follow(self, after: int | None = None) -> AsyncGenerator[StreamEvent, None]:
        """Follow the log until it is closed.

        Args:
            after: The index after which to begin; None for the start of the log.

        Yields:
            Each event, then `done`.
        """
        position = 0 if after is None else self._position(after)
        new_future = asyncio.get_running_loop().create_future
        while True:
            fresh = self._entries[position:]
            position += len(fresh)
            for event in joined(fresh if after is None else _later(fresh, after)):
                yield event
            if fresh:
                continue
            if self._closed:
                yield DONE
                return
            waiting = new_future()
            self._waiting.append(waiting)
            try:
                await waiting
            except asyncio.CancelledError:
                # a run may be silent for long while followers come and go
                with suppress(ValueError):
                    self._waiting.remove(waiting)
                raise

    def _position(self, after: int) -> int:
        for position, entry in enumerate(self._entries):
            if entry.index is not None and entry.index > after:
                return position
        return len(self._entries)

    def _add(self, entries: list[LogEntry]) -> None:
        if self._closed:
            return
        self._entries.extend(entries)
        self._wake_followers()

    def _wake_followers(self) -> None:
        waiting, self._waiting = self._waiting, []
        for follower in waiting:
            if not follower.done():
                follower.set_result(None)


def _later(entries: Iterable[LogEntry], after: int) -> Iterator[LogEntry]:
    """Yield the entries after an index: a stored event may be read from the database before the log publishes it."""
    return (entry for entry in entries if entry.index is None or entry.index > after)


def _joins(before: LogEntry, entry: LogEntry) -> bool:
    one, other = before.content, entry.content
    return isinstance(one, Delta) and isinstance(other, Delta) and one.joins(other)
