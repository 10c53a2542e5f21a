"""FollowerHost: what the followers of runs need from the program, such as the plan of a run and the list of threads."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from textual.message import Message as TextualMessage

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import TransportError
from aimltui.common.dataclass import dataclass
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.controllers.branches import Branches
from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.controllers.conversation_guides import ConversationGuides
from aimltui.tui.controllers.function_calls import FunctionCalls
from aimltui.tui.controllers.messages import AnswerCompleted, TextReturned, ThreadListChanged
from aimltui.tui.controllers.run_plan import Plan
from aimltui.tui.controllers.run_planner import RunPlanner
from aimltui.tui.controllers.thread_directory import ThreadDirectory
from aimltui.tui.controllers.trash import Trash
from aimltui.tui.controllers.usage_tracker import UsageTracker
from aimltui.tui.state.addressee import Addressee
from aimltui.wire.errors import APIError
from aimltui.wire.runs import COMPLETED, Run, ToolOutput

Spawn = Callable[[Coroutine[Any, Any, None], str], None]
"""Runs a coroutine as a worker of the screen, in a group."""


@dataclass(frozen=True, kw_only=True)
class FollowerHost:
    """Plans runs, and takes over what sending and runs change outside their conversation; see `RunHost`."""

    client: AssistantsClient
    planner: RunPlanner
    assistants: AssistantDirectory
    directory: ThreadDirectory
    trash: Trash
    branches: Branches
    usage: UsageTracker
    guides: ConversationGuides
    calls: FunctionCalls | None
    """The calls that runs wait for; None if no functions are called here."""
    current: Callable[[], Conversation]
    """Returns the conversation on the screen."""
    begin_comparison: Callable[[Conversation], object]
    """Lets further models answer the message that the server has now, if the user wants to compare."""
    post: Callable[[TextualMessage], object]
    spawn: Spawn
    clock: Callable[[], float]
    """Unix seconds."""

    async def plan(
        self, conversation: Conversation, needs: frozenset[str] = frozenset(), to: Addressee | None = None
    ) -> Plan:
        """The thread (made if there is none yet), the assistant, the model and the tools of the next run."""
        return await self.planner.plan(conversation, needs, to)

    def said(self, conversation: Conversation, text: str) -> None:
        """The server has a message of the user; another window may have deleted the thread meanwhile."""
        threads = self.directory.state
        thread_id = conversation.thread_id or ""
        # one that is being stopped may have been deleted here, and its message is taken back
        if thread_id not in threads and not conversation.is_stopping:
            self.spawn(self._untrash(thread_id), "trash")
        threads.note_message(thread_id, text, int(self.clock()))
        self.post(ThreadListChanged())
        self.refresh_branches(conversation)
        self.begin_comparison(conversation)

    async def unsaid(self, conversation: Conversation) -> None:
        """A message was taken back: the thread may have other first words."""
        self.guides.show(conversation)
        with suppress(APIError, TransportError):
            await self.directory.refresh((), self.current().thread_id)

    async def _untrash(self, thread_id: str) -> None:
        with suppress(APIError, TransportError):
            if (await self.client.threads.get(thread_id)).trashed_at is not None:
                await self.trash.restore(thread_id)

    def run_moved(self, conversation: Conversation, run: Run) -> None:
        """The run has another status."""
        is_open = conversation is self.current()
        self.directory.state.note_run(conversation.thread_id or "", run.id, run.status, is_open=is_open)
        self.post(ThreadListChanged())
        if self.calls is not None:
            self.calls.run_moved(run)
        conversation.buffer.notify()
        if run.is_terminal:
            self.spawn(self.usage.refresh(), "usage")
            if run.status == COMPLETED:
                self.post(AnswerCompleted(conversation))
            self.refresh_branches(conversation)

    def refresh_branches(self, conversation: Conversation) -> None:
        """Look which branches the conversation's thread has."""
        self.spawn(self.branches.refresh(conversation), "branches")

    def give_back(self, conversation: Conversation, text: str) -> None:
        """Return text to the prompt that was not sent."""
        self.post(TextReturned(conversation, text))
        self.guides.show(conversation)

    def forget_assistant(self, assistant_id: str) -> bool:
        """The assistant was deleted; True if the next plan will have another one."""
        return self.assistants.forget(assistant_id)

    def answers_calls(self) -> bool:
        """Whether functions can be called here."""
        return self.calls is not None and not self.calls.is_closed

    async def answer_calls(self, run: Run, *, is_own: bool) -> list[ToolOutput] | None:
        """An output for each call that a run waits for; see `RunHost.answer_calls`."""
        assert self.calls is not None
        return await self.calls.answer(run, is_own=is_own)
