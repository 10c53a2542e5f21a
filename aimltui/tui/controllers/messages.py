"""Textual messages that cross widgets: what the workspace tells the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from aimltui.tui.code_consent import Question
    from aimltui.tui.controllers.conversation import Conversation


@dataclass
class ConversationChanged(Message):
    """A conversation has changes to take: what stands in it, or what its run does."""

    conversation: Conversation


class ThreadListChanged(Message):
    """The list of threads looks different now."""


@dataclass
class TextReturned(Message):
    """Text that was to be sent and was not: it belongs back into the prompt."""

    conversation: Conversation
    text: str


@dataclass
class NoticePosted(Message):
    """A sentence for the user that belongs to no place in a thread."""

    text: str
    is_warning: bool = False


@dataclass
class ApprovalRequested(Message):
    """A run waits for the user's word about a piece of code."""

    question: Question


@dataclass
class ApprovalSettled(Message):
    """It does not wait any more."""

    question: Question
