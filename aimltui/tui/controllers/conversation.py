"""Conversation: one thread as somebody works with it: its view, its queue, its choices, its way to the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aimltui.tui.controllers.change_buffer import ChangeBuffer
from aimltui.tui.state.entries import CardAction, ErrorEntry, NoticeEntry, QueuedEntry
from aimltui.tui.state.thread_view import ThreadView
from aimltui.wire.runs import Run


@dataclass
class Selection:
    """What was chosen for a thread; None where nothing was."""

    model: str | None = None
    assistant_id: str | None = None
    connection: str | None = None
    """The connection that the model belongs to; without a model, the one that answered last."""


@dataclass
class Queue:
    """Messages that wait for the end of a run, oldest first."""

    waiting: list[QueuedEntry] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.waiting)

    def __len__(self) -> int:
        return len(self.waiting)


class Conversation:
    """A thread that is open, or that works in the background.

    Args:
        thread_id: None until the first message is sent.
        assistant_names: Assistant id to name.
        changed: Called when there is something for the screen to take.
    """

    def __init__(
        self,
        thread_id: str | None,
        assistant_names: Mapping[str, str],
        changed: Callable[[Conversation], None],
    ) -> None:
        self.thread_id = thread_id
        self.view = ThreadView(assistant_names)
        self.selection = Selection()
        self.queue = Queue()
        self.buffer = ChangeBuffer(lambda: changed(self))
        self.is_loaded = thread_id is None
        self.has_more = False
        """True if the server has older messages than those shown."""
        self.is_sending = False
        """True from the user's enter to the end of the run."""
        self.is_stopping = False
        self.unsent_card: str | None = None
        """The card that says why the last message was not sent; the next attempt takes it away."""

        self._lost_card: str | None = None

    @property
    def is_lost(self) -> bool:
        """True while a card says that the connection to its run was lost."""
        return self._lost_card is not None

    @property
    def is_busy(self) -> bool:
        """True while a new message has to wait."""
        return self.is_sending or self.view.active_run is not None

    @property
    def run(self) -> Run | None:
        """The newest run."""
        return self.view.latest_run

    def enqueue(self, text: str, *, first: bool = False) -> None:
        """Let a message wait, behind the others or before them."""
        entry = QueuedEntry(self.view.new_id("queued"), text)
        self.queue.waiting.insert(0 if first else len(self.queue), entry)
        self.buffer.add(self.view.add_local(entry, first=first), at_once=True)

    def dequeue(self, place: int = 0) -> str | None:
        """Take a message out of the queue: the oldest, or with -1 the newest."""
        if not self.queue.waiting:
            return None
        entry = self.queue.waiting.pop(place)
        self.buffer.add(self.view.remove(entry.id), at_once=True)
        return entry.text

    def dequeue_all(self) -> str:
        """Take everything out of the queue, as one text."""
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
        """Put a card at the end; answers its id."""
        card = ErrorEntry(self.view.new_id("error"), title, detail, remedy, request_id, actions)
        self.buffer.add(self.view.add_local(card), at_once=True)
        return card.id

    def show_notice(self, text: str) -> str:
        """Put a remark at the end; answers its id, to take it away again."""
        entry = NoticeEntry(self.view.new_id("remark"), text, "warning")
        self.buffer.add(self.view.add_local(entry), at_once=True)
        return entry.id

    def retry(self) -> None:
        """Something is to be sent: what stood in the way of the last attempt is said anew if it still does."""
        if self.unsent_card is not None:
            self.remove_entry(self.unsent_card)
            self.unsent_card = None

    def mark_lost(self, card: str) -> None:
        """The connection to the run was lost, and this card says so."""
        self.mark_reachable()
        self._lost_card = card

    def mark_reachable(self) -> None:
        """The server answers: a card that says otherwise goes."""
        if self._lost_card is not None:
            self.remove_entry(self._lost_card)
            self._lost_card = None

    def remove_entry(self, entry_id: str) -> None:
        """Remove an entry of the program's own."""
        self.buffer.add(self.view.remove(entry_id))
