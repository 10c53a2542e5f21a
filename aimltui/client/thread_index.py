"""A local list of threads for servers that have none: the threads that were created or opened here."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from aimltui.client.transport import P, R, Transport
from aimltui.common.disk import ensure_private_dir, exclusive, write_private
from aimltui.common.errors import ConfigError
from aimltui.wire import operations as op
from aimltui.wire.base import Page, Params
from aimltui.wire.errors import NotFound
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import CreateMessage
from aimltui.wire.operations import Operation
from aimltui.wire.runs import CreateThreadAndRun, Run
from aimltui.wire.threads import CreateThread, LatestRun, ListThreads, Thread, ThreadSummary

DEFAULT_LIMIT = 20
PREVIEW = 200
KEPT = 2000
"""Threads at most; the least recently active are dropped first."""

log = logging.getLogger(__name__)


class ThreadIndex:
    """Summaries of threads in a file, which is replaced in one step.

    Args:
        file: One for each server; its directory is created when it is needed.
        clock: Unix seconds.
    """

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock
        self._threads: dict[str, ThreadSummary] = {}
        self._seen: tuple[int, int, int] | None = None
        self._changing = asyncio.Lock()

    async def list(self, params: ListThreads) -> Page[ThreadSummary]:
        """Return one page, as a server would; `query` searches titles and previews."""
        async with self._changing:
            found = (await asyncio.to_thread(self._loaded)).values()
        threads = [thread for thread in found if (thread.trashed_at is not None) == bool(params.trashed)]
        if params.query:
            words = params.query.casefold().split()
            threads = [thread for thread in threads if all(word in _searched(thread) for word in words)]
        threads.sort(key=lambda thread: _when(thread, params.order_by))
        if params.order != "asc":
            # not by a reverse sort, which would keep threads of the same second in the order of their creation
            threads.reverse()
        ids = [thread.id for thread in threads]
        if params.after in ids:
            threads = threads[ids.index(params.after) + 1 :]
        if params.before in ids:
            threads = threads[: max(0, len(threads) - (len(ids) - ids.index(params.before)))]
        limit = params.limit or DEFAULT_LIMIT
        shown = threads[:limit]
        return Page[ThreadSummary](
            data=shown,
            first_id=shown[0].id if shown else None,
            last_id=shown[-1].id if shown else None,
            has_more=len(threads) > limit,
        )

    async def put(self, thread: Thread, **changes: Any) -> None:
        """Store a thread; fields that only the index has stay."""
        now = int(self._clock())

        def change(threads: dict[str, ThreadSummary]) -> bool:
            known = threads.get(thread.id)
            kept = (
                {}
                if known is None
                else {name: getattr(known, name) for name in ("last_active_at", "preview", "latest_run")}
            )
            kept.setdefault("last_active_at", thread.created_at or now)
            fields = thread.model_dump() | kept | {k: v for k, v in changes.items() if v is not None}
            threads[thread.id] = ThreadSummary.model_validate(fields)
            return True

        await self._change(change)

    async def touch(self, thread_id: str, *, text: str = "", run: Run | None = None) -> None:
        """Note that a thread has a new message or a new state of a run."""
        now = int(self._clock())

        def change(threads: dict[str, ThreadSummary]) -> bool:
            known = threads.get(thread_id)
            if known is None:
                return False
            changes: dict[str, Any] = {"last_active_at": now}
            if text and not known.preview:
                changes["preview"] = " ".join(text.split())[:PREVIEW]
            if run is not None:
                changes["latest_run"] = LatestRun(id=run.id, status=run.status)
            threads[thread_id] = known.model_copy(update=changes)
            return True

        await self._change(change)

    async def forget(self, thread_id: str) -> None:
        """Remove a thread."""
        await self._change(lambda threads: threads.pop(thread_id, None) is not None)

    async def knows(self, thread_id: str) -> bool:
        """Return whether the thread is in the list."""
        async with self._changing:
            return thread_id in await asyncio.to_thread(self._loaded)

    def _loaded(self) -> dict[str, ThreadSummary]:
        """Return the threads of the file, which another window may have replaced."""
        found = _stamp(self._file)
        if found is not None and found != self._seen:
            self._threads = _read(self._file)
            self._seen = found
        return self._threads

    async def _change(self, change: Callable[[dict[str, ThreadSummary]], bool]) -> None:
        """Change the threads in the file under a lock; `change` returns whether it changed any."""
        async with self._changing:
            await asyncio.to_thread(self._change_now, change)

    def _change_now(self, change: Callable[[dict[str, ThreadSummary]], bool]) -> None:
        is_tried = False
        try:
            ensure_private_dir(self._file.parent)
            with exclusive(self._file.parent):
                threads = self._loaded()
                is_tried = True
                if change(threads):
                    self._write(threads)
        except (OSError, ConfigError) as error:
            # the list is a convenience: the conversation goes on without it
            log.warning("the list of threads cannot be written to %s: %s", self._file, error)
            if not is_tried:
                change(self._threads)

    def _write(self, threads: dict[str, ThreadSummary]) -> None:
        spare = max(0, len(threads) - KEPT)
        for thread in sorted(threads.values(), key=lambda t: _when(t, "last_active_at"))[:spare]:
            del threads[thread.id]
        content = json.dumps({"threads": [thread.to_json() for thread in threads.values()]})
        write_private(self._file, content.encode())
        self._seen = _stamp(self._file)


class IndexedTransport:
    """A transport that answers the listing of threads from an index.

    Args:
        inner: The server.
        index: The list of threads.
    """

    def __init__(self, inner: Transport, index: ThreadIndex) -> None:
        self._inner = inner
        self._index = index

    async def call(self, operation: Operation[P, R], params: P) -> R:
        """See `Transport.call`."""
        if isinstance(params, ListThreads):
            return cast(R, await self._index.list(params))
        try:
            result = await self._inner.call(operation, params)
        except NotFound:
            if operation is op.GET_THREAD or operation is op.DELETE_THREAD:
                await self._index.forget(_thread_id(params))
            raise
        await self._note(params, result)
        if operation is op.DELETE_THREAD:
            await self._index.forget(_thread_id(params))
        return result

    async def stream(self, operation: Operation[P, R], params: P) -> AsyncGenerator[StreamEvent, None]:
        """See `Transport.stream`."""
        async with aclosing(self._inner.stream(operation, params)) as told:
            async for event in told:
                # skip the many deltas, which say nothing about the thread
                if isinstance(event.data, (Thread, Run)):
                    await self._note(params, event.data)
                yield event

    async def aclose(self) -> None:
        """See `Transport.aclose`."""
        await self._inner.aclose()

    async def _note(self, params: Params, result: object) -> None:
        if isinstance(result, Thread):
            await self._index.put(result, preview=_first_text(params))
        elif isinstance(result, Run):
            if isinstance(params, CreateThreadAndRun) and not await self._index.knows(result.thread_id):
                # created together with its thread, which the answer does not contain
                thread = Thread(id=result.thread_id, created_at=result.created_at)
                await self._index.put(thread, preview=_first_text(params))
            await self._index.touch(result.thread_id, run=result)
        elif isinstance(params, CreateMessage) and params.role == "user":
            await self._index.touch(params.thread_id, text=_text(params.content))


def _first_text(params: Params) -> str | None:
    made = params.thread if isinstance(params, CreateThreadAndRun) else params
    messages = made.messages or () if isinstance(made, CreateThread) else ()
    text = next((_text(message.content) for message in messages if message.role == "user"), "")
    return " ".join(text.split())[:PREVIEW] or None


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return next((part.text for part in parts if isinstance(getattr(part, "text", None), str)), "")


def _thread_id(params: Params) -> str:
    return str(getattr(params, "thread_id", ""))


def _when(thread: ThreadSummary, order_by: str | None) -> int:
    return (thread.last_active_at if order_by == "last_active_at" else None) or thread.created_at


def _searched(thread: ThreadSummary) -> str:
    return f"{(thread.metadata or {}).get('title', '')} {thread.preview or ''}".casefold()


def _read(file: Path) -> dict[str, ThreadSummary]:
    try:
        found = json.loads(file.read_bytes())["threads"]
        threads = [ThreadSummary.model_validate(item) for item in found]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        log.warning("the list of threads in %s cannot be read; a new one is started: %s", file, error)
        return {}
    return {thread.id: thread for thread in threads}


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """Return a value that differs after each replacement of the file; None if there is no file."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
