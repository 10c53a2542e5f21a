"""Sessions of the code interpreter that play a script, for tests of the engine without a sandbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from aimltui.engine.approval import AskApproval
from aimltui.engine.models.base import ChatChunk, ToolCallDelta
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.sessions.events import (
    Done,
    Failure,
    FileChanged,
    Image,
    Output,
    SessionEvent,
)
from aimltui.engine.tools.code_interpreter.sessions.pool import SessionPool
from aimltui.engine.tools.code_interpreter.tool import CodeInterpreter
from tests.support.fake_model import USAGE, Step

PNG = b"\x89PNG\r\n\x1a\n-not-really-"

Happening = SessionEvent | BaseException | asyncio.Event | Callable[[Path], None]
"""What happens in a cell: an event, an error, a wait for somebody, something done to /mnt/data."""
Cell = Sequence[Happening]


def prints(*texts: str) -> list[Happening]:
    """A cell that prints."""
    return [*(Output("stdout", text) for text in texts), Done("ok", 0.1)]


def draws(*texts: str) -> list[Happening]:
    """A cell that prints, draws, and prints again."""
    first, *rest = texts or ("",)
    return [Output("stdout", first), Image(PNG), *(Output("stdout", text) for text in rest), Done("ok", 0.1)]


def writes(*names: str) -> list[Happening]:
    """A cell that makes files."""

    def write(directory: Path) -> None:
        for name in names:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(f"content of {name}")

    changed = [FileChanged(name, 10, True) for name in names]
    return [write, *changed, Done("ok", 0.1)]


def fails(
    traceback: str = "Traceback (most recent call last):\nZeroDivisionError: division by zero",
) -> list[Happening]:
    """A cell that raises."""
    return [Failure("ZeroDivisionError", "division by zero", traceback), Done("error", 0.1)]


def runs(code: str, *, name: str = "code_interpreter", usage: Any = USAGE, size: int = 7) -> list[Step]:
    """A model turn that calls the code interpreter, with arguments in small fragments."""
    arguments = json.dumps({"code": code})
    return runs_raw(arguments, name=name, usage=usage, size=size)


def runs_raw(
    arguments: str, *, name: str = "code_interpreter", usage: Any = USAGE, size: int = 7
) -> list[Step]:
    """The same with arguments as they are."""
    pieces = [arguments[at : at + size] for at in range(0, len(arguments), size)]
    head = ChatChunk(tool_calls=[ToolCallDelta(0, id="call_x", name=name)])
    tail = [ChatChunk(tool_calls=[ToolCallDelta(0, arguments=piece)]) for piece in pieces]
    return [head, *tail, ChatChunk(finish_reason="tool_calls", usage=usage)]


class FakeSession:
    """Plays a cell of its script for each cell that is run; the last one again and again."""

    def __init__(self, world: FakeSandbox, directory: Path) -> None:
        self.files = directory / "data"
        self.is_alive = False
        self.is_confined = not world.asks
        self.untold: tuple[str, ...] = ()
        self._world = world

    async def run(self, code: str) -> AsyncIterator[SessionEvent]:
        self.is_alive = True
        self._world.codes.append(code)
        self._world.seen.append({p.name: p.read_text() for p in sorted(self.files.iterdir()) if p.is_file()})
        cells = self._world.cells
        cell = cells[min(len(self._world.codes), len(cells)) - 1]
        finished = False
        try:
            for happening in cell:
                if isinstance(happening, asyncio.Event):
                    await happening.wait()
                elif isinstance(happening, BaseException):
                    finished = True
                    raise happening
                elif callable(happening):
                    happening(self.files)
                else:
                    yield happening
            finished = True
        finally:
            self._world.killed += not finished
            if not finished:
                self.untold = tuple(path.name for path in self.files.iterdir())

    async def aclose(self) -> None:
        self.is_alive = False
        self._world.closed += 1


class FakeSandbox:
    """Makes such sessions and notes what happens to them."""

    def __init__(self, *cells: Cell, refuses: str | None = None, asks: bool = False) -> None:
        self.cells = list(cells) or [prints("4\n")]
        self.codes: list[str] = []
        self.seen: list[dict[str, str]] = []
        """The files that each cell found."""
        self.made = self.killed = self.closed = 0
        self.refuses = refuses
        self.asks = asks
        """There are no walls, so each run is asked for."""

    async def make(self, directory: Path) -> FakeSession:
        if self.refuses is not None:
            raise SandboxError(self.refuses)
        self.made += 1
        return FakeSession(self, directory)

    def tool(
        self, directory: Path, most: int = 8, ask_approval: AskApproval | None = None
    ) -> CodeInterpreter:
        """The tool over them."""
        return CodeInterpreter(
            SessionPool(self.make, directory / "interpreter", most), ask_approval=ask_approval
        )
