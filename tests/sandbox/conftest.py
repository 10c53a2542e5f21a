"""Sessions in every kind of sandbox that works on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from aimltui.engine.tools.code_interpreter import python_runtime as interpreter
from aimltui.engine.tools.code_interpreter.limits import SandboxLimits
from aimltui.engine.tools.code_interpreter.sandboxes.base import Sandbox
from aimltui.engine.tools.code_interpreter.sessions.events import Done, SessionEvent
from aimltui.engine.tools.code_interpreter.sessions.session import Session
from tests.sandbox.working import working

Make = Callable[..., Session]


@pytest.fixture(params=working(), ids=lambda sandbox: sandbox.name)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Each kind in turn."""
    found: Sandbox = request.param
    return found


@pytest.fixture
async def make(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Make]:
    """Makes sessions; they are closed at the end."""
    made: list[Session] = []

    def make_one(limits: SandboxLimits | None = None, place: str = "session") -> Session:
        python = interpreter.find(interpreter.default_executable())
        made.append(Session(sandbox, tmp_path / place, python, limits))
        return made[-1]

    yield make_one
    for session in made:
        await session.aclose()


async def run(session: Session, code: str) -> list[SessionEvent]:
    """A cell's events."""
    async with aclosing(session.run(code)) as events:
        return [event async for event in events]


def end(events: list[SessionEvent]) -> Done:
    """How it ended."""
    assert isinstance(events[-1], Done)
    return events[-1]
