"""Textual messages from the workspace to the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.saved_prompts import SavedPrompt

if TYPE_CHECKING:
    from aimltui.tui.controllers.comparison import Comparison
    from aimltui.tui.controllers.conversation import Conversation


@dataclass
class ConversationChanged(Message):
    """A conversation has changes in its buffer: its entries, or the state of its run."""

    conversation: Conversation


class ThreadListChanged(Message):
    """The list of threads has changed."""


@dataclass
class TextReturned(Message):
    """Text was not sent and goes back into the prompt."""

    conversation: Conversation
    text: str

    @classmethod
    def of_command(cls, conversation: Conversation, command: str, argument: str) -> TextReturned:
        """A command that did nothing, if something was written behind it."""
        return cls(conversation, f"{command} {argument.strip()}" if argument.strip() else "")


@dataclass
class NoticePosted(Message):
    """The user should see a sentence that belongs to no entry of a thread."""

    text: str
    is_warning: bool = False


@dataclass
class AnswerCompleted(Message):
    """A run of this window has completed."""

    conversation: Conversation


class CallsChanged(Message):
    """Calls of functions or pieces of code need a decision, or no longer need one."""


@dataclass
class EditSubmitted(Message):
    """An earlier message was edited, and is sent again as another branch."""

    message_id: str
    draft: str


@dataclass
class BranchWanted(Message):
    """The user wants to see another branch of the conversation."""

    entry_id: str
    """The message at which the branches differ."""
    step: int
    """-1 for the branch before, 1 for the one behind."""


@dataclass
class BranchChosen(Message):
    """The user chose a thread of the conversation."""

    thread_id: str


@dataclass
class ComparisonStarted(Message):
    """Several models answer one message."""

    comparison: Comparison


@dataclass
class SavedPromptWanted(Message):
    """The user asks for a saved prompt."""

    prompt: SavedPrompt
    rest: str
    """What stands behind its slash word."""
