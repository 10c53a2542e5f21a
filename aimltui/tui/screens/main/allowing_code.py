"""The main screen's part that asks whether code may run where no sandbox contains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aimltui.tui.screens.main.view import ScreenPart

if TYPE_CHECKING:
    from aimltui.tui.code_consent import Consent


class CodeConsentPart(ScreenPart):
    """Asks whether code may run at all; the card asks about each piece of it."""

    def listen_for_code(self) -> None:
        """Receive the questions about code that no sandbox contains."""
        workspace = self.workspace
        consent = workspace.connected.consent if workspace is not None else None
        if workspace is not None and consent is not None:
            consent.set_approver(workspace.code.request)
            workspace.planner.before_run = self._offer

    async def _offer(self, tools: frozenset[str]) -> None:
        """Ask once whether code may run at all, before a run of an assistant with the tool."""
        workspace = self.workspace
        consent = workspace.connected.consent if workspace is not None else None
        if consent is None or workspace is None or not workspace.code.claim_offer(tools):
            return
        state = await consent.state()
        if state.kind == "off":
            await self._agree(consent, state.sentence, is_allowed=False)

    def action_code_consent(self) -> None:
        """Allow code without a sandbox, or forbid it again."""
        workspace = self.workspace
        consent = workspace.connected.consent if workspace is not None else None
        if workspace is None:
            self.hint("Still starting. Try again in a moment.")
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
            workspace.code.ask_again()
            workspace.assistants.tools_changed(workspace.connected.default_tools)
