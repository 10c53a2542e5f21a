"""Asks the user before each piece of code where no sandbox works."""

from __future__ import annotations

from aimltui.common.dataclass import dataclass
from aimltui.engine.approval import AskApproval, CodeToRun
from aimltui.engine.tools.code_interpreter.errors import SandboxError

LONGEST = 50_000
"""The most characters of code that a user is asked to read."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """The sentences that say why code was not run."""

    nobody: str
    """No user can be asked."""
    refused: str
    """The user said no."""
    too_long: str
    """Longer than `LONGEST`; `{count}` is its number of characters."""


FOR_THE_MODEL = Refusals(
    nobody="There is no sandbox on this machine, and no user can be asked to approve each piece of code, so "
    "nothing was run.",
    refused="The user read this code and did not allow it this time, so nothing was run. Do not try the same again; "
    "continue without it, or ask what they would prefer.",
    too_long="There is no sandbox on this machine, so the user must read every piece of code before it runs, and this "
    f"one is too long: it has {{count:,}} characters, at most {LONGEST:,} are shown. Nothing was run. Write shorter "
    "pieces.",
)
FOR_THE_USER = Refusals(
    nobody="The code was not run: there is no sandbox on this machine, and you cannot be asked for approval here.",
    refused="The code was not run because you did not allow it.",
    too_long="The code was not run: there is no sandbox on this machine, so you must read code before it runs, and "
    f"{{count:,}} characters are too many to read (at most {LONGEST:,}). Ask for shorter pieces.",
)


async def permit(ask_approval: AskApproval | None, code: CodeToRun, refusals: Refusals) -> None:
    """Ask the user whether code may run, and wait for the answer.

    Args:
        ask_approval: Asks the user; None if no user can be asked.
        code: The code to run.
        refusals: The sentences for the error.

    Raises:
        SandboxError: The code may not run.
    """
    if ask_approval is None:
        raise SandboxError(refusals.nobody)
    if len(code.code) > LONGEST:
        raise SandboxError(refusals.too_long.format(count=len(code.code)))
    decision = await ask_approval(code)
    if not decision.may_run:
        why = f" Reason: {decision.reason.strip()}" if decision.reason.strip() else ""
        raise SandboxError(refusals.refused + why)
