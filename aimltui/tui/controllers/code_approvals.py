"""CodeApprovals: the questions about code that no sandbox contains, put to the user on the card above the prompt."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from textual.message import Message as TextualMessage

from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.types import RIGHTS, LocalTool
from aimltui.tui.code_consent import CodeDecision
from aimltui.tui.controllers.messages import CallsChanged
from aimltui.tui.state.pending_calls import PendingCall

if TYPE_CHECKING:
    from aimltui.tui.code_consent import PendingCode

CODE_INTERPRETER = "code_interpreter"
_SOURCE = "the model, as code for the code interpreter"
_TOUCHES = f"No sandbox contains it. {RIGHTS}"


@cache
def _fingerprint() -> str:
    """Return the hash of what "always in this thread" is for: if the program runs code in another way, the user is asked again."""
    return hashlib.sha256(f"{CODE_INTERPRETER}\n{_TOUCHES}".encode()).hexdigest()


class CodeApprovals:
    """Holds the pieces of code that need a decision.

    Args:
        post: Sends a message to the screen. It is called from tasks of the engine.
    """

    def __init__(self, post: Callable[[TextualMessage], object]) -> None:
        self._post = post
        self._asked: dict[PendingCall, asyncio.Future[CodeDecision]] = {}
        self._count = 0
        self._has_offered = False
        # "in this thread" ends with the program: nothing contains the code that a thread may bring in another week
        self._approvals = Approvals(None)

    async def request(self, code: PendingCode) -> CodeDecision:
        """Ask the user whether a piece of code may run, and wait for the answer.

        The engine calls this from its own tasks; the screen learns of the question by a message. Cancelling it
        withdraws the question.
        """
        if self._approvals.allows(_fingerprint(), code.thread_id):
            return CodeDecision(True)
        call = self._call_of(code)
        self._asked[call] = asyncio.get_running_loop().create_future()
        self._post(CallsChanged())
        try:
            return await self._asked[call]
        finally:
            call.state = "done"
            del self._asked[call]
            self._post(CallsChanged())

    def _call_of(self, code: PendingCode) -> PendingCall:
        self._count += 1
        tool = LocalTool(
            CODE_INTERPRETER, "", {}, "code", _SOURCE, _TOUCHES, fingerprint=_fingerprint(), code=code.code
        )
        arguments = json.dumps({"code": code.code}, ensure_ascii=False)
        return PendingCall(
            code.thread_id,
            code.run_id,
            code.call_id or f"code-{self._count}",
            CODE_INTERPRETER,
            arguments,
            tool,
            code.expires_at,
            may_always=True,
        )

    def calls_of(self, thread_id: str | None) -> Sequence[PendingCall]:
        """The pieces of code in a thread that need a decision."""
        return [call for call in self._asked if call.thread_id == thread_id and call.state == "asked"]

    @property
    def threads_asking(self) -> frozenset[str]:
        """The threads in which code needs a decision."""
        return frozenset(call.thread_id for call in self._asked if call.state == "asked")

    def approve(self, call: PendingCall, *, in_thread: bool) -> None:
        """Run a piece of code, if it still needs a decision.

        Args:
            call: The code.
            in_thread: Whether later code in its thread runs without a question, until the program ends.
        """
        if call.state != "asked":
            return
        self._answer(call, CodeDecision(True))
        if in_thread:
            self._approvals.allow_in_thread(_fingerprint(), CODE_INTERPRETER, call.thread_id)
            for other in self.calls_of(call.thread_id):
                self._answer(other, CodeDecision(True))

    def reject(self, call: PendingCall, reason: str) -> None:
        """Do not run a piece of code, if it still needs a decision; the model receives the reason."""
        self._answer(call, CodeDecision(False, reason))

    def ask_again(self) -> None:
        """Ask about each piece of code in every thread again."""
        self._approvals = Approvals(None)

    def _answer(self, call: PendingCall, decision: CodeDecision) -> None:
        answer = self._asked.get(call)
        if call.state == "asked" and answer is not None and not answer.done():
            call.state = "running" if decision.may_run else "done"
            answer.set_result(decision)
            self._post(CallsChanged())

    def claim_offer(self, tools: frozenset[str]) -> bool:
        """Return whether to ask now if code may run at all: once, before the first run of an assistant with the tool."""
        if self._has_offered or CODE_INTERPRETER not in tools:
            return False
        self._has_offered = True
        return True
