"""The interface between the screen and the service that asks before code runs without a sandbox.

The first frame imports this module, so it imports nothing large.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from aimltui.common.dataclass import dataclass


class PendingCode(Protocol):
    """A piece of a model's code that would run with the user's rights."""

    @property
    def thread_id(self) -> str:
        """The thread in which the model wrote it."""
        ...

    @property
    def run_id(self) -> str:
        """The run that waits for the answer; empty if the user runs the code again."""
        ...

    @property
    def call_id(self) -> str:
        """The call in the run step; empty if the user runs the code again."""
        ...

    @property
    def code(self) -> str:
        """The whole code."""
        ...

    @property
    def expires_at(self) -> int | None:
        """Unix seconds at which the run expires; None if it does not."""
        ...


@dataclass(frozen=True, slots=True)
class CodeDecision:
    """What the user decided about a piece of code."""

    may_run: bool
    reason: str = ""
    """Why it may not, for the model."""


@dataclass(frozen=True, slots=True)
class ConsentState:
    """How code runs on this machine."""

    kind: Literal["sandbox", "off", "asked", "impossible"]
    """`sandbox`: in a sandbox. `off`: not at all, since no sandbox works. `asked`: without one, after a question each
    time. `impossible`: not at all, and the user cannot change that."""
    sentence: str
    """Which sandbox, or why there is none."""


class Consent(Protocol):
    """Knows and saves whether code may run without a sandbox."""

    async def state(self) -> ConsentState:
        """How code runs; the first call tests the sandboxes, which takes a moment."""
        ...

    async def allow(self, allowed: bool) -> str:
        """Allow code without a sandbox, with a question each time, or forbid it.

        Returns:
            Why that was not saved, as a sentence; empty if it was.
        """
        ...

    def set_approver(self, ask: Callable[[PendingCode], Awaitable[CodeDecision]]) -> None:
        """Set the function that asks the user about a piece of code; it is cancelled when the run no longer waits."""
        ...
