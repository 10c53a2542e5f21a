"""The main screen's part for the model's context: summaries that stand for earlier messages, and notes to remember."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from aimltui.formatting.numbers import plural
from aimltui.tui.controllers.messages import AnswerCompleted, TextReturned
from aimltui.tui.screens.main.view import OFFER_S, ScreenPart
from aimltui.tui.state.entries import MessageEntry
from aimltui.tui.state.summary_marks import is_replaced_in

if TYPE_CHECKING:
    from aimltui.local_tools.memory import Memory
    from aimltui.tui.controllers.compaction import Compaction, Reading
    from aimltui.tui.controllers.conversation import Conversation
    from aimltui.tui.controllers.workspace import Workspace
    from aimltui.tui.startup import Startup
    from aimltui.tui.state.blocks import Block

log = logging.getLogger(__name__)

UNDO = "undo"
_ALL = "all"
_LEAST = 2
"""Messages of a thread that is worth a summary."""


class ContextPart(ScreenPart):
    """Makes and undoes summaries, and saves notes."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self.block_actions |= {"pin_message": self._pin_message}
        self._undone: set[str] = set()
        """Threads whose summary the user took back: they are not summarized by themselves again."""

    def action_compact(self, wish: str = "") -> None:
        """Let the model summarize the open thread; with `undo`, take the last summary back."""
        if self.waits_for_start(f"compact({wish!r})") or self.workspace is None:
            return
        conversation = self.workspace.current
        if conversation.is_busy:
            self.show_notice("Wait for the end of the answer, or stop it. Then send /compact again.")
            self.post_message(TextReturned.of_command(conversation, "/compact", wish))
        elif wish.strip().lower() == UNDO:
            self.spawn(self._undo_summary(self.workspace, conversation), "compact")
        else:
            self.spawn(self._compact(self.workspace, conversation, wish), "compact")

    def on_answer_completed(self, event: AnswerCompleted) -> None:
        """Summarize a thread that fills as much of the context as the settings say."""
        used = event.conversation.view.runs.usage
        share = 100 * (used.context_tokens or 0) / (used.context_length or 1) if used.context_length else 0
        is_wanted = 0 < self.startup.compact_at <= share and self.workspace is not None
        if is_wanted and event.conversation.thread_id not in self._undone:
            self.spawn(self._compact_quietly(event.conversation, share), "compact")

    async def _compact_quietly(self, conversation: Conversation, share: float) -> None:
        from aimltui.client.errors import TransportError
        from aimltui.common.errors import AimltuiError
        from aimltui.wire.errors import APIError

        assert self.workspace is not None
        compaction = self._compaction(self.workspace)
        try:
            reading = await compaction.read(conversation)
            if reading.count < _LEAST:
                return
            text = ""
            async for written in compaction.summarize(conversation, reading):
                text = written
            await compaction.save(conversation, reading, text)
        except (APIError, TransportError, AimltuiError):
            # the next answer tries again: the user may have gone on meanwhile
            log.info("a thread was not summarized", exc_info=True)
            return
        told = f"The context was {share:.0f} % full, so {plural(reading.count, 'message')} were summarized."
        self.show_notice(f"{told} /compact undo takes it back.")

    def action_remember(self, note: str = "") -> None:
        """Save a note for the assistant of the open thread, or after the word `all` for every one."""
        if self.waits_for_start(f"remember({note!r})") or self.workspace is None:
            return
        tools = self.workspace.connected.local_tools
        memory = tools.memory if tools is not None else None
        if memory is None:
            self.show_notice(
                "The note was not saved, since memory is off: switch Memory on in the settings (F2), then start aimltui again."
            )
            self.post_message(TextReturned.of_command(self.workspace.current, "/remember", note))
        else:
            self.spawn(self._remember(memory, self.workspace, note.strip()), "remember")

    async def _remember(self, memory: Memory, workspace: Workspace, note: str) -> None:
        from aimltui.common.errors import AimltuiError

        written, conversation = note, workspace.current
        for_all, _, rest = note.partition(" ")
        owner = workspace.run_tools.owner(workspace.assistants.id_of(workspace.current))
        if for_all.lower() == _ALL:
            owner, note = None, rest.strip()
        if not note:
            told = f"Write the note after the word, as in /remember I use metric units. The notes are in {memory.file_of(owner)}, which you can edit."
            self.show_notice(told)
            return
        try:
            path = await memory.add(note, owner)
        except AimltuiError as error:
            self.show_notice(f"The note was not saved. {error}", is_warning=True)
            self.post_message(TextReturned.of_command(conversation, "/remember", written))
        else:
            self.show_notice(f"Saved. The next answers know it. To change it, edit {path}.")

    def _pin_message(self, block: Block) -> None:
        """Pin the marked message, or take its pin away."""
        if self.workspace is not None and isinstance(block.entry, MessageEntry):
            self.spawn(self._save_message_pin(self.workspace.current, block.entry), "pin")

    async def _save_message_pin(self, conversation: Conversation, entry: MessageEntry) -> None:
        from aimltui.client.errors import TransportError
        from aimltui.wire.errors import APIError
        from aimltui.wire.messages import PINNED, ModifyMessage

        assert self.workspace is not None
        is_pinned = not entry.is_pinned
        params = ModifyMessage(
            thread_id=conversation.thread_id or "",
            message_id=entry.id,
            metadata={PINNED: "true" if is_pinned else ""},
        )
        try:
            await self.workspace.client.messages.modify(params)
        except (APIError, TransportError) as error:
            self.show_notice(f"The message was not pinned. {error}", is_warning=True)
            return
        conversation.buffer.add(conversation.view.show_pin(entry.id, is_pinned), at_once=True)
        if is_pinned:
            self.hint("Pinned: the model always gets this message whole.")
        elif is_replaced_in(conversation.view.entries, entry.id):
            # the summary was written without it if it was pinned then
            self.hint("No longer pinned. The summary below may lack it: p pins it again.", OFFER_S)
        else:
            self.hint("No longer pinned.")

    def _compaction(self, workspace: Workspace) -> Compaction:
        from aimltui.tui.controllers.compaction import Compaction

        return Compaction(workspace.client, workspace.planner.plan, workspace.loader.read, workspace.clock)

    async def _compact(self, workspace: Workspace, conversation: Conversation, wish: str) -> None:
        from aimltui.client.errors import TransportError
        from aimltui.tui.screens.dialogs.summary import SummaryScreen
        from aimltui.wire.errors import APIError

        compaction = self._compaction(workspace)
        try:
            reading = await compaction.read(conversation)
        except (APIError, TransportError) as error:
            self.show_notice(f"The thread could not be read. {error}", is_warning=True)
            self.post_message(TextReturned.of_command(conversation, "/compact", wish))
            return
        if reading.count < _LEAST:
            self.show_notice("There is nothing to summarize yet.")
            self.post_message(TextReturned.of_command(conversation, "/compact", wish))
            return
        about = (
            f"It stands for {plural(reading.count, 'message')} in what the model gets from now on. They stay in the thread, "
            "and /compact undo takes it back."
        )

        def answered(text: str | None) -> None:
            if text is not None:
                self.spawn(self._use_summary(compaction, conversation, reading, text), "compact")

        written = compaction.summarize(conversation, reading, wish)
        self.app.push_screen(SummaryScreen(about, written), answered)

    async def _use_summary(
        self, compaction: Compaction, conversation: Conversation, reading: Reading, text: str
    ) -> None:
        from aimltui.client.errors import TransportError
        from aimltui.common.errors import AimltuiError
        from aimltui.wire.errors import APIError

        try:
            await compaction.save(conversation, reading, text)
        except (APIError, TransportError, AimltuiError) as error:
            # what was written is not lost
            self.copy(text)
            self.show_notice(f"The summary was not saved, and was copied. {error}", is_warning=True)

    async def _undo_summary(self, workspace: Workspace, conversation: Conversation) -> None:
        from aimltui.client.errors import TransportError
        from aimltui.wire.errors import APIError

        try:
            was_there = await self._compaction(workspace).undo(conversation)
        except (APIError, TransportError) as error:
            self.show_notice(f"The summary was not taken back. {error}", is_warning=True)
            return
        if was_there and conversation.thread_id is not None:
            self._undone.add(conversation.thread_id)
        told = (
            "The summary was deleted: the model gets the messages again."
            if was_there
            else "This thread has no summary."
        )
        self.show_notice(told)
