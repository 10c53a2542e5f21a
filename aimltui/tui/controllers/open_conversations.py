"""OpenConversations: the conversation on the screen and those in which something still happens."""

from __future__ import annotations

from collections.abc import Callable

from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.controllers.pending_decisions import PendingDecisions
from aimltui.tui.controllers.run_follower import RunFollower


class OpenConversations:
    """Holds conversations, and the follower of the runs of each.

    Args:
        new: Makes a conversation of a thread; None for one without a thread, which is temporary for True.
        follower: Makes the follower of a conversation's runs.
        decisions: What needs a decision of the user.
    """

    def __init__(
        self,
        new: Callable[[str | None, bool], Conversation],
        follower: Callable[[Conversation], RunFollower],
        decisions: PendingDecisions,
    ) -> None:
        self._new = new
        self._make_follower = follower
        self._decisions = decisions
        self._by_thread: dict[str, Conversation] = {}
        self._followers: dict[Conversation, RunFollower] = {}
        self.current = new(None, False)

    def show_new(self, *, is_temporary: bool = False) -> Conversation:
        """Show a conversation without a thread instead of the current one."""
        self._leave()
        self.current = self._new(None, is_temporary)
        return self.current

    def show(self, thread_id: str) -> Conversation:
        """Show the conversation of a thread instead of the current one."""
        self._leave()
        self.current = self.hold(thread_id)
        self.current.buffer.is_behind = False
        return self.current

    def find(self, thread_id: str) -> Conversation | None:
        """Return the conversation of a thread if it is held."""
        return self._by_thread.get(thread_id)

    def hold(self, thread_id: str) -> Conversation:
        """Return the conversation of a thread, and hold it; the current one stays on the screen."""
        conversation = self._by_thread.get(thread_id)
        if conversation is None:
            conversation = self._by_thread[thread_id] = self._new(thread_id, False)
        return conversation

    def add(self, conversation: Conversation) -> None:
        """Hold a conversation that has got its thread."""
        assert conversation.thread_id is not None
        self._by_thread[conversation.thread_id] = conversation

    def follower(self, conversation: Conversation) -> RunFollower:
        """Return the follower of a conversation's runs."""
        follower = self._followers.get(conversation)
        if follower is None:
            follower = self._followers[conversation] = self._make_follower(conversation)
        return follower

    @property
    def writing(self) -> list[Conversation]:
        """The conversations with an answer that was asked for here, is being written and needs no decision."""
        return [conversation for conversation in self._all() if self._is_writing(conversation)]

    def _is_writing(self, conversation: Conversation) -> bool:
        run = conversation.view.runs.active
        if not conversation.is_sending or self._decisions.has_calls(conversation.thread_id):
            return False
        if run is None:
            # a message is on its way; once its run has ended, nothing is left that quitting could cut off
            return bool(conversation.queue) or not conversation.view.facts.ends_with_run
        return run.id in self.follower(conversation).own_runs

    def close(self) -> None:
        """Announce no more changes."""
        for conversation in self._all():
            conversation.buffer.close()

    def _all(self) -> list[Conversation]:
        return list(dict.fromkeys([*self._by_thread.values(), self.current]))

    def _leave(self) -> None:
        """Forget the conversations in which nothing happens: the server has them."""
        self.current.buffer.is_behind = self.current.shown_beside is None
        for thread_id, conversation in list(self._by_thread.items()):
            if not conversation.is_sending and not conversation.queue:
                conversation.buffer.close()
                del self._by_thread[thread_id]
                self._followers.pop(conversation, None)
