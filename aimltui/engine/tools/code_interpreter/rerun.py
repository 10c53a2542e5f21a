"""Runs code once more in a thread's session, for the user and not for the model: nothing of it is kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

from aimltui.common.excerpt import Excerpt
from aimltui.engine.approval import Approve, CodeToRun
from aimltui.engine.tools.code_interpreter.approval import FOR_THE_USER, permit
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.sessions import events
from aimltui.engine.tools.code_interpreter.sessions.pool import Sessions

HEAD, TAIL = 200_000, 50_000
"""Characters of the output that are told: its beginning and its end."""
_ANEW = "[The interpreter was started anew for this: variables and files of earlier steps are not there.]\n"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    text: str
    """What it printed, and remarks in brackets."""
    is_ok: bool
    seconds: float


async def run_again(sessions: Sessions, thread_id: str, code: str, approve: Approve | None = None) -> Outcome:
    """Run code in the thread's session; cancelling stops it.

    Args:
        sessions: Where code runs.
        thread_id: Whose session.
        code: Python.
        approve: Asks the user where no sandbox holds, as for the model's runs.

    Returns:
        What came of it; also that it could not be run, and why.
    """
    told = _Told()
    try:
        async with sessions.of(thread_id) as seat:
            if not seat.runner.is_confined:
                await permit(approve, CodeToRun(thread_id, "", code), FOR_THE_USER)
            # one that fell asleep says so itself
            if not seat.runner.is_alive and not seat.copied and not seat.pictures:
                told.say(_ANEW)
            cell = cast(AsyncGenerator[events.SessionEvent, None], seat.runner.run(code))
            async with aclosing(cell):
                async for event in cell:
                    told.take(event)
    except SandboxError as error:
        return Outcome(error.message, False, 0.0)
    return told.outcome()


class _Told:
    """Puts what a cell tells into one text."""

    def __init__(self) -> None:
        self._excerpt = Excerpt(HEAD, TAIL)
        self._line_open = False
        self._pictures = 0
        self._files: list[str] = []
        self._is_ok = True
        self._seconds = 0.0

    def say(self, text: str) -> None:
        """Text as it was printed."""
        self._excerpt.add(text)
        if text:
            self._line_open = not text.endswith("\n")

    def take(self, event: events.SessionEvent) -> None:
        """What an event of the session means for the text."""
        match event:
            case events.Output(text=text):
                self.say(text)
            case events.Value(text=text):
                self._line(text)
            case events.Failure(traceback=text):
                self._is_ok = False
                self._line(text)
            case events.Notice(text=text):
                self._line(f"[{text}]")
            case events.Image():
                self._pictures += 1
            case events.FileChanged(path=path):
                self._files.append(path)
            case events.Done(status=status, duration_s=seconds, sentence=end):
                self._seconds = seconds
                self._is_ok = self._is_ok and status == "ok"
                if end:
                    self._line(f"[{end}]")

    def outcome(self) -> Outcome:
        """All of it."""
        if self._pictures:
            self._line(f"[Pictures that were drawn and are not kept: {self._pictures}]")
        if self._files:
            named = ", ".join(self._files[:10]) + (", and more" if len(self._files) > 10 else "")
            self._line(f"[New or changed in /mnt/data: {named}. These are not kept beyond the session.]")
        text = self._excerpt.whole
        return Outcome(text if text.strip() else "[It printed nothing.]\n", self._is_ok, self._seconds)

    def _line(self, text: str) -> None:
        self.say(("\n" if self._line_open else "") + text.rstrip("\n") + "\n")
