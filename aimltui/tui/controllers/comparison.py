"""Comparison: several models or assistants answer one message, each in a branch. A branch is a thread, so nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from textual.message import Message as TextualMessage

from aimltui.client.errors import TransportError, Unsupported
from aimltui.common.dataclass import dataclass
from aimltui.tui.controllers.messages import ComparisonStarted
from aimltui.tui.state.answerers import Answerer
from aimltui.tui.state.attached_files import parted, with_files
from aimltui.wire.branches import CopyThread
from aimltui.wire.errors import APIError

if TYPE_CHECKING:
    from aimltui.tui.controllers.branches import Branches
    from aimltui.tui.controllers.conversation import Conversation
    from aimltui.tui.controllers.open_conversations import OpenConversations
    from aimltui.tui.controllers.selection_keeper import SelectionKeeper
    from aimltui.tui.controllers.thread_loader import ThreadLoader

FEWEST: Final = 2
MOST: Final = 4
"""How many models answer at once."""
_NO_BRANCHES = "This server cannot copy threads, so only one model can answer here."
_STOPPED = "Stopped before it began."


@dataclass(eq=False)
class Column:
    """One of the answers: the model or the assistant, and the branch in which it answers."""

    answerer: Answerer
    conversation: Conversation | None = None
    """None until the branch exists."""
    problem: str = ""
    """Why there is no branch."""


@dataclass(eq=False)
class Comparison:
    """The answers to one message, in the order of the models."""

    question: str
    columns: Sequence[Column]
    is_stopped: bool = False
    """Whether the user stopped all of them: then no further one begins."""
    changed: Callable[[], object] = field(default=lambda: None)
    """Called when a branch begins, or cannot begin."""

    @property
    def is_running(self) -> bool:
        """Whether an answer is being written, or is about to be."""
        return any(_is_running(column) for column in self.columns)


def _is_running(column: Column) -> bool:
    conversation = column.conversation
    return conversation.is_busy if conversation is not None else not column.problem


class Comparisons:
    """Begins comparisons.

    The message and the first answer are in the thread itself, the other answers in copies of it up to the message.

    Args:
        branches: Copies threads.
        conversations: Holds the conversations of the copies.
        loader: Reads the copies.
        selections: Saves the model of the thread.
        answer: Starts a run for the last message of a conversation.
        post: Sends a message to the screen.
        spawn: Starts a worker.
    """

    def __init__(
        self,
        branches: Branches,
        conversations: OpenConversations,
        loader: ThreadLoader,
        selections: SelectionKeeper,
        *,
        answer: Callable[[Conversation], object],
        post: Callable[[TextualMessage], object],
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
    ) -> None:
        self._branches = branches
        self._conversations = conversations
        self._loader = loader
        self._selections = selections
        self._answer = answer
        self._post = post
        self._spawn = spawn

    def prepare(self, conversation: Conversation, draft: str) -> str:
        """Let the first model answer in the conversation itself; return the message as it is sent.

        Args:
            conversation: Its next message goes to several models.
            draft: The message; an assistant that it is addressed to would answer instead of those that are compared.
        """
        first = conversation.compared[0]
        conversation.selection.let_answer(first)
        conversation.keeps_message = True
        self._spawn(self._selections.let_answer(conversation, first), "choice")
        return with_files(*parted(draft))

    def begin(self, conversation: Conversation) -> None:
        """Let the other models answer, too: the server has the message now."""
        answerers, conversation.compared = conversation.compared, ()
        question = conversation.view.facts.question()
        if not answerers or question is None or conversation.thread_id is None:
            return
        columns = [Column(answerer) for answerer in answerers]
        columns[0].conversation = conversation
        conversation.buffer.share_frames(len(columns))
        comparison = Comparison(question.text, columns)
        self._post(ComparisonStarted(comparison))
        self._spawn(self._begin_others(comparison, conversation.thread_id, question.id), "compare")

    async def _begin_others(self, comparison: Comparison, thread_id: str, question_id: str) -> None:
        """Begin the other answers one after the other, so that the branches are numbered as the columns."""
        for column in comparison.columns[1:]:
            if comparison.is_stopped:
                column.problem = _STOPPED
                comparison.changed()
                continue
            copy = CopyThread(
                thread_id=thread_id,
                through=question_id,
                branch=True,
                metadata=column.answerer.metadata,
            )
            try:
                copy_id = await self._branches.copy(copy)
            except Unsupported:
                column.problem = _NO_BRANCHES
            except (APIError, TransportError) as error:
                column.problem = str(error)
            else:
                self._spawn(self._begin_run(comparison, column, copy_id), "compare")
            comparison.changed()

    async def _begin_run(self, comparison: Comparison, column: Column, thread_id: str) -> None:
        conversation = self._conversations.hold(thread_id)
        conversation.buffer.share_frames(len(comparison.columns))
        await self._loader.read(conversation)
        column.conversation = conversation
        if comparison.is_stopped:
            conversation.show_notice(_STOPPED)
        elif conversation.is_loaded:
            self._answer(conversation)
        comparison.changed()
