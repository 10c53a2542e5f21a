"""ThreadListState: the threads with their titles, groups and marks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo

from aimltui.common.temporary import is_temporary
from aimltui.tui.state.families import families, family_of, last_used
from aimltui.tui.state.thread_lines import PINNED_GROUP, TEMPORARY_GROUP, Mark, ThreadRow
from aimltui.wire.runs import ACTIVE
from aimltui.wire.threads import PINNED, TITLE, LatestRun, Thread, ThreadSummary

NEW_TITLE = "New thread"
_TITLE_LENGTH = 60
_URGENT: tuple[Mark, ...] = ("needs_you", "running", "unread")
"""The marks that a row has if one of its branches has them, the most urgent first."""
_GROUPS = (TEMPORARY_GROUP, PINNED_GROUP, "Today", "Yesterday", "Older")


class ThreadListState:
    """The threads as the sidebar shows them.

    Args:
        zone: The time zone of days; None is the machine's.
    """

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._threads: dict[str, ThreadSummary] = {}
        self.opened: str | None = None
        """The thread that is open; the row of a conversation with several branches is that of the open one."""
        self._unread: set[str] = set()
        self._asking: frozenset[str] = frozenset()
        """Threads in which something on this machine needs a decision, whatever their run's status is."""

    def __contains__(self, thread_id: str) -> bool:
        return thread_id in self._threads

    def load(self, threads: Iterable[ThreadSummary], open_thread: str | None = None) -> None:
        """Replace all threads by the server's list; see `merge`."""
        fresh = {thread.id: thread for thread in threads}
        self.merge(fresh.values(), open_thread)
        self._threads = {key: thread for key, thread in self._threads.items() if key in fresh}
        self._unread &= self._threads.keys()

    def merge(self, threads: Iterable[ThreadSummary], open_thread: str | None = None) -> None:
        """Update some threads, without those in the trash.

        A thread that is not open becomes unread if its run has ended since the last update.
        """
        for thread in threads:
            if thread.trashed_at is not None:
                self.drop(thread.id)
                continue
            old = self._threads.get(thread.id)
            if old is not None and _is_active(old) and not _is_active(thread) and thread.id != open_thread:
                self._unread.add(thread.id)
            self._threads[thread.id] = thread

    def put(self, thread: Thread) -> None:
        """Add a thread, or update the metadata of a known one; one in the trash is removed."""
        old = self._threads.get(thread.id)
        if thread.trashed_at is not None:
            self.drop(thread.id)
        elif old is not None:
            self._threads[thread.id] = old.model_copy(update={"metadata": thread.metadata})
        else:
            self._threads[thread.id] = ThreadSummary.model_validate(thread.model_dump())

    def note_message(self, thread_id: str, text: str, at: int) -> None:
        """Something was said in the thread; the first words become its preview."""
        self._update(thread_id, last_active_at=at)
        thread = self._threads.get(thread_id)
        if thread is not None and not thread.preview:
            self._update(thread_id, preview=" ".join(text.split())[:200])

    def note_run(self, thread_id: str, run_id: str, status: str, *, is_open: bool) -> None:
        """Update the status of a thread's run."""
        old = self._threads.get(thread_id)
        if old is not None and _is_active(old) and status not in ACTIVE and not is_open:
            self._unread.add(thread_id)
        self._update(thread_id, latest_run=LatestRun(id=run_id, status=status))

    def mark_read(self, thread_id: str) -> None:
        """The user has opened the thread."""
        self._unread.discard(thread_id)

    def drop(self, thread_id: str) -> None:
        """Remove a thread."""
        self._threads.pop(thread_id, None)
        self._unread.discard(thread_id)

    def get(self, thread_id: str) -> ThreadSummary | None:
        """A thread by id."""
        return self._threads.get(thread_id)

    def title(self, thread_id: str | None) -> str:
        """The title of a thread."""
        thread = self._threads.get(thread_id or "")
        return title_of(thread) if thread is not None else NEW_TITLE

    @property
    def temporary(self) -> list[str]:
        """The temporary threads in which something was answered."""
        return [
            thread.id
            for thread in self._threads.values()
            if is_temporary(thread.id) and thread.latest_run is not None
        ]

    def is_pinned(self, thread_id: str) -> bool:
        """Whether a thread is pinned to the top."""
        thread = self._threads.get(thread_id)
        return thread is not None and _is_pinned(thread)

    def branches(self, thread_id: str) -> list[str]:
        """The threads of a conversation: this one and its other branches."""
        thread = self._threads.get(thread_id)
        if thread is None:
            return [thread_id]
        family = family_of(thread)
        return [other.id for other in self._threads.values() if family_of(other) == family]

    def neighbour(self, thread_id: str, now: float) -> str | None:
        """The thread to go to when this one is deleted with its branches: the next in the list, or the one before."""
        branches = self.branches(thread_id)
        ids = [thread_id if row.id in branches else row.id for row in self.rows(now)]
        if thread_id not in ids:
            return ids[0] if ids else None
        place = ids.index(thread_id)
        rest = [*ids[place + 1 :], *reversed(ids[:place])]
        return rest[0] if rest else None

    def rows(self, now: float) -> list[ThreadRow]:
        """All threads, grouped, the newest first in each group; the branches of a conversation are one row."""
        today = datetime.fromtimestamp(now, self._zone).date()
        rows = [
            (self._row(branches, today), max(map(_at, branches)))
            for branches in families(self._threads.values())
        ]
        rows.sort(key=lambda item: (_GROUPS.index(item[0].group), -item[1]))
        return [row for row, _ in rows]

    def _row(self, branches: Sequence[ThreadSummary], today: date) -> ThreadRow:
        thread = last_used(branches, self.opened)
        moment = datetime.fromtimestamp(max(map(_at, branches)), self._zone)
        age = (today - moment.date()).days
        if is_temporary(thread.id):
            group = TEMPORARY_GROUP
        elif _is_pinned(thread):
            group = PINNED_GROUP
        else:
            group = "Today" if age <= 0 else "Yesterday" if age == 1 else "Older"
        if age <= 1:
            time = moment.strftime("%H:%M")
        else:
            time = f"{moment.day} {moment:%b}" if age < 300 else moment.strftime("%Y-%m")
        marks = {self._mark(branch) for branch in branches}
        urgent = next((mark for mark in _URGENT if mark in marks), self._mark(thread))
        return ThreadRow(thread.id, title_of(thread), group, urgent, _age_text(moment, age), time)

    def _mark(self, thread: ThreadSummary) -> Mark:
        status = thread.latest_run.status if thread.latest_run else ""
        if status == "requires_action" or thread.id in self._asking:
            return "needs_you"
        if status in ACTIVE:
            return "running"
        if status == "failed":
            return "failed"
        return "unread" if thread.id in self._unread else "none"

    def set_asking(self, thread_ids: frozenset[str]) -> bool:
        """Mark the threads in which something needs a decision; returns whether that changes a mark."""
        is_new, self._asking = thread_ids != self._asking, thread_ids
        return is_new

    def _update(self, thread_id: str, **fields: object) -> None:
        thread = self._threads.get(thread_id)
        if thread is not None:
            self._threads[thread_id] = thread.model_copy(update=fields)


def title_of(thread: ThreadSummary) -> str:
    """The title that the user gave, or the first words of the thread."""
    given = (thread.metadata or {}).get(TITLE, "").strip()
    if given:
        return given
    return first_words(thread.preview or "") or NEW_TITLE


def _age_text(moment: datetime, days: int) -> str:
    """An age in a few letters: `Mon`, `3 w`, `5 mo`, `2 y`; empty for today and yesterday."""
    if days <= 1:
        return ""
    if days < 7:
        return f"{moment:%a}"
    if days < 60:
        return f"{days // 7} w"
    return f"{days // 30} mo" if days < 365 else f"{days // 365} y"


def first_words(text: str, length: int = _TITLE_LENGTH) -> str:
    """The start of a text, cut between two words."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    head = text[: length + 1]
    cut = head.rfind(" ")
    return head[: cut if cut > length // 2 else length].rstrip(" ,;:.-–") + "…"


def _is_active(thread: ThreadSummary) -> bool:
    return thread.latest_run is not None and thread.latest_run.status in ACTIVE


def _is_pinned(thread: ThreadSummary) -> bool:
    return (thread.metadata or {}).get(PINNED) == "true"


def _at(thread: ThreadSummary) -> int:
    return thread.last_active_at or thread.created_at
