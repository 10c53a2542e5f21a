"""The main screen's part for sending: the prompt, what comes back from the server, stopping, the queue."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.widgets import TextArea

from aimltui.tui.commands.derived import slash_action, slash_argument, slash_command, slash_meant
from aimltui.tui.compositor import painted_at_once
from aimltui.tui.controllers.draft_keeper import key_of
from aimltui.tui.controllers.messages import (
    BranchWanted,
    ConversationChanged,
    EditSubmitted,
    SavedPromptWanted,
    TextReturned,
)
from aimltui.tui.controllers.pressed_twice import PressedTwice
from aimltui.tui.controllers.start_queue import NEW_THREAD_ACTION, TEMPORARY_THREAD_ACTION
from aimltui.tui.screens.main.view import HINT_S, ScreenPart
from aimltui.tui.startup import Startup
from aimltui.tui.state.attached_files import parted
from aimltui.tui.state.branch_marks import NEXT, PREVIOUS
from aimltui.tui.state.entries import Appended
from aimltui.tui.state.guides import TRY_THE_DEMO, chosen_message
from aimltui.tui.state.saved_prompts import asked as saved_prompt
from aimltui.tui.storage.drafts import joined
from aimltui.tui.widgets.prompt_input import PromptInput
from aimltui.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from aimltui.local_tools.mcp.forms import Value
    from aimltui.local_tools.mcp.prompts import ServerPrompt
    from aimltui.local_tools.mcp.source import McpSource
    from aimltui.tui.controllers.conversation import Conversation

_UNAVAILABLE = {
    "/title": "There is no thread to rename yet.",
    "/connect": "This program was started without connections.",
}
"""What a slash word says that is not available, where “Nothing to … here.” would not do."""


class SendingPart(ScreenPart):
    """Handles the prompt and the open conversation."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._asks_to_rewind = PressedTwice(startup.key_times, HINT_S)

    # Sending

    def on_prompt_input_submitted(self, event: PromptInput.Submitted) -> None:
        """Run a slash command, or send the message."""
        event.stop()
        if not event.text.strip():
            self.hint("Write what you want to know about the file.")
            return
        if self._takes_prompt(event):
            return
        if (saved := saved_prompt(event.text, self.saved_prompts)) is not None:
            event.prompt.accept(with_files=False)
            self.post_message(SavedPromptWanted(*saved))
            return
        asked = slash_command(event.text)
        event.prompt.accept(with_files=asked is None)
        if isinstance(asked, str):
            event.prompt.load_draft(f"{event.text}{event.prompt.draft}")
            meant = slash_meant(asked)
            if meant is not None:
                self.hint(f"There is no {asked}. Did you mean {meant.slash}? A space first makes it text.", 4)
            else:
                self.hint(f"Unknown command {asked}. Put a space first to send it as text.")
            return
        self.drafts.save_now()
        if asked is None:
            edited = self.editing.take()
            if edited is None:
                self.send(event.draft)
            else:
                self.post_message(EditSubmitted(edited, event.draft))
        elif not asked.takes and slash_argument(event.text):
            event.prompt.load_draft(f"{event.text}{event.prompt.draft}")
            self.hint(f"{asked.slash} takes no words after it. Put a space first to send it as text.", 4)
        elif asked.is_available(self.command_state()):
            self.call_later(self.run_action, slash_action(event.text, asked))
        else:
            if slash_argument(event.text) or self.workspace is None:
                event.prompt.load_draft(f"{event.text}{event.prompt.draft}")
            if self.workspace is None:
                self.hint("Still starting. Press enter again in a moment.")
                return
            self.hint(_UNAVAILABLE.get(asked.slash, f"Nothing to {asked.slash[1:]} here."))

    def _takes_prompt(self, event: PromptInput.Submitted) -> bool:
        """Put a prompt of an MCP server into the input if a text asks for one, such as `/git:review main`."""
        from aimltui.local_tools.mcp.prompts import asked_prompt, texts_of
        from aimltui.tui.screens.dialogs.form import FormScreen

        text, workspace = event.text, self.workspace
        local = workspace.connected.local_tools if workspace is not None else None
        servers = local.servers if local is not None else None
        asked = asked_prompt(text, servers.prompts) if servers is not None else None
        if workspace is None or servers is None or asked is None:
            return False
        conversation = workspace.current
        # first: what a worker does before it waits for the first time is done at once, from Python 3.12 on
        event.prompt.accept(with_files=False)

        def filled(values: dict[str, Value] | None) -> None:
            if values is None:
                self._return_text(conversation, text)
                return
            told = texts_of(values)
            self.spawn(
                self._insert_prompt(servers, asked.prompt, told, conversation, asked.prompt.written(told)),
                "prompt",
            )

        if asked.is_complete:
            asking = self._insert_prompt(servers, asked.prompt, dict(asked.values), conversation, text)
            self.spawn(asking, "prompt")
        else:
            self.app.push_screen(FormScreen(asked.form, submit="Insert"), filled)
        return True

    async def _insert_prompt(
        self,
        servers: McpSource,
        prompt: ServerPrompt,
        values: dict[str, str],
        conversation: Conversation,
        written: str,
    ) -> None:
        """Put the text of a server's prompt into the input; if the server fails, what the user has written."""
        from aimltui.local_tools.mcp.connection import ServerError

        try:
            text = await servers.prompt_text(prompt, values)
        except ServerError as error:
            self.show_notice(str(error), is_warning=True)
            text = written
        self._return_text(conversation, text)

    def send(self, draft: str) -> None:
        """Send a message with its files in the open thread; before the first thread is open, it waits."""
        if self.workspace is None or not self.start_queue.is_open:
            self.start_queue.add(draft)
            self.hint("Still starting. The message is sent in a moment.")
            self.reconnect()
            return
        if self.workspace.current.is_temporary and parted(draft)[1]:
            self._return_text(self.workspace.current, draft)
            self.show_notice(
                "The message was not sent: its files would be saved, and nothing of a temporary thread is. Send it without "
                "files, or in another thread.",
                is_warning=True,
            )
            return
        self.transcript.scroll_to_tail()
        self.workspace.send(draft)

    async def send_early(self) -> None:
        """Send the messages and take the actions that waited for the first thread, in order."""
        queue = self.start_queue
        while queue.items:
            item = queue.items.pop(0)
            queue.is_open = True
            if isinstance(item, str):
                self.send(item)
            else:
                await self._take_early(item.action)
            # while an action opens a thread, what the user adds waits behind what waits already
            queue.is_open = False
        queue.is_open = True

    async def _take_early(self, action: str) -> None:
        # what was typed meanwhile is meant for the thread that the action opens
        typed = self.prompt.draft if action in (NEW_THREAD_ACTION, TEMPORARY_THREAD_ACTION) else ""
        if typed:
            self.prompt.load_draft("")
        await self.run_action(action)
        self.start_queue.is_open = False
        if opening := [worker for worker in self.workers if worker.group == "open"]:
            await self.workers.wait_for_complete(opening)
        if typed:
            self.prompt.load_draft(joined((self.prompt.draft, typed)))

    def send_again(self, *, as_addressed: bool = True) -> None:
        """Start a new run for the last message; see `MainView`."""
        if self.workspace is not None and not self.workspace.current.is_busy:
            self.transcript.scroll_to_tail()
            self.workspace.send_again(as_addressed=as_addressed)
            self.show_state()

    # What comes back

    def on_conversation_changed(self, event: ConversationChanged) -> None:
        """Show the changes if the conversation is the open one."""
        event.stop()
        conversation = event.conversation
        changes = conversation.buffer.drain()
        if conversation.shown_beside is not None:
            conversation.shown_beside(changes)
        self.drafts.note_queue(conversation)
        self.drafts.note_options(conversation)
        self.drafts.follow_thread_id()
        if self.workspace is None or conversation is not self.workspace.current:
            return
        is_text = bool(changes) and all(isinstance(change, Appended) for change in changes or ())
        if changes is None:
            self.transcript.show(conversation.view.entries)
        elif is_text:
            with painted_at_once(self.transcript, self.transcript.vertical_scrollbar):
                self.transcript.apply(changes)
        elif changes:
            self.transcript.apply(changes)
        if changes != [] and conversation.view.facts.is_blank:
            # a guide is read from its beginning, also where it does not fit
            self.transcript.scroll_to_head()
        if not is_text:
            # text that arrives changes nothing around the transcript
            self.show_state()

    def on_text_returned(self, event: TextReturned) -> None:
        """Put text that was not sent before the text in the prompt."""
        event.stop()
        if event.text:
            self._return_text(event.conversation, event.text)

    def _return_text(self, conversation: Conversation, text: str) -> None:
        """Put text before the prompt of a conversation, or before its saved draft if another one is open."""
        if self.workspace is not None and conversation is self.workspace.current:
            self.prompt.load_draft(joined((text, self.prompt.draft)))
            self.drafts.save_now()
        else:
            self.drafts.join(key_of(conversation), before=text)

    # In the prompt and the guides

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Save the draft when the typing pauses; typing also takes back that quitting was asked for."""
        event.stop()
        if not self.prompt.is_empty:
            self.forget_quit()
            self._expect_message()
        self.drafts.note_change()
        if not self.transcript.following and self.status.status.has_text == self.prompt.is_empty:
            # which key goes to the end depends on whether there is text
            self.show_state()

    def _expect_message(self) -> None:
        """Start what a run will need, when the user begins to write in a thread."""
        workspace = self.workspace
        if workspace is not None and not workspace.current.is_expected:
            workspace.current.is_expected = True
            assistant_id = workspace.assistants.id_of(workspace.current)
            self.spawn(workspace.run_tools.start(assistant_id), "servers")
            if workspace.connected.expect_run is not None:
                self.spawn(asyncio.to_thread(workspace.connected.expect_run), "warm-up")

    def on_prompt_input_up_at_top(self, event: PromptInput.UpAtTop) -> None:
        """Edit the last queued message, mark a starter in a thread without messages, or go to what was said before."""
        event.stop()
        prompt, workspace = self.prompt, self.workspace
        if workspace is None or not (prompt.is_empty or prompt.is_recalled):
            return
        text = workspace.current.dequeue(-1) if prompt.is_empty else None
        if text is not None:
            prompt.load_draft(text)
            return
        if prompt.is_empty and workspace.current.view.facts.has_starters:
            self.set_focus(self.transcript)
            self.transcript.action_step(-1)
            return
        if prompt.is_empty:
            self.history.begin()
            self.spawn(self.history.load(), "history")
        if (earlier := self.history.older()) is not None:
            prompt.recall(earlier)

    def on_transcript_choice_chosen(self, event: Transcript.ChoiceChosen) -> None:
        """Do what a line of a guide or a card offers."""
        event.stop()
        self.set_focus(self.prompt)
        if self.workspace is None:
            return
        starters = self.workspace.guides.starters_of(self.workspace.current)
        if event.choice_id == TRY_THE_DEMO:
            self.spawn(
                self.workspace.selections.choose_model(self.workspace.current, self.startup.demo_model),
                "choice",
            )
        elif event.choice_id in (PREVIOUS, NEXT):
            self.post_message(BranchWanted(event.entry_id, 1 if event.choice_id == NEXT else -1))
        elif (text := chosen_message(starters, event.choice_id)) is not None:
            if text.endswith(":"):
                # the user has to write the rest, or attach something
                self._return_text(self.workspace.current, f"{text} ")
            else:
                self.send(text)
        else:
            self.take_action(event.entry_id, event.choice_id)

    # Stopping

    def _takes_choice_back(self, conversation: Conversation) -> bool:
        """Let one model answer again if several were chosen, or are being chosen; return whether it was so."""
        if not (conversation.compared or conversation.choice):
            return False
        conversation.compared, conversation.choice = (), None
        self.post_message(TextReturned(conversation, conversation.dequeue_all()))
        self.show_state()
        return True

    def action_stop(self) -> None:
        """Stop the innermost thing: code that runs again, the list over the transcript, a selection, the mark, the run.

        Where there is nothing to stop and nothing written, the second key in a row offers the earlier messages.
        """
        if self.before_stop():
            return
        if self.editing.message_id is not None:
            self.editing.leave()
            self.set_focus(self.prompt)
            self.show_state()
            return
        if self.workspace is not None and self._takes_choice_back(self.workspace.current):
            return
        if self.close_sidebar():
            self.set_focus(self.prompt)
        elif self.selections:
            self.clear_selection()
        elif self.transcript.mark is not None:
            self.set_focus(self.prompt)
        elif self.workspace is not None and self.workspace.stop():
            self.show_state()
        elif self.focused is not self.prompt:
            self.set_focus(self.prompt)
        elif not self.prompt.draft:
            self._offer_to_rewind()

    def _offer_to_rewind(self) -> None:
        if self._asks_to_rewind.again():
            self.end_hint()
            self.call_later(self.run_action, "rewind")
        elif self.workspace is not None and self.workspace.current.view.facts.question() is not None:
            self.hint("Press esc again to go back to one of your messages.")
