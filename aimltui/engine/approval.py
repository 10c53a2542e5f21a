"""The question to the user whether a piece of code may run without a sandbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aimltui.common.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class CodeToRun:
    """A piece of code that is about to run with the user's rights."""

    thread_id: str
    run_id: str
    code: str
    expires_at: int | None = None
    """Unix seconds at which the waiting run ends, whether the user has answered or not."""
    call_id: str = ""
    """The call in the run step; empty if the user runs the code again."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the user decided about a piece of code."""

    may_run: bool
    reason: str = ""
    """Why it may not, in the user's words; the model receives them."""


AskApproval = Callable[[CodeToRun], Awaitable[Decision]]
"""Asks the user about one piece of code; cancelled when the run stops or expires."""
