"""Code that nothing keeps in, as the screen sees it: what it asks the composition root, and what it is asked.

Nothing here may be dear to import.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol


class CodeToRun(Protocol):
    """A piece of a model's code that is about to be run with the user's rights."""

    @property
    def thread_id(self) -> str:
        """Where it was written."""
        ...

    @property
    def run_id(self) -> str:
        """The run that waits."""
        ...

    @property
    def code(self) -> str:
        """All of it."""
        ...

    @property
    def expires_at(self) -> int | None:
        """The second in which the run is over, answered or not; None if nothing is lost by waiting."""
        ...


@dataclass(frozen=True, slots=True)
class ConsentState:
    """How code is run on this machine."""

    kind: Literal["sandbox", "off", "asked", "impossible"]
    """In a sandbox; not at all, since none holds; after a question each time; not at all, and that cannot be changed."""
    sentence: str
    """Which sandbox, or why there is none."""


class Consent(Protocol):
    """Keeps what the user allows."""

    async def state(self) -> ConsentState:
        """How code is run; the first time this tests sandboxes, which takes a moment."""
        ...

    async def allow(self, allowed: bool) -> str:
        """Whether code may be run without a sandbox, with a question each time. A sentence if that was not kept."""
        ...

    def set_approver(self, ask: Callable[[CodeToRun], Awaitable[bool]]) -> None:
        """From now on this asks the user about a piece of code; it is cancelled when the run does not wait any more."""
        ...


@dataclass(eq=False)
class Question:
    """A piece of code and the answer to it."""

    code: CodeToRun
    answer: asyncio.Future[bool]
