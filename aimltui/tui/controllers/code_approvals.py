"""CodeApprovals: the questions about code that no sandbox contains, answered one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message as TextualMessage

from aimltui.client.errors import TransportError
from aimltui.tui.code_consent import Question
from aimltui.tui.controllers.messages import ApprovalRequested, ApprovalSettled

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.tui.code_consent import PendingCode

CODE_INTERPRETER = "code_interpreter"


class CodeApprovals:
    """Queues questions about code, and hands out the next one when the one before it is closed.

    Args:
        post: Sends a message to the screen. It is called from tasks of the engine.
    """

    def __init__(self, post: Callable[[TextualMessage], object]) -> None:
        self._post = post
        self._waiting: list[Question] = []
        self._has_offered = False
        self.shown: Question | None = None
        """The question on the screen."""

    async def request(self, code: PendingCode) -> bool:
        """Ask the user whether a piece of code may run, and wait for the answer.

        The engine calls this from its own tasks; the screen learns of the question by a message. Cancelling it
        withdraws the question.
        """
        question = Question(code, asyncio.get_running_loop().create_future())
        self._post(ApprovalRequested(question))
        try:
            return await question.answer
        finally:
            self._post(ApprovalSettled(question))

    def add(self, question: Question) -> None:
        """Put a question at the end of the queue."""
        self._waiting.append(question)

    def show_next(self) -> Question | None:
        """The next question, which is `shown` from now on; None while another one is, or if none waits."""
        if self.shown is not None or not self._waiting:
            return None
        self.shown = self._waiting.pop(0)
        return self.shown

    def close_shown(self) -> None:
        """The question on the screen was closed."""
        self.shown = None

    def withdraw(self, question: Question) -> bool:
        """Remove a question that needs no answer; True if it is the one on the screen."""
        if question in self._waiting:
            self._waiting.remove(question)
        return question is self.shown

    @staticmethod
    def answer(question: Question, *, is_allowed: bool) -> None:
        """Answer a question, unless it was answered or cancelled already."""
        if not question.answer.done():
            question.answer.set_result(is_allowed)

    async def stop_run(self, question: Question, client: AssistantsClient | None) -> str | None:
        """Answer no, and stop the run that waits for the answer.

        Returns:
            Why the run could not be stopped, or None.
        """
        from aimltui.wire.errors import APIError

        problem = None
        try:
            # code that the user runs again belongs to no run
            if client is not None and question.code.run_id:
                await client.runs.cancel(question.code.thread_id, question.code.run_id)
        except (APIError, TransportError) as error:
            problem = f"The run could not be stopped; its code is not run. {error}"
        self.answer(question, is_allowed=False)
        return problem

    def should_offer(self, tools: frozenset[str]) -> bool:
        """Whether to ask now if code may run at all: once, before the first run of an assistant with the tool."""
        if self._has_offered or CODE_INTERPRETER not in tools:
            return False
        self._has_offered = True
        return True
