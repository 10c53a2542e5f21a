"""Where nothing keeps code in, the user is asked: once whether it may be run at all, and then before each run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aimltui.engine.tools.code_interpreter.errors import SandboxError

LONGEST = 50_000
"""Characters of code that a user can be expected to look through, at the very most."""
_TOO_LONG = (
    "There is no sandbox on this machine, so the user has to read every piece of code before it is run, and this one is "
    f"too long for that: {{count:,}} characters, at most {LONGEST:,} are shown. Nothing was run. Write shorter pieces."
)
_REFUSED = (
    "The user looked at this code and did not allow it to be run this time, so nothing was run. Do not try the same "
    "again; go on without it, or ask what they would rather have."
)
_NOBODY = (
    "There is no sandbox on this machine, and nobody is here who could be asked about each piece of code, so nothing was "
    "run."
)


@dataclass(frozen=True, slots=True)
class CodeToRun:
    """What is about to be run with the user's rights."""

    thread_id: str
    run_id: str
    code: str
    expires_at: int | None = None
    """The second in which the run that waits is over, answer or not."""


Approve = Callable[[CodeToRun], Awaitable[bool]]
"""Asks the user about one piece of code; it is cancelled when the run is stopped or its time is up."""


async def permit(approve: Approve | None, code: CodeToRun) -> None:
    """Wait for the user's word.

    Raises:
        SandboxError: It is no; the message is for the model.
    """
    if approve is None:
        raise SandboxError(_NOBODY)
    if len(code.code) > LONGEST:
        raise SandboxError(_TOO_LONG.format(count=len(code.code)))
    if not await approve(code):
        raise SandboxError(_REFUSED)
