"""FileWorker: reads and writes files in a worker thread, one after the other."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class FileWorker:
    """Does blocking work in one thread, in the order of the requests, so that the last write wins.

    Work that was requested is finished even if its caller is gone: the process waits for the thread at its end.

    Args:
        tell: Called on the event loop with a sentence when something could not be written.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._thread: concurrent.futures.ThreadPoolExecutor | None = None

    async def read(self, work: Callable[[], T]) -> T:
        """Run a function after what was requested before, and return its result."""
        return await self._submit(work)

    def write(self, work: Callable[[], str | None]) -> None:
        """Run a function soon; it returns a sentence for the user if it fails, else None."""
        self._submit(work).add_done_callback(self._written)

    async def finish(self) -> None:
        """Wait until everything requested is done."""
        if self._thread is not None:
            await self._submit(lambda: None)

    def _submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        if self._thread is None:
            self._thread = concurrent.futures.ThreadPoolExecutor(1, "files")
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _written(self, future: asyncio.Future[str | None]) -> None:
        if future.cancelled():
            return
        if (error := future.exception()) is not None:
            log.error("a file could not be written", exc_info=error)
            self._tell(f"Something could not be saved: {type(error).__name__}: {error}")
        elif problem := future.result():
            self._tell(problem)
