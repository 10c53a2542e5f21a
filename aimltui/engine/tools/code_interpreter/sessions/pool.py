"""The interpreter sessions of an engine, one per thread. If there are too many, the oldest idle one ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.sessions.events import SessionEvent
from aimltui.engine.tools.code_interpreter.sessions.leftovers import EngineDirectory, delete, remove_leftovers

_TOO_MANY = "{count} conversations are running code, which is the maximum. Try again when one has finished."


class Runner(Protocol):
    """A Python that keeps its variables between cells; implemented by `Session`."""

    @property
    def files(self) -> Path:
        """The directory that the code sees as /mnt/data."""
        ...

    @property
    def is_alive(self) -> bool:
        """Whether it is running and has variables."""
        ...

    @property
    def is_confined(self) -> bool:
        """False if the user must approve every cell."""
        ...

    @property
    def untold(self) -> tuple[str, ...]:
        """The files that a stopped cell created without an event."""
        ...

    def run(self, code: str) -> AsyncIterator[SessionEvent]:
        """Run a cell."""
        ...

    async def aclose(self) -> None:
        """End it."""
        ...


class SessionSlot:
    """A thread's session and its counters."""

    def __init__(self, runner: Runner, directory: Path) -> None:
        self.runner = runner
        self.directory = directory
        self.copied: dict[str, str] = {}
        """The ids of the files in /mnt/data, by name."""
        self.pictures = 0
        """The number of pictures so far."""
        self.outputs = 0
        """The number of long outputs that were saved as files."""
        self.copies = 0
        """The number of files of the code that were copied."""
        self.is_busy = False
        self.has_run = False
        """Whether a model's code has run in the session."""


class SessionPool:
    """Creates, hands out and ends the sessions of threads.

    Args:
        make: Creates a session in a directory, for the first cell of a thread.
        directory: The directory for the sessions of all engines with this data directory.
        most: The maximum number of sessions.
    """

    def __init__(self, make: Callable[[Path], Awaitable[Runner]], directory: Path, most: int) -> None:
        self._make = make
        self._top = directory
        self._own = EngineDirectory(directory)
        self._most = most
        self._slots: dict[str, SessionSlot] = {}
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def of(self, thread_id: str) -> AsyncGenerator[SessionSlot, None]:
        """Hold the thread's session for one cell.

        Raises:
            SandboxError: The session is busy, or none can be created.
        """
        async with self._lock:
            slot = self._slots.pop(thread_id, None) or await self._new(thread_id)
            # the dictionary is ordered by last use
            self._slots[thread_id] = slot
            if slot.is_busy:
                raise SandboxError("This conversation is already running code.")
            slot.is_busy = True
        try:
            yield slot
        finally:
            slot.is_busy = False

    async def clean_up(self) -> None:
        """Delete the sessions of engines that were killed."""
        await asyncio.to_thread(remove_leftovers, self._top)

    async def forget(self, thread_id: str) -> None:
        """End a thread's session and remove its files."""
        async with self._lock:
            slot = self._slots.pop(thread_id, None)
        if slot is not None:
            await _remove(slot)

    async def aclose(self) -> None:
        """End all sessions and delete their files."""
        slots, self._slots = list(self._slots.values()), {}
        await asyncio.gather(*(_remove(slot) for slot in slots))
        await asyncio.to_thread(self._own.remove)

    async def _new(self, thread_id: str) -> SessionSlot:
        while len(self._slots) >= self._most:
            idle = next((id_ for id_, slot in self._slots.items() if not slot.is_busy), None)
            if idle is None:
                raise SandboxError(_TOO_MANY.format(count=self._most))
            await _remove(self._slots.pop(idle))
        await asyncio.to_thread(self._own.create)
        directory = self._own.path / thread_id
        runner = await self._make(directory)
        await asyncio.to_thread(lambda: runner.files.mkdir(mode=0o700, parents=True, exist_ok=True))
        return SessionSlot(runner, directory)


async def _remove(slot: SessionSlot) -> None:
    await slot.runner.aclose()
    await asyncio.to_thread(delete, slot.directory)
