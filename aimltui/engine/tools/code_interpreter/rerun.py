"""Runs code again in a thread's session for the user; the model sees nothing of it and nothing is saved."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from aimltui.common.dataclass import dataclass
from aimltui.engine.approval import AskApproval, CodeToRun
from aimltui.engine.tools.code_interpreter.approval import FOR_THE_USER, permit
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.sessions import events
from aimltui.engine.tools.code_interpreter.sessions.pool import SessionPool
from aimltui.engine.tools.code_interpreter.sessions.transcript import CellTranscript

HEAD, TAIL = 200_000, 50_000
"""Characters of the output that are returned: its beginning and its end."""
_NEW_SESSION = "[The interpreter was restarted for this: variables and files of earlier steps are gone.]\n"


@dataclass(frozen=True, slots=True)
class RerunResult:
    """The result of a run."""

    text: str
    """The output, with remarks in brackets."""
    is_ok: bool
    seconds: float


async def run_again(
    sessions: SessionPool, thread_id: str, code: str, ask_approval: AskApproval | None = None
) -> RerunResult:
    """Run code in the thread's session; cancelling stops it.

    Args:
        sessions: The sessions of all threads.
        thread_id: The thread.
        code: Python.
        ask_approval: Asks the user where no sandbox works, as for the model's code.

    Returns:
        The result; if the code could not be run, its text says why.
    """
    transcript = CellTranscript(HEAD, TAIL)
    pictures = 0
    files: list[str] = []
    try:
        async with sessions.of(thread_id) as slot:
            if not slot.runner.is_confined:
                await permit(ask_approval, CodeToRun(thread_id, "", code), FOR_THE_USER)
            # a session that ended while it was idle says so itself
            if not slot.runner.is_alive and not slot.copied and not slot.pictures:
                transcript.add(_NEW_SESSION)
            cell = cast(AsyncGenerator[events.SessionEvent, None], slot.runner.run(code))
            async with aclosing(cell):
                async for event in cell:
                    transcript.take(event)
                    pictures += isinstance(event, events.Image)
                    if isinstance(event, events.FileChanged):
                        files.append(event.path)
    except SandboxError as error:
        return RerunResult(error.message, False, 0.0)
    if pictures:
        transcript.add_line(f"[Pictures that were drawn and are not saved: {pictures}]")
    if files:
        named = ", ".join(files[:10]) + (", and more" if len(files) > 10 else "")
        transcript.add_line(f"[New or changed in /mnt/data: {named}. These files end with the session.]")
    text = transcript.text
    return RerunResult(
        text if text.strip() else "[It printed nothing.]\n", transcript.is_ok, transcript.seconds
    )
