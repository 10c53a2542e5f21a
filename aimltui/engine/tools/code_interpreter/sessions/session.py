"""An interpreter session: a Python in a sandbox that keeps its variables between cells."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator
from pathlib import Path

from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files import listing as outputs
from aimltui.engine.tools.code_interpreter.jails.inbox import Breach, Ended, Frame, Frozen, Text
from aimltui.engine.tools.code_interpreter.jails.jail import Channel, Jail
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.python_runtime import Interpreter
from aimltui.engine.tools.code_interpreter.sandboxes.base import Sandbox
from aimltui.engine.tools.code_interpreter.sessions.cell import Cell
from aimltui.engine.tools.code_interpreter.sessions.events import (
    RESTARTED,
    Done,
    FileChanged,
    Notice,
    SessionEvent,
)

LATE = "This was printed after the end of the cell before:"
_STOP_S = (0.03, 0.07)
"""Seconds that a cancelled cell gets to stop after each interrupt, before everything is killed. One interrupt is not
enough, because it is lost if it arrives just before the code goes to sleep.
"""
_FREEZE_S = 0.5
_OVER_S = 1.0
"""Seconds that a cell that prints too much gets to stop."""


class Session:
    """A kernel program in a sandbox, started at the first cell.

    Args:
        sandbox: A sandbox that has passed its self-test.
        directory: The session's directory; its files remain after the session's end.
        interpreter: The Python that runs in it.
        limits: The limits of the session.
    """

    def __init__(
        self, sandbox: Sandbox, directory: Path, interpreter: Interpreter, limits: SandboxLimits | None = None
    ) -> None:
        self._sandbox = sandbox
        self._directory = directory
        self._interpreter = interpreter
        self._limits = limits or SandboxLimits()
        self._jail: Jail | None = None
        self._channel: Channel | None = None
        self._numbers = itertools.count(1)
        self._is_busy = False
        self._is_frozen = False
        self._was_alive = False
        self._cell: Cell | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        self._before: dict[str, outputs.Stamp] | None = None
        self.untold: tuple[str, ...] = ()
        """The files that the last cell created without an event, because it was stopped."""

    @property
    def files(self) -> Path:
        """The directory that the code sees as /mnt/data; read it only with `files.listing`."""
        return self._directory / "data"

    @property
    def is_alive(self) -> bool:
        """Whether the kernel program is running."""
        return self._channel is not None and not self._channel.has_ended

    @property
    def is_confined(self) -> bool:
        """Whether the code runs in a real sandbox."""
        return self._sandbox.describe().is_confined

    @property
    def pid(self) -> int | None:
        """The process id of the jail's keeper."""
        return self._jail.pid if self._jail else None

    async def run(self, code: str) -> AsyncGenerator[SessionEvent, None]:
        """Run a cell; the last event is `Done`.

        Closing the iterator early, with `aclosing`, stops the code: first by an interrupt, and a tenth of a second later
        by ending all processes in the sandbox.

        Args:
            code: Python, as in a cell of a notebook.

        Raises:
            SandboxError: The sandbox does not start, or another cell is running.
        """
        if self._is_busy:
            raise SandboxError("The interpreter is busy with another cell.")
        self._is_busy = True
        self.untold = ()
        started = time.monotonic()
        try:
            await self._stop_waiting()
            if not self.is_alive:
                lost, self._was_alive = self._was_alive, False
                why = self._channel.reason if self._channel else None
                await self._start()
                if lost:
                    yield Notice(f"{RESTARTED} {why}" if why else RESTARTED)
            before = self._before = await asyncio.to_thread(outputs.scan, self.files)
            self._cell = cell = Cell(next(self._numbers), self._limits)
            async for event in self._follow(cell, code):
                yield event
            for text in await self._freeze():
                for event in cell.take(text):
                    yield event
            after = await asyncio.to_thread(outputs.scan, self.files)
            self._before = None
            for name in outputs.changed(before, after):
                yield FileChanged(name, after[name].size_bytes, name not in before)
            yield Done(cell.status, time.monotonic() - started, cell.reason)
        finally:
            await asyncio.shield(self._settle())

    async def aclose(self) -> None:
        """End the kernel program and its processes. The files remain; the next cell starts a new kernel program."""
        await self._stop_waiting()
        self._was_alive = False
        await self._end()

    async def _follow(self, cell: Cell, code: str) -> AsyncGenerator[SessionEvent, None]:
        jail, channel = self._jail, self._channel
        assert jail
        assert channel
        late = channel.take_texts()
        if any(text.text for text in late):
            yield Notice(LATE)
        for text in late:
            for event in cell.take(text):
                yield event
        self._is_frozen = False
        jail.begin(self._limits.wall_s, self._limits.cpu_s)
        try:
            await jail.request({"cell": cell.number, "code": code})
        except SandboxError:
            # the channel reports the end
            jail.kill()
        deadline: float | None = None
        while not cell.is_over:
            try:
                item = await channel.get(deadline and max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                jail.kill()
                deadline = None
                continue
            for event in cell.take(item):
                yield event
            if cell.is_flooding and deadline is None:
                jail.interrupt()
                deadline = time.monotonic() + _OVER_S

    async def _freeze(self) -> list[Text]:
        """Stop all processes in the jail, so that no file changes while it is read; return what they printed until then."""
        jail, channel = self._jail, self._channel
        late: list[Text] = []
        if jail is None or channel is None or self._is_frozen:
            return late
        jail.end()
        try:
            async with asyncio.timeout(_FREEZE_S):
                while not isinstance(item := await channel.get(), Frozen | Ended):
                    if isinstance(item, Text):
                        late.append(item)
            self._is_frozen = True
        except TimeoutError:
            jail.kill()
        return late

    async def _settle(self) -> None:
        """Stop what still runs after a cell, then allow the next cell.

        It finishes even if its caller is cancelled, so it resets the busy state and not the caller: otherwise it could
        stop the next cell.
        """
        try:
            await self._stop_all()
            if self._before is not None:
                before, self._before = self._before, None
                after = await asyncio.to_thread(outputs.scan, self.files)
                self.untold = tuple(outputs.changed(before, after))
        finally:
            self._is_busy = False

    async def _stop_all(self) -> None:
        cell, jail, channel = self._cell, self._jail, self._channel
        self._cell = None
        if jail is None or channel is None:
            return
        if cell and not cell.is_over:
            await _interrupt(cell, jail, channel)
        if channel.has_ended or (cell and (not cell.is_over or cell.status == "died")):
            await self._end()
            return
        await self._freeze()
        self._idle = asyncio.get_running_loop().call_later(self._limits.idle_s, self._end_idle)

    async def _start(self) -> None:
        await self._end()
        jail = await asyncio.to_thread(self._sandbox.start, self._directory, self._limits, self._interpreter)
        channel = jail.listen()
        self._jail, self._channel = jail, channel
        self._is_frozen = False
        complaints: list[str] = []
        try:
            async with asyncio.timeout(self._limits.start_s):
                while True:
                    match await channel.get():
                        case Frame(body={"event": "ready"}):
                            break
                        case Text(text=text):
                            complaints.append(text[:2000])
                        case Ended() | Breach():
                            raise SandboxError(_start_failure("".join(complaints[:20])))
                        case _:
                            continue
        except BaseException as error:
            await asyncio.shield(self._end())
            if isinstance(error, TimeoutError):
                raise SandboxError(
                    f"The sandbox did not start within {self._limits.start_s:g} seconds."
                ) from error
            raise
        jail.ready()
        self._was_alive = True

    async def _end(self) -> None:
        jail, channel = self._jail, self._channel
        self._jail = self._channel = None
        if channel:
            channel.close()
        if jail:
            await jail.closed()

    def _end_idle(self) -> None:
        self._ending = asyncio.get_running_loop().create_task(self._end())

    async def _stop_waiting(self) -> None:
        if self._idle:
            self._idle.cancel()
            self._idle = None
        if self._ending:
            await self._ending
            self._ending = None


async def _interrupt(cell: Cell, jail: Jail, channel: Channel) -> None:
    """Interrupt a cell whose caller has gone, and wait for its end; `cell.is_over` says whether it stopped."""
    for patience_s in _STOP_S:
        jail.interrupt()
        try:
            async with asyncio.timeout(patience_s):
                while not cell.is_over:
                    for _ in cell.take(await channel.get()):
                        pass
                return
        except TimeoutError:
            continue


def _start_failure(complaint: str) -> str:
    told = " ".join(complaint.split())
    return f"The sandbox did not start: {told}" if told else "The sandbox ended before it was ready."
