"""DraftKeeper: saves the text in the prompt, one draft per thread, and brings it back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from aimltui.common.temporary import NEW_TEMPORARY
from aimltui.tui.storage.drafts import NEW_THREAD, joined

if TYPE_CHECKING:
    from aimltui.tui.controllers.conversation import Queue
    from aimltui.tui.controllers.file_worker import FileWorker
    from aimltui.tui.state.run_options import OptionState
    from aimltui.tui.storage.drafts import DraftStore, OtherDraft

_PAUSE_S = 0.3
"""Seconds without typing after which the draft is saved."""


class OpenThread(Protocol):
    """The open conversation, as far as drafts need it."""

    @property
    def thread_id(self) -> str | None:
        """Its thread; None until the first message is sent."""
        ...

    @property
    def is_temporary(self) -> bool:
        """Whether nothing of it is written to disk."""
        ...

    @property
    def options(self) -> OptionState:
        """The options of its runs."""
        ...


class Queueing(OpenThread, Protocol):
    """A conversation, as far as saving its queue needs it."""

    @property
    def queue(self) -> Queue:
        """The messages that wait for its run to end."""
        ...


class Prompt(Protocol):
    """The prompt, as far as drafts need it."""

    @property
    def draft(self) -> str:
        """All of its text."""
        ...

    def load_draft(self, text: str) -> None:
        """Replace its text."""
        ...


class Timer(Protocol):
    """A timer that can be stopped before it fires."""

    def stop(self) -> None:
        """Never fire."""
        ...


def key_of(thread: OpenThread) -> str:
    """Return the name under which the draft of a conversation is saved."""
    return thread.thread_id or (NEW_TEMPORARY if thread.is_temporary else NEW_THREAD)


class DraftKeeper:
    """Moves drafts between the prompt and the disk. The disk is read and written outside the event loop.

    Args:
        store: The drafts on the disk.
        files: The worker that reads and writes them.
        prompt: Returns the prompt.
        current: Returns the open conversation; None before there is a connection.
        call_later: Calls a function after so many seconds.
        found_others: Called with the number of other drafts of a thread that was opened, if there are any.
    """

    def __init__(
        self,
        store: DraftStore,
        files: FileWorker,
        prompt: Callable[[], Prompt],
        current: Callable[[], OpenThread | None],
        call_later: Callable[[float, Callable[[], None]], Timer],
        found_others: Callable[[int], None],
    ) -> None:
        self._store = store
        self._files = files
        self._prompt = prompt
        self._current = current
        self._call_later = call_later
        self._found_others = found_others
        self._timer: Timer | None = None
        self._is_loaded = False
        """Whether the open thread's saved draft is in the prompt; saving before that would overwrite it."""
        self._visit = 0
        """Counts the threads that were opened: a draft that is read too late belongs to another thread."""
        self._seen: tuple[OpenThread, str] | None = None
        self._queues: WeakKeyDictionary[OpenThread, tuple[str, tuple[str, ...]]] = WeakKeyDictionary()
        """What is saved of each conversation's queue, and under which key."""
        self._options: WeakKeyDictionary[OpenThread, tuple[str, str]] = WeakKeyDictionary()
        """The same of the options for its next run."""

    @property
    def key(self) -> str:
        """The name under which the open thread's draft is saved."""
        current = self._current()
        return key_of(current) if current is not None else NEW_THREAD

    async def last_thread(self) -> str | None:
        """The thread that was open last, if one was noted."""
        return await self._files.read(self._store.last_thread)

    def note_open_thread(self) -> None:
        """Remember which thread is open, for the next start."""
        current = self._current()
        if current is not None and not current.is_temporary:
            self._files.write(partial(self._store.note_last_thread, current.thread_id))

    def note_change(self) -> None:
        """The text in the prompt has changed: save it when the typing pauses."""
        self._stop_timer()
        self._timer = self._call_later(_PAUSE_S, self._save)

    def save_now(self) -> None:
        """Save the open thread's draft at once."""
        self._stop_timer()
        self._save()

    def leave(self) -> int:
        """Save the draft of the open thread and empty the prompt, before another thread is opened.

        Returns:
            The number of this visit, for `enter`.
        """
        self.save_now()
        if self._is_loaded:
            self._files.write(partial(self._store.release, self.key))
        else:
            # typed while the saved draft was still being read
            self.join(self.key, behind=self._prompt().draft)
        self._is_loaded = False
        self._prompt().load_draft("")
        self._visit += 1
        return self._visit

    async def enter(self, visit: int = 0) -> None:
        """Load the open thread's draft into the prompt, before what has been typed in the meantime.

        Args:
            visit: What `leave` returned; if another thread was opened since, nothing happens.
        """
        if visit != self._visit:
            return
        key = self.key
        text, others, options = await self._files.read(
            lambda: (self._store.open(key), len(self._store.others(key)), self._store.options(key))
        )
        if visit != self._visit:
            self._files.write(partial(self._store.release, key))
            return
        self._is_loaded = True
        self._take_options(key, options)
        if text:
            prompt = self._prompt()
            prompt.load_draft("\n".join(part for part in (text, prompt.draft) if part))
        if others:
            self._found_others(others)

    def _take_options(self, key: str, text: str) -> None:
        """Use the saved options for the next run, unless others were set meanwhile."""
        from aimltui.tui.state.run_options import read

        current = self._current()
        if current is not None and text and not current.options.next:
            current.options.next = read(text)
            self._options[current] = (key, text)

    async def others(self) -> list[OtherDraft]:
        """The other drafts of the open thread, the newest first."""
        return await self._files.read(partial(self._store.others, self.key))

    async def exchange(self, name: str) -> bool:
        """Put another draft of the open thread into the prompt; the one that is there is offered from now on.

        Args:
            name: The other draft's name.

        Returns:
            False if it is gone.
        """
        visit, key = self._visit, self.key
        self.save_now()
        text = await self._files.read(partial(self._store.take, key, name))
        if text is not None and visit == self._visit:
            self._prompt().load_draft(text)
        return text is not None

    def follow_thread_id(self) -> None:
        """Rename the draft if the open conversation has received its thread id since the last call."""
        current = self._current()
        if current is None:
            return
        before, self._seen = self._seen, (current, self.key)
        if before is not None and before[0] is current and before[1] != self.key:
            self._write(before[1], "")
            self._save()
            self.note_open_thread()

    def note_queue(self, conversation: Queueing) -> None:
        """Save the messages that wait in a conversation, if they have changed since the last call."""
        key = key_of(conversation)
        messages = tuple(entry.draft for entry in conversation.queue.waiting)
        before = self._queues.get(conversation)
        if (key, messages) == before or (before is None and not messages):
            return
        if before is not None and before[0] != key:
            self._files.write(partial(self._store.save_queue, before[0], ()))
        self._files.write(partial(self._store.save_queue, key, messages))
        self._queues[conversation] = (key, messages)

    def note_options(self, conversation: OpenThread) -> None:
        """Save the options for the next run of a conversation, if they have changed since the last call."""
        # late, because it imports wire models, which the first frame does without
        from aimltui.tui.state.run_options import written

        key, text = key_of(conversation), written(conversation.options.next)
        before = self._options.get(conversation)
        if (key, text) == before or (before is None and not text):
            return
        if before is not None and before[0] != key:
            self._files.write(partial(self._store.save_options, before[0], ""))
        self._files.write(partial(self._store.save_options, key, text))
        self._options[conversation] = (key, text)

    def join(self, key: str | None, *, before: str = "", behind: str = "") -> None:
        """Put text before or behind the saved draft of a thread, separated by an empty line.

        Args:
            key: The thread; None is the one that was open last.
            before: Text before it; empty is none.
            behind: Text behind it; empty is none.
        """
        if not (before.strip() or behind.strip()):
            return

        def work() -> str | None:
            at = key or self._store.last_thread() or NEW_THREAD
            return self._store.add(at, before=before, behind=behind)

        self._files.write(work)

    def hand_on(self, thread_id: str, to: str, *, before: str = "") -> None:
        """Move the saved draft of a thread to the one that takes its place.

        Args:
            thread_id: The thread, which is not open or is being left.
            to: The thread that takes its place.
            before: Text before the draft; empty is none.
        """

        def work() -> str | None:
            draft = self._store.open(thread_id)
            problem = self._store.add(to, before=before, behind=draft) if before or draft else None
            return problem or self._store.forget(thread_id)

        self._files.write(work)

    def forget(self, thread_id: str) -> None:
        """Delete the draft of a thread that was deleted."""
        self._files.write(partial(self._store.forget, thread_id))

    def end(self) -> None:
        """Leave all drafts to the next window: this one ends."""
        self._files.write(self._store.end)

    def save_at_end(self, waiting: str) -> None:
        """Save what was not sent as the open thread's draft: the program ends.

        Args:
            waiting: Messages that were not sent; they come before what is in the prompt.
        """
        self._stop_timer()
        text = joined((waiting, self._prompt().draft))
        if self._is_loaded:
            self._write(self.key, text)
            self._files.write(partial(self._store.release, self.key))
        else:
            self.join(self.key, behind=text)
        self.note_open_thread()

    def _save(self) -> None:
        if self._current() is not None and self._is_loaded:
            self._write(self.key, self._prompt().draft)

    def _write(self, key: str, text: str) -> None:
        self._files.write(partial(self._store.save, key, text))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
