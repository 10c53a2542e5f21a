"""The SQLite database: one writer thread with a queue, some reading threads, and a write-ahead log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, cast

from aimltui.engine.errors import StoreError
from aimltui.engine.store import migrations

Connection = sqlite3.Connection
Row = sqlite3.Row

T = TypeVar("T")

log = logging.getLogger(__name__)

_LARGE_BYTES = 1 << 20
"""A value beyond it is not left in memory: SQLite's statements hold what they stored last."""
_LONGEST_LOG_BYTES = 16 << 20
"""The size of the write-ahead log after its content has been moved to the database."""
_BUSY_MS = 5_000
_READS_EACH = 2
"""Reads that begin before one ends, for each reading thread. More only pile up results that wait for their callers."""
_AGAIN_S = 0.01
_Job = tuple[Callable[[Connection], Any], bool, "asyncio.Future[Any]", asyncio.AbstractEventLoop]


class _Writer(sqlite3.Connection):
    """A connection that remembers whether it was given a large value."""

    is_heavy = False

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """See `sqlite3.Connection.execute`."""
        self._look_at(parameters)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        """See `sqlite3.Connection.executemany`."""
        for row in parameters:
            self._look_at(row)
        return super().executemany(sql, parameters)

    def _look_at(self, parameters: Any) -> None:
        values = parameters.values() if isinstance(parameters, dict) else parameters
        for value in values:
            if isinstance(value, str | bytes) and len(value) > _LARGE_BYTES:
                self.is_heavy = True


class Database:
    """Runs functions on connections, off the event loop.

    A function given to `write` runs in a separate transaction that is committed when it returns and rolled back when it
    raises. Functions given to `read` see one snapshot and cannot write.

    Args:
        path: The file.
        readers: Worker threads that read.
        in_memory: Stores nothing on the disk; what was written is gone when the database is closed.
    """

    def __init__(self, path: Path, *, readers: int = 3, in_memory: bool = False) -> None:
        self._path = path
        self._in_memory = in_memory
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="aimltui-writer", daemon=True)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="aimltui-reader")
        self._reading = asyncio.Semaphore(readers * _READS_EACH)
        self._local = threading.local()
        self._read_connections: list[Connection] = []
        self._writer: _Writer | None = None
        self._writers = 0
        """How many connections have been used for writing."""
        self._closed = False

    @property
    def path(self) -> Path:
        """The path of the database."""
        return self._path

    async def open(self) -> None:
        """Open and migrate the database, and start the writer.

        Raises:
            StoreError: It cannot be used; a database that is newer or not ours is not changed.
        """
        opened = _open_in_memory if self._in_memory else _open
        self._writer = await asyncio.to_thread(opened, self._path)
        self._thread.start()

    async def write(self, job: Callable[[Connection], T]) -> T:
        """Run `job` in a transaction. Once it is queued it completes, even if the caller is cancelled.

        Raises:
            StoreError: The database refused.
        """
        return await self._submit(job, transaction=True)

    async def data_version(self) -> tuple[int, int]:
        """Return a value that changes if another process has committed something, and seldom otherwise."""

        def version(conn: Connection) -> tuple[int, int]:
            # SQLite's number only has a meaning for one connection
            return self._writers, int(conn.execute("PRAGMA data_version").fetchone()[0])

        return await self._submit(version)

    async def maintain(self, job: Callable[[Connection], T]) -> T:
        """Run `job` on the writing connection outside of a transaction.

        Raises:
            StoreError: The database refused.
        """
        return await self._submit(job)

    async def read(self, job: Callable[[Connection], T]) -> T:
        """Run `job` on a read-only connection.

        Raises:
            StoreError: The database refused.
        """
        if self._in_memory:
            # a database in memory belongs to one connection
            return await self._submit(lambda conn: _in_snapshot(conn, job))
        async with self._reading:
            if self._closed:
                raise _closed_error()
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, job)

    async def aclose(self) -> None:
        """Finish the queue and close the database."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._close)

    def _submit(self, job: Callable[[Connection], T], *, transaction: bool = False) -> asyncio.Future[T]:
        if self._closed:
            raise _closed_error()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put((job, transaction, future, loop))
        return future

    def _close(self) -> None:
        if self._thread.is_alive():
            self._thread.join()
        self._readers.shutdown(wait=True)
        for connection in self._read_connections:
            connection.close()

    def _work(self) -> None:
        try:
            while (item := self._jobs.get()) is not None:
                self._do(item)
                # the job and its result may be large, too
                del item
                if self._writer is not None and self._writer.is_heavy and not self._in_memory:
                    self._reopen()
        finally:
            if self._writer is not None:
                self._writer.close()

    def _do(self, item: _Job) -> None:
        job, transaction, future, loop = item
        try:
            conn = self._writer = self._writer or _open_writer(self._path)
            result: Any = _in_transaction(conn, job, self._path) if transaction else job(conn)
            error: BaseException | None = None
        except BaseException as caught:  # any error belongs to the caller that waits for the job
            result, error = None, _told(caught, self._path)
        with contextlib.suppress(RuntimeError):  # the loop is closed, so no caller waits
            loop.call_soon_threadsafe(_answer, future, result, error)

    def _reopen(self) -> None:
        """Use a new connection, because the old one holds the large values that it stored."""
        assert self._writer is not None
        self._writer.close()
        self._writer = None
        self._writers += 1
        with contextlib.suppress(sqlite3.Error):
            # the next job tries again, and its caller is told why it fails
            self._writer = _open_writer(self._path)

    def _read(self, job: Callable[[Connection], T]) -> T:
        try:
            conn = getattr(self._local, "connection", None)
            if conn is None:
                conn = self._local.connection = _connect(self._path, "ro")
                conn.execute("PRAGMA query_only = 1")
                self._read_connections.append(conn)
            return _in_snapshot(conn, job)
        except sqlite3.Error as error:
            raise explain(error, self._path) from error


def _answer(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


def _told(error: BaseException, path: Path) -> BaseException:
    if not isinstance(error, sqlite3.Error):
        return error
    told = explain(error, path)
    told.__cause__ = error
    return told


def _in_transaction(conn: Connection, job: Callable[[Connection], T], path: Path) -> T:
    conn.execute("BEGIN IMMEDIATE")
    try:
        result = job(conn)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
    return result


def _in_snapshot(conn: Connection, job: Callable[[Connection], T]) -> T:
    conn.execute("BEGIN")
    try:
        return job(conn)
    finally:
        conn.execute("ROLLBACK")


def _open_in_memory(path: Path) -> _Writer:
    conn = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, factory=_Writer)
    conn.row_factory = sqlite3.Row
    # without it, SQLite would put large intermediate results into files
    conn.execute("PRAGMA temp_store = MEMORY")
    conn.execute("PRAGMA foreign_keys = ON")
    migrations.migrate(conn, path)
    return conn


def _open(path: Path) -> _Writer:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            with contextlib.closing(_connect(path, "ro")) as conn:
                migrations.check_version(migrations.version_of(conn), path)
        else:
            # created here, because SQLite would use the umask's mode, which -wal and -shm inherit
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        conn = _open_writer(path)
        try:
            migrations.migrate(conn, path)
        except BaseException:
            conn.close()
            raise
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(
            f"The data directory {path.parent} cannot be used: {reason}. "
            "Make it writable, or choose another one with --data-dir."
        ) from error
    return conn


def _open_writer(path: Path) -> _Writer:
    conn = cast(_Writer, _connect(path, "rw", _Writer))
    try:
        # has an effect on a new database only; see `free_space`
        conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _write_ahead(conn)
        conn.execute(f"PRAGMA journal_size_limit = {_LONGEST_LOG_BYTES}")
        conn.execute("PRAGMA synchronous = NORMAL")
        conn.execute("PRAGMA wal_autocheckpoint = 4000")
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute("PRAGMA secure_delete = ON")
    except BaseException:
        conn.close()
        raise
    return conn


def _write_ahead(conn: Connection) -> None:
    """Turn on the write-ahead log. SQLite itself does not wait while another program does the same."""
    end = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            conn.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_AGAIN_S)
        else:
            return


def _connect(path: Path, mode: str, kind: type[Connection] = sqlite3.Connection) -> Connection:
    conn = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=_BUSY_MS / 1000,
        factory=kind,
    )
    conn.row_factory = sqlite3.Row
    return conn


_REASONS: tuple[tuple[str, str], ...] = (
    ("SQLITE_FULL", "the disk is full. Free some space, then try again"),
    ("SQLITE_READONLY", "it is read-only. Make the file and its directory writable, or use --data-dir"),
    ("SQLITE_PERM", "access is denied. Make the file and its directory writable, or use --data-dir"),
    (
        "SQLITE_CANTOPEN",
        "it cannot be opened. Check that the directory exists and is writable, or use --data-dir",
    ),
    (
        "SQLITE_NOTADB",
        "it is not a database. Move the file away, or choose another directory with --data-dir",
    ),
    (
        "SQLITE_CORRUPT",
        "it is damaged. Move the file away to start with an empty database, or replace it by a backup",
    ),
    ("SQLITE_BUSY", "another program has locked it for too long. Close the other program, then try again"),
    ("SQLITE_IOERR", "reading or writing the disk failed. Check whether it is full or failing"),
)


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """Return the error as sentences: what happened, why, what to do."""
    name = getattr(error, "sqlite_errorname", "") or ""
    for prefix, reason in _REASONS:
        if name.startswith(prefix):
            return StoreError(f"The database {path} cannot be used: {reason}.")
    log.error("unexpected database error %s", name, exc_info=error)
    return StoreError(
        f"The database {path} reported an error: {error}. Start again; if the error stays, see the log."
    )


def _closed_error() -> StoreError:
    return StoreError("The engine is closed.")
