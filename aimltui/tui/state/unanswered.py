"""What stands in a thread after a message that got no answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.entries import Entry, GuideEntry, MessageEntry, NoticeEntry, QueuedEntry, RunEntry


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A message whose runs were stopped before they wrote anything."""

    message_ids: tuple[str, ...]
    """The message, and the empty ones that its runs left."""
    run_ids: tuple[str, ...]
    entry_ids: tuple[str, ...]
    """What is shown of all of them, notices included."""


def unanswered(entries: Iterable[Entry], message_id: str) -> Unanswered | None:
    """What belongs to a message if nothing was written after it; None if something was, or a run may still write."""
    following = iter(entries)
    if not any(entry.id == message_id for entry in following):
        return None
    messages, runs, shown = [message_id], [], [message_id]
    for entry in following:
        match entry:
            case MessageEntry(role="assistant", text="", attachments=()):
                messages.append(entry.id)
            case RunEntry(status="cancelled"):
                runs.append(entry.run_id)
            case QueuedEntry() | GuideEntry() | MessageEntry(role="user", pending=True):
                continue
            case NoticeEntry():
                pass
            case _:
                return None
        shown.append(entry.id)
    return Unanswered(tuple(messages), tuple(runs), tuple(shown))
