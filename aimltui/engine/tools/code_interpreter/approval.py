"""Where nothing keeps code in, the user is asked: once whether it may be run at all, and then before each run."""

from __future__ import annotations

from dataclasses import dataclass

from aimltui.engine.approval import Approve, CodeToRun
from aimltui.engine.tools.code_interpreter.errors import SandboxError

LONGEST = 50_000
"""Characters of code that a user can be expected to look through, at the very most."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """Why code was not run, in sentences for the reader of its output."""

    nobody: str
    """There is no one to ask."""
    refused: str
    """The user said no."""
    too_long: str
    """Longer than `LONGEST`; `{count}` is its number of characters."""


FOR_THE_MODEL = Refusals(
    nobody="There is no sandbox on this machine, and nobody is here who could be asked about each piece of code, so "
    "nothing was run.",
    refused="The user looked at this code and did not allow it to be run this time, so nothing was run. Do not try the "
    "same again; go on without it, or ask what they would rather have.",
    too_long="There is no sandbox on this machine, so the user has to read every piece of code before it is run, and "
    f"this one is too long for that: {{count:,}} characters, at most {LONGEST:,} are shown. Nothing was run. Write "
    "shorter pieces.",
)
FOR_THE_USER = Refusals(
    nobody="The code was not run: there is no sandbox on this machine, and your permission cannot be asked for here.",
    refused="The code was not run, because you did not allow it.",
    too_long="The code was not run: there is no sandbox on this machine, so you have to read code before it runs, and "
    f"{{count:,}} characters are too many to read (at most {LONGEST:,}). Ask for the same in shorter pieces.",
)


async def permit(approve: Approve | None, code: CodeToRun, refusals: Refusals) -> None:
    """Ask the user whether code may run, and wait for the answer.

    Args:
        approve: Asks the user; None if there is no one to ask.
        code: What would run.
        refusals: The messages of the error.

    Raises:
        SandboxError: The code may not run.
    """
    if approve is None:
        raise SandboxError(refusals.nobody)
    if len(code.code) > LONGEST:
        raise SandboxError(refusals.too_long.format(count=len(code.code)))
    if not await approve(code):
        raise SandboxError(refusals.refused)
