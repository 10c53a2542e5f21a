"""What a run says, in order: kept while the run is at work here, read by any number of followers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from aimltui.engine.events.deltas import Delta
from aimltui.wire import events
from aimltui.wire.events import StreamEvent

DONE = StreamEvent(events.DONE, "[DONE]")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One thing in the log: an event as it is, or a delta whose event is made when somebody reads it."""

    content: StreamEvent | Delta
    index: int | None
    """Its cursor; None for passing remarks, which are not kept."""


def batches(entries: Iterable[LogEntry]) -> Iterator[list[LogEntry]]:
    """Neighbours that can be told together, as one batch; everything else alone."""
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


def told(batch: Sequence[LogEntry]) -> StreamEvent:
    """One event that says what the batch says; its index is the last one's."""
    first, last = batch[0], batch[-1]
    if isinstance(first.content, StreamEvent):
        return first.content
    value = "".join(entry.content.value for entry in batch if isinstance(entry.content, Delta))
    return replace(first.content, value=value).event(last.index or 0)


class EventLog:
    """One leg of a run, from its start (or from submitted tool outputs) to where the API's stream ends.

    Nothing is dropped: followers share the one list, each with a place of its own. One that is slow finds more
    new entries at once, and gets neighbouring deltas of one object as one event. One that leaves, leaves.
    """

    def __init__(self, next_index: int = 0) -> None:
        self._entries: list[LogEntry] = []
        self._wake = asyncio.Event()
        self._closed = False
        self.next_index = next_index
        """The index of the next event that is kept."""

    def emit(self, delta: Delta) -> LogEntry:
        """A fragment."""
        entry = LogEntry(delta, self.next_index)
        self.next_index += 1
        self._add([entry])
        return entry

    def publish(self, committed: Sequence[StreamEvent]) -> None:
        """Events that are in the database already, with their indices."""
        for event in committed:
            if event.index is not None:
                self.next_index = event.index + 1
        self._add([LogEntry(event, event.index) for event in committed])

    def emit_transient(self, event: StreamEvent) -> None:
        """An event that is not kept."""
        self._add([LogEntry(event, None)])

    def close(self) -> None:
        """Nothing follows. Followers read to the end and get `done`."""
        self._closed = True
        self._wake.set()

    async def follow(self, after: int | None = None) -> AsyncGenerator[StreamEvent, None]:
        """Everything after an index (None: from the start), then what comes, then `done`."""
        position = 0 if after is None else self._position(after)
        while True:
            wake = self._wake
            fresh = self._entries[position:]
            position += len(fresh)
            for batch in batches(fresh):
                yield told(batch)
            if fresh:
                continue
            if self._closed:
                yield DONE
                return
            await wake.wait()

    def _position(self, after: int) -> int:
        for position, entry in enumerate(self._entries):
            if entry.index is not None and entry.index > after:
                return position
        return len(self._entries)

    def _add(self, entries: list[LogEntry]) -> None:
        if self._closed:
            return
        self._entries.extend(entries)
        self._wake.set()
        self._wake = asyncio.Event()


def _joins(before: LogEntry, entry: LogEntry) -> bool:
    one, other = before.content, entry.content
    return isinstance(one, Delta) and isinstance(other, Delta) and one.joins(other)
