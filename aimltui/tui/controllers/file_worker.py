"""Reading and writing files beside the event loop, one after the other."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class FileWorker:
    """Does blocking work in one thread, in the order in which it was asked for: so the last write wins.

    What was begun is finished even if nobody waits for it: the end of the process waits for the thread.

    Args:
        tell: Called on the event loop with a sentence about what could not be written.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._thread: concurrent.futures.ThreadPoolExecutor | None = None

    async def read(self, work: Callable[[], T]) -> T:
        """Do it behind what was asked for before, and answer with what it answers."""
        return await self._begin(work)

    def write(self, work: Callable[[], str | None]) -> None:
        """Do it soon; what it answers is a sentence for the user, or None."""
        self._begin(work).add_done_callback(self._written)

    async def finish(self) -> None:
        """Wait for all that was asked for."""
        if self._thread is not None:
            await self._begin(lambda: None)

    def _begin(self, work: Callable[[], T]) -> asyncio.Future[T]:
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
