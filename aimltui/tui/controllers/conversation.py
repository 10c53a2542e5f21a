"""Conversation: an open thread with its view, its queue of messages, its selection and its changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Protocol

from aimltui.common.dataclass import dataclass
from aimltui.common.temporary import is_temporary as temporary_thread
from aimltui.tui.controllers.change_buffer import ChangeBuffer
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.answerers import Answerer
from aimltui.tui.state.attached_files import addressee_of, parted
from aimltui.tui.state.entries import CardAction, Change, ErrorEntry, MessageEntry, NoticeEntry, QueuedEntry
from aimltui.tui.state.run_options import OptionState
from aimltui.tui.state.thread_view import ThreadView
from aimltui.wire.runs import Run


@dataclass
class Selection:
    """The model and the assistant that the user chose for a thread; None where nothing was chosen."""

    model: str | None = None
    assistant_id: str | None = None
    connection: str | None = None
    """The connection that the model belongs to; without a model, the one that answered last."""
    tools: str | None = None
    """Whether hosted tools are offered: on, off or auto."""
    web: str | None = None
    """Whether the model may use the web: on or off."""

    def let_answer(self, answerer: Answerer) -> None:
        """Choose a model, or an assistant with its own model."""
        if answerer.is_assistant:
            self.assistant_id, self.model, self.connection = answerer.id, None, None
        else:
            self.model, self.connection = answerer.id, answerer.connection or None


@dataclass
class Queue:
    """Messages that are sent when the run is over, oldest first."""

    waiting: list[QueuedEntry] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.waiting)

    def __len__(self) -> int:
        return len(self.waiting)


class Answering(Protocol):
    """What decides which assistant answers, and with which model: a conversation, or one message of it."""

    @property
    def selection(self) -> Selection:
        """What was chosen."""
        ...

    def run_of(self, assistant_id: str | None) -> Run | None:
        """The newest run of an assistant; the newest of any if it has none."""
        ...


@dataclass(frozen=True)
class Addressed:
    """A conversation in which another assistant answers one message, with its own model."""

    selection: Selection

    @classmethod
    def by(cls, conversation: Conversation, assistant_id: str) -> Addressed:
        """The next message is answered by this assistant; what was chosen about tools holds for it, too."""
        model, connection = conversation.retry_with or (None, None)
        selection = conversation.selection
        return cls(replace(selection, model=model, connection=connection, assistant_id=assistant_id))

    def run_of(self, assistant_id: str | None) -> Run | None:
        """None: its model does not follow from earlier runs."""
        return None


class Conversation:
    """A thread that is open, or whose run continues in the background.

    Args:
        thread_id: None until the first message is sent.
        assistant_names: Assistant id to name.
        changed: Called when there are changes for the screen.
        is_temporary: Whether a thread that is made for it is only in memory.
    """

    def __init__(
        self,
        thread_id: str | None,
        assistant_names: Mapping[str, str],
        changed: Callable[[Conversation], None],
        *,
        is_temporary: bool = False,
    ) -> None:
        self.thread_id = thread_id
        self.is_temporary = is_temporary or temporary_thread(thread_id)
        """Whether nothing of it is written to disk."""
        self.view = ThreadView(assistant_names)
        self.selection = Selection()
        self.options = OptionState()
        self.queue = Queue()
        self.buffer = ChangeBuffer(lambda: changed(self))
        self.is_loaded = thread_id is None
        self.has_more = False
        """True if the server has older messages than those shown."""
        self.is_sending = False
        """True from the sending of a message to the end of its run."""
        self.is_stopping = False
        self.compared: tuple[Answerer, ...] = ()
        """The models that answer the next message side by side; empty where one answers."""
        self.choice: object | None = None
        """The choice of models for the next message that is being made: the message waits for it."""
        self.keeps_message = False
        """True if a message stays whose run is stopped before the first token: other branches have it, too."""
        self.shown_beside: Callable[[Sequence[Change] | None], object] | None = None
        """Shows the changes in another place than the transcript of the main screen."""
        self.is_expected = False
        """True once the user writes a message."""
        self.retry_with: tuple[str, str | None] | None = None
        """The model and the connection with which an addressed assistant answers the last message when it is sent again;
        None for its own."""
        self.unsent_card: str | None = None
        """The card that says why the last message was not sent; the next attempt removes it."""

        self._lost_card: str | None = None

    @property
    def is_lost(self) -> bool:
        """Whether a card says that the connection to the run was lost."""
        return self._lost_card is not None

    @property
    def is_busy(self) -> bool:
        """Whether a new message must wait."""
        return self.is_sending or self.view.runs.active is not None

    @property
    def run(self) -> Run | None:
        """The newest run."""
        return self.view.runs.latest

    def run_of(self, assistant_id: str | None) -> Run | None:
        """The newest run of an assistant; the newest of any if it has none."""
        return self.view.runs.latest_of(assistant_id)

    @property
    def last_addressee(self) -> Addressee | None:
        """The assistant that the last message of the user is addressed to; None for the thread's."""
        said = (e for e in reversed(self.view.entries) if isinstance(e, MessageEntry) and e.role == "user")
        last = next(said, None)
        return last.to if last is not None else None

    def enqueue(self, draft: str, *, first: bool = False) -> None:
        """Add a message with its files to the queue, at the end or at the start."""
        entry = QueuedEntry(self.view.new_id("queued"), *parted(draft), addressee_of(draft))
        self.queue.waiting.insert(0 if first else len(self.queue), entry)
        self.buffer.add(self.view.add_local(entry, first=first), at_once=True)

    def dequeue(self, place: int = 0) -> str | None:
        """Remove a message from the queue and return it: the oldest, or with -1 the newest."""
        if not self.queue.waiting:
            return None
        entry = self.queue.waiting.pop(place)
        self.buffer.add(self.view.remove(entry.id), at_once=True)
        return entry.draft

    def dequeue_all(self) -> str:
        """Empty the queue and return its messages as one text."""
        texts: list[str] = []
        while (text := self.dequeue()) is not None:
            texts.append(text)
        return "\n\n".join(texts)

    def show_error(
        self,
        title: str,
        detail: str,
        remedy: str = "",
        request_id: str | None = None,
        actions: tuple[CardAction, ...] = (),
    ) -> str:
        """Add an error card at the end and return its id."""
        card = ErrorEntry(self.view.new_id("error"), title, detail, remedy, request_id, actions)
        self.buffer.add(self.view.add_local(card), at_once=True)
        return card.id

    def show_notice(self, text: str) -> str:
        """Add a notice at the end and return its id, by which it can be removed."""
        entry = NoticeEntry(self.view.new_id("remark"), text, "warning")
        self.buffer.add(self.view.add_local(entry), at_once=True)
        return entry.id

    def retry(self) -> None:
        """Remove the card of the last attempt to send: a new attempt starts."""
        if self.unsent_card is not None:
            self.remove_entry(self.unsent_card)
            self.unsent_card = None

    def mark_lost(self, card: str) -> None:
        """Note the card that says that the connection to the run was lost."""
        self.mark_reachable()
        self._lost_card = card

    def mark_reachable(self) -> None:
        """Remove the card that says that the connection was lost: the server answers."""
        if self._lost_card is not None:
            self.remove_entry(self._lost_card)
            self._lost_card = None

    def remove_entry(self, entry_id: str) -> None:
        """Remove an entry that the server does not have."""
        self.buffer.add(self.view.remove(entry_id))
