"""The main screen's part that talks: sending, stopping, the queue, drafts, copying and clearing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import events
from textual.timer import Timer
from textual.widgets import TextArea

from aimltui.tui.commands.derived import slash_command
from aimltui.tui.controllers.messages import ConversationChanged, GivenBack, Remarked
from aimltui.tui.guides_ids import LOOK_AROUND
from aimltui.tui.screens.main.base import HINT_S, MainBase
from aimltui.tui.startup import Startup
from aimltui.tui.storage.drafts import NEW_THREAD
from aimltui.tui.widgets.prompt_input import PromptInput
from aimltui.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from aimltui.tui.controllers.conversation import Conversation

_DRAFT_PAUSE_S = 0.3


class Talk(MainBase):
    """Handles the prompt, and what comes back."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._early: list[str] = []
        self._is_open = False
        """Whether the first thread is open; a message before that would begin another one, and be out of sight at once."""
        self._draft_timer: Timer | None = None
        self._quit_asked_at = float("-inf")
        self._is_draft_here = False
        """Whether the open thread's saved draft is in the prompt; before, saving what is in it would replace that."""
        self._visit = 0
        """Counts the threads that were gone to: a draft that comes too late is another thread's."""
        self._draft_of: tuple[Conversation, str] | None = None

    # Sending

    def on_prompt_input_submitted(self, event: PromptInput.Submitted) -> None:
        """Send what was written; before there is a connection it waits for it."""
        event.stop()
        asked = slash_command(event.text)
        event.prompt.accept()
        if isinstance(asked, str):
            event.prompt.load_draft(f"{asked}{event.prompt.draft}")
            self.hint(f"there is no command {asked}; with a blank before it, it is a message")
            return
        self.leave_draft()
        if asked is None:
            self.say(event.text)
        elif asked.is_available(self.command_state()):
            self.call_later(self.run_action, asked.action)
        else:
            self.hint(f"{asked.slash}: there is nothing to do it to just now")

    def say(self, text: str) -> None:
        """Send a message in the open thread."""
        if self.desk is None or not self._is_open:
            self._early.append(text)
            self.hint("still starting; the message goes out in a moment")
            return
        self.transcript.scroll_to_tail()
        self.desk.send(text)

    def say_early(self) -> None:
        """Send what was written before there was a thread to send it in."""
        self._is_open = True
        while self._early:
            self.say(self._early.pop(0))

    def on_conversation_changed(self, event: ConversationChanged) -> None:
        """Show what is new, if it is in the open thread."""
        event.stop()
        conversation = event.conversation
        changes = conversation.buffer.drain()
        self._name_draft()
        if self.desk is None or conversation is not self.desk.current:
            return
        if changes is None:
            self.transcript.show(conversation.view.entries)
        elif changes:
            self.transcript.apply(changes)
        if changes != [] and conversation.view.is_blank:
            # A guide is read from its beginning, also where it does not fit.
            self.transcript.scroll_to_head()
        self.show_state()

    def on_given_back(self, event: GivenBack) -> None:
        """Put text that was not sent back before what is being written."""
        event.stop()
        if self.desk is not None and event.conversation is self.desk.current:
            draft = self.prompt.draft
            self.prompt.load_draft(f"{event.text}\n\n{draft}" if draft.strip() else event.text)
            return
        key = event.conversation.thread_id or NEW_THREAD
        self.drafts.join(key, before=event.text)

    def on_remarked(self, event: Remarked) -> None:
        """Say it."""
        event.stop()
        self.remark(event.text, is_warning=event.is_warning)

    def on_prompt_input_up_at_top(self, event: PromptInput.UpAtTop) -> None:
        """Edit the last queued message if nothing is written, or go to the transcript."""
        event.stop()
        desk = self.desk if self.prompt.is_empty else None
        text = desk.current.dequeue(-1) if desk is not None else None
        if text is not None:
            self.prompt.load_draft(text)
        else:
            self.set_focus(self.transcript)
            self.transcript.action_step(-1)

    def on_transcript_choice_chosen(self, event: Transcript.ChoiceChosen) -> None:
        """A line of the guide: a starter, or the offline model."""
        event.stop()
        self.set_focus(self.prompt)
        if self.desk is None:
            return
        if event.choice_id == LOOK_AROUND:
            self.spawn(self.desk.choose_model(self.startup.demo_model), "choice")
        elif (text := self.desk.starter(event.choice_id)) is not None:
            self.say(text)
        else:
            self.take_action(event.entry_id, event.choice_id)

    def take_action(self, entry_id: str, action_id: str) -> None:
        """Do what a card or a guide offers; a part that knows more of them overrides this."""

    # Stopping

    def action_stop(self) -> None:
        """The innermost thing first: the list over the transcript, a selection, the run."""
        if self.has_class("-sidebar-open") and self.has_class("-narrow"):
            self.remove_class("-sidebar-open")
            self.set_focus(self.prompt)
        elif self.selections:
            self.clear_selection()
        elif self.desk is not None and self.desk.stop():
            self.show_state()
        else:
            self.set_focus(self.prompt)

    # Copying, clearing, quitting

    def action_copy_or_clear(self) -> None:
        """Copy a selection; else clear the prompt; pressed twice on an empty one, quit."""
        if selected := self.get_selected_text():
            self.copy(selected)
            self.clear_selection()
            return
        now = asyncio.get_running_loop().time()
        if self.prompt.clear_undoable():
            self._quit_asked_at = float("-inf")
            self.hint("cleared, ctrl+z brings it back")
        elif now - self._quit_asked_at <= HINT_S:
            self.app.call_later(self.app.run_action, "quit")
        else:
            self._quit_asked_at = now
            is_busy = self.desk is not None and self.desk.current.is_busy
            self.hint("esc stops the answer; ctrl+c again quits" if is_busy else "ctrl+c again quits")

    def on_text_selected(self, event: events.TextSelected) -> None:
        """Copy what the mouse has selected."""
        if self.startup.auto_copy and (selected := self.get_selected_text()):
            self.copy(selected)

    def copy(self, text: str) -> None:
        """Hand text to the terminal's clipboard (OSC 52)."""
        self.app.copy_to_clipboard(text)
        lines = text.count("\n") + 1
        self.hint(f"copied {lines} lines" if lines > 1 else f"copied {len(text)} characters")

    def on_prompt_input_copied(self, event: PromptInput.Copied) -> None:
        """Copy what is selected in the prompt."""
        event.stop()
        self.copy(event.text)

    def action_copy_answer(self) -> None:
        """Copy the Markdown of the last answer."""
        answer = self.desk.current.view.last_answer if self.desk is not None else None
        if answer:
            self.copy(answer)

    def on_prompt_input_quit_requested(self, event: PromptInput.QuitRequested) -> None:
        """End the program."""
        event.stop()
        self.app.call_later(self.app.run_action, "quit")

    # Drafts

    @property
    def draft_key(self) -> str:
        """Under which name the open thread's draft is saved."""
        return (self.desk.current.thread_id if self.desk is not None else None) or NEW_THREAD

    async def wanted_thread(self) -> str | None:
        """The thread to open at the start; None for a new one."""
        if self.startup.thread_id is not None:
            return self.startup.thread_id
        return None if self.startup.new else await self.drafts.last_thread()

    def _name_draft(self) -> None:
        """A new thread has got its id: its draft goes by that from now on."""
        if self.desk is None:
            return
        was, self._draft_of = self._draft_of, (self.desk.current, self.draft_key)
        if was is not None and was[0] is self.desk.current and was[1] != self.draft_key:
            self.drafts.save(was[1], "")
            self.keep_draft()
            self.note_open_thread()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep the draft when the typing pauses; typing takes back that quitting was asked for."""
        event.stop()
        if not self.prompt.is_empty:
            self._quit_asked_at = float("-inf")
        if self._draft_timer is not None:
            self._draft_timer.stop()
        self._draft_timer = self.set_timer(_DRAFT_PAUSE_S, self.keep_draft)

    def keep_draft(self) -> None:
        """Keep the open thread's draft now."""
        if self.desk is not None and self._is_draft_here:
            self.drafts.save(self.draft_key, self.prompt.draft)

    def leave_draft(self) -> None:
        """Save the open thread's draft at once."""
        if self._draft_timer is not None:
            self._draft_timer.stop()
        self.keep_draft()

    def change_draft(self) -> int:
        """Another thread is about to be opened: save this one's draft, and take it out of the prompt.

        Returns:
            The visit, for `fetch_draft`.
        """
        self.leave_draft()
        if not self._is_draft_here:
            # typed while the saved draft was still on its way
            self.drafts.join(self.draft_key, behind=self.prompt.draft)
        self._is_draft_here = False
        self.prompt.load_draft("")
        self._visit += 1
        return self._visit

    async def fetch_draft(self, visit: int = 0) -> None:
        """Bring the open thread's draft into the prompt; what has been typed in the meantime stays behind it.

        Args:
            visit: Which of the visits it is for; if another thread was gone to since, nothing happens.
        """
        if visit != self._visit:
            return
        text = await self.drafts.load(self.draft_key)
        if visit != self._visit:
            return
        self._is_draft_here = True
        if text:
            self.prompt.load_draft("\n".join(part for part in (text, self.prompt.draft) if part))

    def note_open_thread(self) -> None:
        """Remember which thread is open, for the next start."""
        if self.desk is not None:
            self.drafts.note_open_thread(self.desk.current.thread_id)
