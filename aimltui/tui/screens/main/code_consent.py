"""The main screen's part that asks whether code may run where no sandbox contains it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aimltui.tui.controllers.code_approvals import CodeApprovals
from aimltui.tui.controllers.messages import ApprovalRequested, ApprovalSettled
from aimltui.tui.screens.main.view import MainView
from aimltui.tui.startup import Startup

if TYPE_CHECKING:
    from aimltui.tui.code_consent import Consent, PendingCode, Question
    from aimltui.tui.screens.dialogs.question import CodeQuestion


class CodeConsentPart(MainView):
    """Shows the questions about code, one after the other."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._approvals = CodeApprovals(self.post_message)
        self._dialog: CodeQuestion | None = None

    def listen_for_code(self) -> None:
        """Receive the questions about code that no sandbox contains."""
        workspace = self.workspace
        consent = workspace.connected.consent if workspace is not None else None
        if workspace is not None and consent is not None:
            consent.set_approver(self.ask_about_code)
            workspace.before_run = self._offer

    async def ask_about_code(self, code: PendingCode) -> bool:
        """Ask the user whether a piece of code may run; called from tasks of the engine."""
        return await self._approvals.request(code)

    def on_approval_requested(self, event: ApprovalRequested) -> None:
        """Show the question, after those that came before it."""
        event.stop()
        self._approvals.add(event.question)
        self._ask_next()

    def on_approval_settled(self, event: ApprovalSettled) -> None:
        """Withdraw a question that needs no answer."""
        event.stop()
        if self._approvals.withdraw(event.question) and self._dialog is not None:
            self._dialog.is_settled = True
            if self._dialog.is_current:
                self._dialog.dismiss(None)

    def _ask_next(self) -> None:
        from aimltui.tui.screens.dialogs.question import CodeQuestion

        workspace = self.workspace
        question = self._approvals.show_next() if workspace is not None else None
        if workspace is None or question is None:
            return
        code = question.code
        title = (
            "" if code.thread_id == workspace.current.thread_id else workspace.threads.title(code.thread_id)
        )
        self._dialog = CodeQuestion(code.code, title, expires_at=code.expires_at)
        self.app.push_screen(self._dialog, partial(self._answered, question))

    def _answered(self, question: Question, word: str | None) -> None:
        from aimltui.tui.screens.dialogs.question import RUN, STOP

        self._approvals.close_shown()
        if word == STOP and not question.answer.done():
            self.spawn(self._stop_run(question), f"stop:{question.code.run_id}")
        else:
            self._approvals.answer(question, is_allowed=word == RUN)
        self._ask_next()

    async def _stop_run(self, question: Question) -> None:
        client = self.workspace.client if self.workspace is not None else None
        problem = await self._approvals.stop_run(question, client)
        if problem:
            self.show_notice(problem, is_warning=True)

    async def _offer(self, tools: frozenset[str]) -> None:
        """Ask once whether code may run at all, before a run of an assistant with the tool."""
        workspace = self.workspace
        consent = workspace.connected.consent if workspace is not None else None
        if consent is None or not self._approvals.should_offer(tools):
            return
        state = await consent.state()
        if state.kind == "off":
            await self._agree(consent, state.sentence, is_allowed=False)

    def action_code_consent(self) -> None:
        """Allow code without a sandbox, or forbid it again."""
        workspace = self.workspace
        consent = workspace.connected.consent if workspace is not None else None
        if workspace is None:
            self.hint("still starting")
        elif consent is None:
            self.show_notice("Code runs on the server, not on this machine.")
        else:
            self.spawn(self._reconsider(consent), "consent")

    async def _reconsider(self, consent: Consent) -> None:
        state = await consent.state()
        if state.kind == "sandbox":
            self.show_notice(
                f"Code is isolated on this machine ({state.sentence}). You need not allow anything."
            )
        elif state.kind == "impossible":
            self.show_notice(state.sentence, is_warning=True)
        else:
            await self._agree(consent, state.sentence, is_allowed=state.kind == "asked")

    async def _agree(self, consent: Consent, reason: str, *, is_allowed: bool) -> None:
        from aimltui.tui.screens.dialogs.question import ALLOW, AgreeQuestion

        word = await self.app.push_screen_wait(AgreeQuestion(reason, is_allowed=is_allowed))
        if word is None or (word == ALLOW) == is_allowed:
            return
        problem = await consent.allow(word == ALLOW)
        if problem:
            self.show_notice(problem, is_warning=True)
        workspace = self.workspace
        if workspace is not None:
            workspace.assistants.tools_changed(workspace.connected.default_tools)
