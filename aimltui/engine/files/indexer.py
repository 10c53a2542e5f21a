"""Makes files searchable in the background."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

from aimltui.engine.errors import StoreError
from aimltui.engine.extraction.chunks import Chunk, split
from aimltui.engine.extraction.contexts import with_context
from aimltui.engine.extraction.document import Document
from aimltui.engine.extraction.limits import MAX_TOKENS, ReadingLimits, Stopped, Unreadable, budget
from aimltui.engine.extraction.processes import ReaderProcesses
from aimltui.engine.files.blob_store import BlobStore
from aimltui.engine.options import EngineOptions
from aimltui.engine.store import vector_store_files as rows
from aimltui.engine.store.database import Database
from aimltui.engine.store.vector_store_files import Entry
from aimltui.wire.vector_stores import (
    INDEXING,
    INVALID_FILE,
    SERVER_ERROR,
    FileError,
    FileProgress,
    StaticChunking,
)

log = logging.getLogger(__name__)
T = TypeVar("T")

_TELL_S = 0.5
"""Seconds after which the progress of a large file is saved again."""
_AT_ONCE = 16
"""Chunks that are written in one transaction, so that other writers get their turn."""
_SPLIT_PERCENT = 90
"""The part of indexing that is splitting a text into chunks with their words; the rest is writing them."""


class Indexer:
    """A few tasks that index the store's files one after the other.

    The queue is in the database, so nothing is lost with the process: the next engine that polls takes over the files
    of a dead one.
    """

    def __init__(self, database: Database, options: EngineOptions, blobs: BlobStore, owner_id: str) -> None:
        self._database = database
        self._options = options
        self._blobs = blobs
        self._owner_id = owner_id
        self._wake = asyncio.Event()
        self._stop = threading.Event()
        self._at_work: set[int] = set()
        self._readers = ReaderProcesses(ReadingLimits(options.extract_s, 10 * options.extract_s))
        # splitting is pure Python: two at a time are not faster, and the event loop needs its turn
        self._splitting = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self.on_indexed: Callable[[], None] = lambda: None
        """Called when a file has been indexed."""

    @property
    def is_busy(self) -> bool:
        """True while a file is being indexed here."""
        return bool(self._at_work)

    def start(self) -> None:
        """Start with the files that are already queued."""
        self._wake.set()
        for number in range(self._options.indexers):
            task = asyncio.create_task(self._work(), name=f"indexer {number}")
            task.add_done_callback(_report)
            self._tasks.append(task)

    def wake(self) -> None:
        """Wake the tasks: there may be a file to index."""
        self._wake.set()

    async def aclose(self) -> None:
        """Leave the rest to the next engine, and wait for what cannot be interrupted."""
        self._stop.set()
        self._wake.set()
        await asyncio.to_thread(self._readers.close)
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=self._options.stop_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _work(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                busy = await self._one() or await self._clear_up()
            except StoreError as error:
                log.warning("the indexer cannot use the store: %s", error)
                await self._pause()
                self._wake.set()
                busy = False
            if not busy and not self._stop.is_set():
                await self._wake.wait()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._options.poll_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _one(self) -> bool:
        busy = sorted(self._at_work)
        entry = await self._database.read(lambda conn: rows.next_entry(conn, self._owner_id, busy))
        if entry is None:
            return False
        if entry.seq in self._at_work:
            return True
        self._at_work.add(entry.seq)
        # there may be more for the other tasks
        self._wake.set()
        try:
            await self._index(entry)
        finally:
            self._at_work.discard(entry.seq)
        return True

    async def _index(self, entry: Entry) -> None:
        error: FileError | None = None
        usage = 0
        remarks: tuple[str, ...] = ()
        try:
            document = await self._read(entry)
            remarks = document.remarks
            async with self._splitting:
                chunks = await self._split(entry, document)
            usage = sum(len(chunk.text.encode()) for chunk in chunks)
            if not await self._keep(entry.seq, chunks):
                return
        except Stopped:
            return
        except Unreadable as refusal:
            error = FileError(code=refusal.code, message=refusal.message)
        except StoreError:
            raise
        except OSError as trouble:
            reason = trouble.strerror or str(trouble)
            error = FileError(code=SERVER_ERROR, message=f"The file cannot be read: {reason}.")
        except Exception as trouble:
            # an untrusted file is read here: whatever happens, the next file is indexed
            log.exception("an unexpected error while reading the file %s", entry.file_id)
            told = f"An unexpected error occurred while the file was read: {type(trouble).__name__}."
            error = FileError(code=SERVER_ERROR, message=told)
        await self._database.write(lambda conn: rows.finish(conn, entry.seq, usage, error, remarks))
        self.on_indexed()

    async def _read(self, entry: Entry) -> Document:
        """Read a file, and save now and then how much of it has been read."""
        told: list[FileProgress] = []

        def progress(done: int, total: int) -> None:
            told[:] = [FileProgress(done=done, total=total or None)]

        path = self._blobs.path_of(entry.file_id)
        work = partial(self._readers.read, path, entry.filename, progress, entry.encoding)
        return await self._telling(entry.seq, told, work)

    async def _split(self, entry: Entry, document: Document) -> list[Chunk]:
        """Return the chunks of a file, and save now and then how much of its text has been split."""
        told: list[FileProgress] = []

        def progress(done: int, total: int) -> None:
            told[:] = [_indexing(_SPLIT_PERCENT * done // total)]

        # as long in all as the file may be read: a busy machine needs minutes for the longest text
        spend = budget(10 * self._options.extract_s, self._stop)
        work = partial(_chunks, entry, document, spend.check, progress)
        return await self._telling(entry.seq, told, work)

    async def _telling(self, seq: int, told: list[FileProgress], work: Callable[[], T]) -> T:
        """Do work in a thread, and save now and then how far it is.

        Args:
            seq: The file.
            told: Where the work puts how far it is.
            work: What is done in the thread.
        """
        working = asyncio.ensure_future(asyncio.to_thread(work))
        # it ends with the engine, and nobody may be left to ask how
        working.add_done_callback(lambda task: task.cancelled() or task.exception())
        while not (await asyncio.wait({working}, timeout=_TELL_S))[0]:
            if told:
                await self._tell(seq, told.pop())
        return working.result()

    async def _keep(self, seq: int, chunks: Sequence[Chunk]) -> bool:
        """Write the chunks; return False if the file is no longer wanted."""
        # an engine that died during this file may have written some
        while await self._database.write(lambda conn: rows.start_over(conn, seq)):
            pass
        told_at = time.monotonic()
        for start in range(0, len(chunks), _AT_ONCE):
            if self._stop.is_set():
                raise Stopped
            piece = chunks[start : start + _AT_ONCE]
            wanted = await self._database.write(
                lambda conn, start=start, piece=piece: rows.add_chunks(conn, seq, start, piece)  # type: ignore[misc]
            )
            if not wanted:
                return False
            if time.monotonic() - told_at >= _TELL_S:
                told_at = time.monotonic()
                written = (100 - _SPLIT_PERCENT) * (start + len(piece)) // len(chunks)
                await self._tell(seq, _indexing(_SPLIT_PERCENT + written))
        return True

    async def _tell(self, seq: int, seen: FileProgress) -> None:
        """Save how far a file is; nothing depends on it."""
        with suppress(StoreError):
            await self._database.write(lambda conn: rows.tell_progress(conn, seq, seen))

    async def _clear_up(self) -> bool:
        """Delete some chunks that can no longer be found; return False if there are none."""
        entry = await self._database.read(rows.waste)
        if entry is None:
            return await self._learn_words()
        await self._database.write(lambda conn: rows.clear_waste(conn, entry))
        return True

    async def _learn_words(self) -> bool:
        """Put a file into the index that an older program has stored; return False if there is none."""
        entry = await self._database.read(rows.without_words)
        if entry is None:
            return False
        stored = await self._database.read(lambda conn: rows.stored_chunks(conn, entry))
        async with self._splitting:
            chunks = await asyncio.to_thread(_with_context, stored)
        for start in range(0, len(chunks), _AT_ONCE):
            if self._stop.is_set():
                return False
            piece = chunks[start : start + _AT_ONCE]
            await self._database.write(
                lambda conn, start=start, piece=piece: rows.add_words(conn, entry, start, piece)  # type: ignore[misc]
            )
        return True


def _chunks(
    entry: Entry, document: Document, check: Callable[[], None], progress: Callable[[int, int], None]
) -> list[Chunk]:
    """Return the chunks of a file.

    Args:
        entry: The file.
        document: Its text.
        check: Called often; it may raise to stop.
        progress: Called with the characters that are in chunks, and their number.
    """
    size, overlap = entry.chunking.max_chunk_size_tokens, entry.chunking.chunk_overlap_tokens
    few = _limited(split(document.text, size, overlap, check), _most_chunks(entry.chunking))
    chunks, done = [], 0
    for chunk in with_context(_placed(document, few), document.text, entry.filename, check):
        chunks.append(chunk)
        done += len(chunk.text) - chunk.overlap
        progress(done, len(document.text))
    return chunks


def _limited(chunks: Iterable[Chunk], most: int) -> Iterator[Chunk]:
    """Yield the chunks.

    Raises:
        Unreadable: There are too many.
    """
    for number, chunk in enumerate(chunks):
        if number == most:
            raise Unreadable(
                INVALID_FILE, f"The file has more than {MAX_TOKENS:,} tokens. Split it, and add the parts."
            )
        yield chunk


def _indexing(percent: int) -> FileProgress:
    return FileProgress(done=percent, total=100, stage=INDEXING)


def _placed(document: Document, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Yield the chunks of a document with their places."""
    end = 0
    for chunk in chunks:
        start = end - chunk.overlap
        end = start + len(chunk.text)
        yield replace(chunk, place=document.place(start, end), places=document.places(start, end))


def _with_context(stored: tuple[str, list[Chunk]]) -> list[Chunk]:
    filename, chunks = stored
    text = "".join(chunk.text[chunk.overlap :] for chunk in chunks)
    return list(with_context(chunks, text, filename))


def _most_chunks(chunking: StaticChunking) -> int:
    fresh = chunking.max_chunk_size_tokens - chunking.chunk_overlap_tokens
    # a chunk ends after a line or a sentence, so its new part may be smaller by a quarter of the size
    return MAX_TOKENS // max(1, fresh - chunking.max_chunk_size_tokens // 4) + 1


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the indexer stopped because of an error", exc_info=error)
