"""The main screen's part that asks: may code be run where no sandbox holds?"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError
from aimltui.tui.code_consent import Question
from aimltui.tui.controllers.messages import CodeAsked, CodeSettled
from aimltui.tui.screens.main.view import MainView
from aimltui.tui.startup import Startup

if TYPE_CHECKING:
    from aimltui.tui.code_consent import CodeToRun, Consent
    from aimltui.tui.screens.dialogs.question import CodeQuestion

CODE_INTERPRETER = "code_interpreter"


class CodeConsentPart(MainView):
    """Shows the questions, one after the other."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._waiting: list[Question] = []
        self._shown: tuple[Question, CodeQuestion] | None = None
        self._has_offered = False

    def listen_for_code(self) -> None:
        """Be the one who is asked about code."""
        desk = self.desk
        consent = desk.connected.consent if desk is not None else None
        if desk is not None and consent is not None:
            consent.set_approver(self.ask_about_code)
            desk.before_run = self._offer

    async def ask_about_code(self, code: CodeToRun) -> bool:
        """The user's word on a piece of code. Called by whoever runs it, outside of the screen's own tasks."""
        question = Question(code, asyncio.get_running_loop().create_future())
        self.post_message(CodeAsked(question))
        try:
            return await question.answer
        finally:
            self.post_message(CodeSettled(question))

    def on_code_asked(self, event: CodeAsked) -> None:
        """Show the question, or let it wait for the one before it."""
        event.stop()
        self._waiting.append(event.question)
        self._ask_next()

    def on_code_settled(self, event: CodeSettled) -> None:
        """Take a question back that nobody waits for."""
        event.stop()
        if event.question in self._waiting:
            self._waiting.remove(event.question)
        if self._shown is not None and self._shown[0] is event.question:
            screen = self._shown[1]
            screen.is_settled = True
            if screen.is_current:
                screen.dismiss(None)

    def _ask_next(self) -> None:
        from aimltui.tui.screens.dialogs.question import CodeQuestion

        desk = self.desk
        if self._shown is not None or not self._waiting or desk is None:
            return
        question = self._waiting.pop(0)
        thread_id = question.code.thread_id
        title = "" if thread_id == desk.current.thread_id else desk.threads.title(thread_id)
        screen = CodeQuestion(question.code.code, title, expires_at=question.code.expires_at)
        self._shown = question, screen
        self.app.push_screen(screen, partial(self._answered, question))

    def _answered(self, question: Question, word: str | None) -> None:
        from aimltui.tui.screens.dialogs.question import RUN, STOP

        self._shown = None
        if not question.answer.done():
            if word == STOP:
                self.spawn(self._stop_run(question), f"stop:{question.code.run_id}")
            else:
                question.answer.set_result(word == RUN)
        self._ask_next()

    async def _stop_run(self, question: Question) -> None:
        from aimltui.wire.errors import APIError

        desk = self.desk
        try:
            # what the user runs again belongs to no run
            if desk is not None and question.code.run_id:
                await desk.client.runs.cancel(question.code.thread_id, question.code.run_id)
        except (APIError, TransportError) as error:
            self.remark(f"The run could not be stopped; its code is not run. {error}", is_warning=True)
        if not question.answer.done():
            question.answer.set_result(False)

    async def _offer(self, tools: frozenset[str]) -> None:
        """Ask once whether code may be run at all, before a run whose assistant would like to."""
        desk = self.desk
        consent = desk.connected.consent if desk is not None else None
        if consent is None or self._has_offered or CODE_INTERPRETER not in tools:
            return
        self._has_offered = True
        state = await consent.state()
        if state.kind == "off":
            await self._agree(consent, state.sentence, is_allowed=False)

    def action_code_consent(self) -> None:
        """Allow code without a sandbox, or take that back."""
        desk = self.desk
        consent = desk.connected.consent if desk is not None else None
        if desk is None:
            self.hint("still starting")
        elif consent is None:
            self.remark("Code is run by the server that this program talks to, not on this machine.")
        else:
            self.spawn(self._reconsider(consent), "consent")

    async def _reconsider(self, consent: Consent) -> None:
        state = await consent.state()
        if state.kind == "sandbox":
            self.remark(f"Code is run in a sandbox here ({state.sentence}); nothing has to be allowed.")
        elif state.kind == "impossible":
            self.remark(state.sentence, is_warning=True)
        else:
            await self._agree(consent, state.sentence, is_allowed=state.kind == "asked")

    async def _agree(self, consent: Consent, reason: str, *, is_allowed: bool) -> None:
        from aimltui.tui.screens.dialogs.question import ALLOW, AgreeQuestion

        word = await self.app.push_screen_wait(AgreeQuestion(reason, is_allowed=is_allowed))
        if word is None or (word == ALLOW) == is_allowed:
            return
        problem = await consent.allow(word == ALLOW)
        if problem:
            self.remark(problem, is_warning=True)
        desk = self.desk
        if desk is not None:
            desk.choices.tools_changed(desk.connected.default_tools)
