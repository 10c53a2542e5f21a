"""What an input holds, counted: for the words that say what will come and what cannot."""

from __future__ import annotations

from dataclasses import field

from aimltui.common.dataclass import dataclass
from aimltui.interchange.records import (
    Assistant,
    Attachment,
    Item,
    LooseFile,
    Message,
    Seconds,
    Skipped,
    Thread,
)

MAX_NAMED = 200
"""Things of which the names are held; of more only the number is."""


@dataclass(slots=True)
class FormatCount:
    """What came of one format."""

    threads: int = 0
    branches: int = 0
    messages: int = 0


@dataclass(slots=True)
class Survey:
    """Counts, as they grow while an input is read."""

    formats: dict[str, FormatCount] = field(default_factory=dict)
    """By the format's id."""
    first: Seconds | None = None
    last: Seconds | None = None
    files: int = 0
    file_bytes: int = 0
    missing_files: int = 0
    undated: int = 0
    """Conversations without any time."""
    new: int = 0
    """Conversations that are not here yet."""
    present: int = 0
    grown: int = 0
    """Conversations of which an earlier state is here."""
    assistants: int = 0
    loose_files: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    skipped_count: int = 0
    notes: list[tuple[str, str]] = field(default_factory=list)
    """A conversation's title and what of it could not come."""
    others: tuple[str, ...] = ()
    """Files in which there are no conversations."""
    other_count: int = 0
    used: set[str] = field(default_factory=set)
    """Files of the input that belong to messages."""
    titles: list[str] = field(default_factory=list)
    """Of the first conversations."""

    @property
    def threads(self) -> int:
        """All conversations."""
        return sum(count.threads for count in self.formats.values())

    @property
    def branches(self) -> int:
        """All further branches."""
        return sum(count.branches for count in self.formats.values())

    @property
    def messages(self) -> int:
        """All messages of the shown branches."""
        return sum(count.messages for count in self.formats.values())

    @property
    def is_empty(self) -> bool:
        """True if nothing of it can be imported."""
        return not (self.threads or self.assistants or self.loose_files)

    def add(self, item: Item, title: str = "") -> None:
        """Count one more."""
        if isinstance(item, Thread):
            self._add_thread(item, title)
        elif isinstance(item, Assistant):
            self.assistants += 1
        elif isinstance(item, LooseFile):
            self.loose_files += 1
        else:
            self.skipped_count += 1
            if len(self.skipped) < MAX_NAMED:
                self.skipped.append(item)

    def compare(self, is_present: bool, is_known: bool) -> None:
        """Count a conversation as here already, as here in an earlier state, or as new."""
        if is_present:
            self.present += 1
        elif is_known:
            self.grown += 1
        else:
            self.new += 1

    def _add_thread(self, thread: Thread, title: str) -> None:
        count = self.formats.setdefault(thread.format, FormatCount())
        count.threads += 1
        count.branches += len(thread.branches)
        count.messages += len(thread.messages)
        for note in thread.notes:
            if len(self.notes) < MAX_NAMED:
                self.notes.append((title, note))
        if len(self.titles) < MAX_NAMED:
            self.titles.append(title)
        times = [
            time
            for time in (thread.created, *(message.at for message in thread.messages))
            if time is not None
        ]
        if times:
            self.first = min([*times, *([self.first] if self.first is not None else [])])
            self.last = max([*times, *([self.last] if self.last is not None else [])])
        else:
            self.undated += 1
        for message in thread.messages:
            self._add_files(message)

    def _add_files(self, message: Message) -> None:
        for attachment in message.attachments:
            if attachment.member is not None:
                self.used.add(attachment.member)
            if _has_bytes(attachment):
                self.files += 1
                self.file_bytes += _size(attachment)
            else:
                self.missing_files += 1


def _has_bytes(attachment: Attachment) -> bool:
    return attachment.content is not None or attachment.extracted is not None


def _size(attachment: Attachment) -> int:
    content = attachment.content or attachment.extracted
    return content.size if content is not None else 0
