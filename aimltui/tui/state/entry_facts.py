"""EntryFacts: what can be said of a thread's entries without reading their whole texts."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from aimltui.tui.state.entries import GuideEntry, MessageEntry, RunEntry, StepEntry
from aimltui.tui.state.entry_list import EntryList


class EntryFacts:
    """Answers questions about the entries of one thread.

    Args:
        entries: The entries.
        local: The ids of those that the server does not have.
    """

    def __init__(self, entries: EntryList, local: AbstractSet[str]) -> None:
        self._list = entries
        self._local = local

    @property
    def oldest_message_id(self) -> str | None:
        """The id of the first message here that the server has."""
        for entry in self._list.outlines():
            if isinstance(entry, MessageEntry) and entry.id not in self._local:
                return entry.id
        return None

    @property
    def has_messages(self) -> bool:
        """Whether there is any message."""
        return self._list.has_messages()

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing but guides."""
        return all(isinstance(entry, GuideEntry) for entry in self._list.outlines())

    @property
    def has_starters(self) -> bool:
        """Whether there is nothing but guides, and one has something to choose."""
        entries = list(self._list.outlines())
        guides = [entry for entry in entries if isinstance(entry, GuideEntry)]
        return len(guides) == len(entries) and any(guide.choices for guide in guides)

    @property
    def ends_with_run(self) -> bool:
        """Whether no message of the user stands behind the last run."""
        for entry in self._list.outlines(backwards=True):
            if isinstance(entry, RunEntry) or (isinstance(entry, MessageEntry) and entry.role == "user"):
                return isinstance(entry, RunEntry)
        return False

    @property
    def is_cut(self) -> bool:
        """Whether the last message is an answer that is not complete."""
        last = next((e for e in self._list.outlines(backwards=True) if isinstance(e, MessageEntry)), None)
        return last is not None and last.role == "assistant" and last.incomplete_reason is not None

    def question(self, entry_id: str | None = None) -> MessageEntry | None:
        """The message of the user that an entry is, or belongs to; of the last entry for None."""
        found: MessageEntry | None = None
        for entry in self._list.outlines():
            if isinstance(entry, MessageEntry) and entry.role == "user" and not entry.pending:
                found = entry
            if entry.id == entry_id:
                break
        return found

    @property
    def is_answered(self) -> bool:
        """Whether something was written or done for the last message of the user."""
        for entry in self._list.outlines(backwards=True):
            if isinstance(entry, StepEntry):
                return True
            if isinstance(entry, MessageEntry):
                return entry.role == "assistant"
        return False

    @property
    def has_answer(self) -> bool:
        """Whether an assistant has written anything."""
        return self._last_answer_id is not None

    @property
    def last_answer(self) -> str:
        """The Markdown of the last answer; empty if there is none."""
        entry = self._list.get(self._last_answer_id) if self._last_answer_id is not None else None
        return entry.text if isinstance(entry, MessageEntry) else ""

    @property
    def _last_answer_id(self) -> str | None:
        for entry in self._list.outlines(backwards=True):
            if (
                isinstance(entry, MessageEntry)
                and entry.role == "assistant"
                and self._list.has_text(entry.id)
            ):
                return entry.id
        return None
