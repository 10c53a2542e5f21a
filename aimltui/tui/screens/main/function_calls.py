"""The main screen's part for what needs a decision: the card above the prompt, and what its answers do."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from aimltui.tui.alerts import alert
from aimltui.tui.controllers.messages import CallsChanged, ThreadListChanged
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.startup import Startup
from aimltui.tui.state import call_card

if TYPE_CHECKING:
    from aimltui.local_tools.mcp.forms import Value
    from aimltui.tui.controllers.function_calls import FunctionCalls, Scope
    from aimltui.tui.state.pending_calls import PendingCall
    from aimltui.tui.widgets.call_card import CallCard

_SCOPES: dict[str, Scope] = {
    call_card.ONCE: "once",
    call_card.THREAD: "thread",
    call_card.ALWAYS: "always",
}


class FunctionCallsPart(ScreenPart):
    """Asks about the calls and the code of the open thread, and tells of those in other threads."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._told: frozenset[str] = frozenset()

    @property
    def _calls(self) -> FunctionCalls | None:
        return self.workspace.calls if self.workspace is not None else None

    def on_calls_changed(self, event: CallsChanged) -> None:
        """Show the card of the open thread; tell of another thread that needs a decision."""
        event.stop()
        self.show_calls()
        workspace = self.workspace
        if workspace is None:
            return
        asking = workspace.decisions.threads
        if workspace.threads.set_asking(asking):
            self.post_message(ThreadListChanged())
        for thread_id in asking - self._told:
            title = workspace.threads.title(thread_id)
            told = f"“{title}” waits for your decision."
            alert(self.app, self.startup.alerts, told)
            if thread_id != workspace.current.thread_id:
                self.show_notice(told, is_warning=True)
        self._told = asking

    def show_calls(self) -> None:
        """Show the calls that need a decision in the open thread, or no card."""
        workspace = self.workspace
        if workspace is None:
            return
        pending = workspace.decisions.in_thread(workspace.current.thread_id)
        # a question of a server belongs to the call during which it is asked
        asked = frozenset(call.id.removesuffix("?") for call in pending if call.state == "asked")
        self.transcript.show_waiting(asked)
        expires_at = pending[0].expires_at if pending else None
        card = self.card() if asked else self.card.mounted
        if card is None:
            return
        was_shown = card.display
        card.show(pending, None if expires_at is None else expires_at - self.clock())
        if not card.display and self.focused is card:
            # at once: a hidden card would take what is typed until then
            self.set_focus(self.prompt)
        if card.display != was_shown:
            self.show_state()

    def action_review_call(self) -> None:
        """Go to the card, or from there back to the prompt; without a card go to the next widget."""
        card = self.card.mounted
        if self.card.has_focus:
            self.set_focus(self.prompt)
        elif card is not None and card.display:
            self.set_focus(card)
        else:
            self.focus_next()

    def on_call_card_left(self, event: CallCard.Left) -> None:
        """Go back to the prompt."""
        event.stop()
        self.set_focus(self.prompt)

    def on_call_card_view_requested(self, event: CallCard.ViewRequested) -> None:
        """Show all of a call."""
        from aimltui.tui.screens.dialogs.viewer import TextViewer

        event.stop()
        self.app.push_screen(TextViewer(event.call.name, call_card.whole_text(event.call)))

    def on_call_card_answered(self, event: CallCard.Answered) -> None:
        """Do what the user chose."""
        event.stop()
        calls, call = self._calls, event.call
        if event.answer == call_card.REJECT:
            self._ask_for_text("Reason for the model", "", "Reject", call, self._rejected)
        elif call.is_code and self.workspace is not None:
            self.workspace.code.approve(call, in_thread=event.answer == call_card.THREAD)
        elif calls is None:
            return
        elif event.answer in _SCOPES:
            calls.approve(call, _SCOPES[event.answer])
        elif event.answer == call_card.ALL:
            for one in calls.calls_of(call.thread_id):
                calls.approve(one)
        elif event.answer in (call_card.FILL, call_card.OPEN, call_card.DECLINE):
            self._reply(call, event.answer)
        elif event.answer == call_card.EDIT:
            self._ask_for_text(
                "Arguments", _pretty(call.arguments), "Run with these", call, self._edited, _problem
            )
        elif event.answer == call_card.GIVE:
            self._ask_for_text("Output for the model", "", "Give this output", call, self._given)

    def _reply(self, question: PendingCall, answer: str) -> None:
        """Answer what a server asks."""
        from aimltui.local_tools.mcp.forms import Reply
        from aimltui.tui.screens.dialogs.form import FormScreen

        form, calls = question.form, self._calls_or_fail
        assert form is not None

        def filled(values: dict[str, Value] | None) -> None:
            if values is not None and self._still_asks(question):
                calls.reply(question, Reply("accept", values))

        if answer == call_card.FILL and form.fields:
            self.app.push_screen(FormScreen(form), filled)
        elif answer == call_card.OPEN:
            self.spawn(self._open_address(form.url), "open")
            calls.reply(question, Reply("accept"))
        else:
            calls.reply(question, Reply("accept", {}) if answer == call_card.FILL else Reply("decline"))

    async def _open_address(self, url: str) -> None:
        from aimltui.tui.storage import saving

        if not await saving.browsed(url):
            self.copy(url)
            self.show_notice(saving.NOT_BROWSED)

    def _ask_for_text(
        self,
        title: str,
        text: str,
        done: str,
        call: PendingCall,
        take: Callable[[PendingCall, str | None], None],
        problem_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        from aimltui.tui.screens.dialogs.text_entry import TextEntry

        entry = TextEntry(f"{title} · {call.name}", text, done=done, problem_of=problem_of)
        self.app.push_screen(entry, partial(take, call))

    def _edited(self, call: PendingCall, text: str | None) -> None:
        if text is not None and self._still_asks(call):
            self._calls_or_fail.approve(call, "once", text)

    def _given(self, call: PendingCall, text: str | None) -> None:
        if text is not None and self._still_asks(call):
            self._calls_or_fail.give(call, text)

    def _rejected(self, call: PendingCall, text: str | None) -> None:
        if text is None or not self._still_asks(call) or self.workspace is None:
            return
        if call.is_code:
            self.workspace.code.reject(call, text)
        else:
            self._calls_or_fail.reject(call, text)

    @property
    def _calls_or_fail(self) -> FunctionCalls:
        assert self._calls is not None
        return self._calls

    def _still_asks(self, call: PendingCall) -> bool:
        if self.workspace is not None and call.state == "asked":
            return True
        self.show_notice("The run no longer waits for this call, so nothing was sent.", is_warning=True)
        return False


def _pretty(arguments: str) -> str:
    from aimltui.local_tools.host import BadArguments, read_arguments

    try:
        return json.dumps(read_arguments(arguments), ensure_ascii=False, indent=2)
    except BadArguments:
        return arguments


def _problem(text: str) -> str:
    from aimltui.local_tools.host import BadArguments, read_arguments

    try:
        read_arguments(text)
    except BadArguments as error:
        return str(error).removesuffix(" Call it again with a JSON object.")
    return ""
