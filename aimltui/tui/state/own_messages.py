"""The messages that the user sent in a thread, as rows to choose from. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo

from aimltui.common.dataclass import dataclass
from aimltui.formatting.numbers import plural
from aimltui.tui.state.attached_files import in_words
from aimltui.tui.state.entries import Entry, MessageEntry

_MOST = 300
"""Characters of a message that its row has at most."""


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message of the user."""

    id: str
    words: str
    """Its text in one line."""
    facts: str
    """Its branch, its files, and when it was sent."""


def own_messages(entries: Sequence[Entry], now: float, zone: tzinfo | None = None) -> list[OwnMessage]:
    """Return the user's messages that the server has, the newest first.

    Args:
        entries: Of the open thread.
        now: Unix seconds.
        zone: The user's time zone; None for the machine's.
    """
    today = datetime.fromtimestamp(now, zone).date()
    found: list[OwnMessage] = []
    for entry in reversed(entries):
        if not isinstance(entry, MessageEntry) or entry.role != "user" or entry.pending:
            continue
        facts = [f"{entry.branch[0]}/{entry.branch[1]}"] if entry.branch is not None else []
        if entry.attachments:
            facts.append(plural(len(entry.attachments), "file"))
        if entry.created_at is not None:
            facts.append(_when(entry.created_at, today, zone))
        words = " ".join(in_words(entry.text[: 10 * _MOST]).split())[:_MOST]
        found.append(OwnMessage(entry.id, words or "(no text)", " · ".join(filter(None, facts))))
    return found


def _when(at: float, today: date, zone: tzinfo | None) -> str:
    try:
        moment = datetime.fromtimestamp(at, zone)
    except (OverflowError, ValueError, OSError):
        # no date is that large
        return ""
    return f"{moment:%H:%M}" if moment.date() == today else f"{moment.day} {moment:%b}"
