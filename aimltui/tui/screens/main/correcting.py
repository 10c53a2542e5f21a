"""The main screen's part for correcting: editing a message, another answer, branches, forks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aimltui.client.errors import TransportError, Unsupported
from aimltui.common.sanitize import clean_line
from aimltui.tui.controllers.messages import BranchChosen, BranchWanted, EditSubmitted, TextReturned
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.startup import Startup
from aimltui.tui.state.own_messages import own_messages

if TYPE_CHECKING:
    from aimltui.tui.controllers.conversation import Conversation
    from aimltui.tui.state.answerers import Answerer
    from aimltui.tui.state.attached_files import AttachedFile
    from aimltui.tui.state.blocks import Block
    from aimltui.tui.state.entries import MessageEntry
    from aimltui.wire.branches import BranchPlace

_BUSY = "The answer is still being written. Stop it first (esc)."
_NO_BRANCHES = "This server cannot copy threads, so there are no branches here."
_GO_ON = "Continue your last answer exactly where it was cut off, without repeating anything."
_TITLE_LIMIT = 500


class CorrectingPart(ScreenPart):
    """Handles branches. An edited message, or another answer, begins a branch; nothing that was said is changed."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self.block_actions |= {
            "edit_block": lambda block: self.action_edit_message(block.entry.id),
            "answer_again": lambda block: self.action_retry("", block.entry.id),
            "fork_here": lambda block: self.action_fork(block.entry.id),
            "branch_before": lambda block: self.action_branch(-1, block.entry.id),
            "branch_behind": lambda block: self.action_branch(1, block.entry.id),
            "delete_message": self._ask_to_delete_message,
        }

    def _idle(self) -> Conversation | None:
        """The open conversation if nothing is being written in it; else the reason is shown."""
        conversation = self.workspace.current if self.workspace is not None else None
        if conversation is None or conversation.thread_id is None:
            self.hint("There is no message here yet.")
            return None
        if conversation.is_busy:
            self.hint(_BUSY)
            return None
        return conversation

    # Editing

    def action_edit_message(self, entry_id: str = "", outside: bool = False) -> None:
        """Put a message of the user into the prompt: the last one, or the one that is named.

        Args:
            entry_id: The message; empty for the last one.
            outside: Whether it is opened in the user's editor at once.
        """
        conversation = self._idle()
        question = conversation.view.facts.question(entry_id or None) if conversation is not None else None
        if conversation is None:
            return
        if question is None:
            self.hint("There is no message of yours here.")
            return
        self.spawn(self._edit(conversation, question, outside=outside), "edit")

    async def _edit(self, conversation: Conversation, question: MessageEntry, *, outside: bool) -> None:
        from aimltui.tui.state.attached_files import with_files

        files = await self._files_of(question)
        if self.workspace is None or self.workspace.current is not conversation:
            return
        self.editing.begin(question.id, with_files(question.text, files, question.to))
        self.set_focus(self.prompt)
        self.show_state()
        if outside:
            await self.run_action("edit_outside")

    def action_rewind(self) -> None:
        """Let the user choose one of the messages in this thread; it comes into the prompt, and is sent as a branch."""
        conversation = self._idle()
        if conversation is None:
            return
        if conversation.view.facts.question() is None:
            self.hint("There is no message of yours here.")
            return
        self.spawn(self._rewind(conversation), "rewind")

    async def _rewind(self, conversation: Conversation) -> None:
        from aimltui.tui.screens.dialogs.choice import RewindScreen

        def picked(message_id: str | None) -> None:
            if (
                message_id is not None
                and self.workspace is not None
                and self.workspace.current is conversation
            ):
                self.action_edit_message(message_id)

        screen = RewindScreen(own_messages(conversation.view.entries, self.clock()))
        self.app.push_screen(screen, picked)
        while self.workspace is not None and conversation.has_more:
            await self.workspace.loader.read_older(conversation)
            if not screen.is_attached or self.workspace.current is not conversation:
                return
            screen.show_messages(own_messages(conversation.view.entries, self.clock()))

    async def _files_of(self, message: MessageEntry) -> list[AttachedFile]:
        from aimltui.tui.state.attached_files import attached_again

        assert self.workspace is not None
        attached = [one for one in message.attachments if one.file_id]
        facts = await self.workspace.files.learn([(one.file_id, False) for one in attached])
        return [
            attached_again(one, facts[one.file_id].name, facts[one.file_id].size or 0) for one in attached
        ]

    def on_edit_submitted(self, event: EditSubmitted) -> None:
        """Send an edited message in a new branch."""
        event.stop()
        self.spawn(self._send_in_branch(event.message_id, event.draft), "edit")

    async def _send_in_branch(self, message_id: str, draft: str) -> None:
        assert self.workspace is not None
        compared = self.workspace.current.compared
        thread_id = await self._copy_thread("Your message was not sent", before=message_id, branch=True)
        if thread_id is None:
            self.editing.begin(message_id, draft)
        elif await self._open_branch(thread_id):
            self.workspace.current.compared = compared
            self.send(draft)
        else:
            self.drafts.join(thread_id, before=draft)
        self.show_state()

    # Another answer

    def action_retry(self, whom: str = "", entry_id: str = "") -> None:
        """Let a message be answered again: the last one, or the one that an entry belongs to.

        Args:
            whom: The model, or the assistant with an `@`; empty for those of the thread.
            entry_id: The entry; empty for the last one.
        """
        conversation = self._idle()
        question = conversation.view.facts.question(entry_id or None) if conversation is not None else None
        if conversation is None:
            return
        if question is None:
            self.hint("There is no message of yours here.")
            return
        self.spawn(self._retry(conversation, question, whom), "edit")

    async def _retry(self, conversation: Conversation, question: MessageEntry, whom: str) -> None:
        from aimltui.tui.controllers.screen_status import can_send_again

        assert self.workspace is not None
        chosen = await self._answerer(whom) if whom else None
        if whom and chosen is None:
            self.post_message(TextReturned.of_command(conversation, "/retry", whom))
            return
        facts = conversation.view.facts
        is_last = facts.question() == question
        if is_last and (can_send_again(conversation) or not facts.is_answered):
            if chosen is not None:
                await self.workspace.selections.let_answer(conversation, chosen)
            self.send_again(as_addressed=chosen is None)
            return
        metadata = chosen.metadata if chosen is not None else {}
        thread_id = await self._copy_thread(
            "No new answer was started", through=question.id, branch=True, metadata=metadata
        )
        if thread_id is not None and await self._open_branch(thread_id):
            self.send_again(as_addressed=chosen is None)

    async def _answerer(self, whom: str) -> Answerer | None:
        """The model or the assistant of a name; None if there is none, which is shown."""
        from aimltui.tui.state.answerers import Answerer, named, with_current
        from aimltui.wire.errors import APIError

        workspace = self.workspace
        assert workspace is not None
        try:
            page = workspace.models.page or await workspace.models.list_models()
            offered = [Answerer(model.id, model.id, model.connection or "") for model in page.data]
            listed = await workspace.assistants.read()
        except (APIError, TransportError) as error:
            self.show_notice(f"The models could not be read. {error}", is_warning=True)
            return None
        assistants = [Answerer(one.id, one.name or one.id, is_assistant=True) for one in listed]
        here = workspace.models.connection_of(workspace.current)
        models = with_current(offered, workspace.models.model_of(workspace.current), here)
        found = named(whom, models, assistants, here or "")
        if found is None:
            self.hint(f"No model or assistant matches “{clean_line(whom)[:60]}”.")
        return found

    def action_continue_answer(self) -> None:
        """Ask the model to go on where its answer was cut off."""
        if self._idle() is not None:
            self.send(_GO_ON)

    # Branches and forks

    def action_branch(self, step: int, entry_id: str = "", *, by_key: bool = True) -> None:
        """Show the branch before or behind the open one.

        Args:
            step: -1 or 1.
            entry_id: The message at which they differ; empty for the last one with branches.
            by_key: Whether the message in its place is marked.
        """
        workspace = self.workspace
        if workspace is None:
            return
        thread_id = workspace.branches.beside(workspace.current, entry_id or None, step)
        if thread_id is None and not entry_id:
            # the command goes round
            thread_id = workspace.branches.beside(workspace.current, None, -step)
        if thread_id is not None:
            place = workspace.current.view.branches.place_of(entry_id)
            self.spawn(self._walk(thread_id, place, step, by_key=by_key), "edit")

    def on_branch_wanted(self, event: BranchWanted) -> None:
        """Show another branch."""
        event.stop()
        self.action_branch(event.step, event.entry_id, by_key=False)

    def on_branch_chosen(self, event: BranchChosen) -> None:
        """Show a branch that was chosen among others."""
        event.stop()
        self.spawn(self._walk(event.thread_id, None, 0, by_key=False), "edit")

    async def _walk(self, thread_id: str, place: BranchPlace | None, step: int, *, by_key: bool) -> None:
        """Open a branch; from a message go to the one in its place, so that the same keys go on from there."""
        workspace = self.workspace
        assert workspace is not None
        if not await self._open_branch(thread_id):
            return
        conversation = workspace.current
        await workspace.branches.refresh(conversation)
        beside = conversation.view.branches.same(place, step) if place is not None else None
        if beside is not None:
            # the entries are shown by a message that is on its way
            self.call_later(self._show_message, beside, by_key=by_key)
        await workspace.branches.note_use(thread_id)

    def _show_message(self, entry_id: str, *, by_key: bool) -> None:
        if by_key:
            self.set_focus(self.transcript)
        self.transcript.marking.mark_message(entry_id)
        if not by_key:
            self.transcript.marking.clear()
        elif self.transcript.mark is not None and not self.letters.is_shown:
            self.letters.show()
        self.show_state()

    def action_fork(self, entry_id: str = "") -> None:
        """Copy the thread, up to an entry or whole, into a new one."""
        conversation = self._idle()
        if conversation is not None:
            self.spawn(self._fork(conversation, entry_id), "edit")

    async def _fork(self, conversation: Conversation, entry_id: str) -> None:
        from aimltui.wire.threads import TITLE

        assert self.workspace is not None
        title = self.workspace.threads.title(conversation.thread_id)[:_TITLE_LIMIT]
        given = {"through": entry_id} if entry_id else {}
        thread_id = await self._copy_thread(
            "The thread was not forked", metadata={TITLE: f"{title} (fork)"}, **given
        )
        if thread_id is not None and await self._open_branch(thread_id):
            self.hint("This is the fork. The other thread is unchanged.")

    # Deleting

    def _ask_to_delete_message(self, block: Block) -> None:
        from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen

        conversation = self._idle()
        if conversation is None:
            return

        def answered(answer: str | None) -> None:
            if answer == YES:
                self.spawn(self._delete_message(conversation, block.entry.id), "edit")

        told = "It leaves this thread for good, and models no longer receive it. Other branches keep it."
        self.app.push_screen(ConfirmScreen("Delete this message?", told, "Delete for good", "Keep"), answered)

    async def _delete_message(self, conversation: Conversation, message_id: str) -> None:
        from aimltui.wire.errors import APIError, NotFound

        workspace = self.workspace
        assert workspace is not None
        try:
            await workspace.client.messages.delete(conversation.thread_id or "", message_id)
        except NotFound:
            # another window was faster
            pass
        except (APIError, TransportError) as error:
            self.show_notice(f"The message was not deleted. {error}", is_warning=True)
            return
        conversation.remove_entry(message_id)
        await workspace.host.unsaid(conversation)
        await workspace.branches.refresh(conversation)

    async def _copy_thread(self, failed: str, **given: Any) -> str | None:
        """Copy the open thread; return the copy's id, or None if that failed, which is shown."""
        from aimltui.wire.branches import CopyThread
        from aimltui.wire.errors import APIError

        workspace = self.workspace
        assert workspace is not None
        try:
            return await workspace.branches.copy(
                CopyThread(thread_id=workspace.current.thread_id or "", **given)
            )
        except Unsupported:
            self.show_notice(f"{failed}. {_NO_BRANCHES}", is_warning=True)
        except (APIError, TransportError) as error:
            self.show_notice(f"{failed}. {error}", is_warning=True)
        return None

    async def _open_branch(self, thread_id: str) -> bool:
        """Open a thread; return whether it is the open one then."""
        self.go_to(thread_id)
        opening = [worker for worker in self.workers if worker.group == "open"]
        if opening:
            await self.workers.wait_for_complete(opening)
        return self.workspace is not None and self.workspace.current.thread_id == thread_id
