"""Marks the messages that a summary replaces for the model. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from aimltui.tui.state.entries import Entry, MessageEntry


def has_summary(entries: Iterable[Entry]) -> bool:
    """Whether a summary is among the entries."""
    return any(isinstance(entry, MessageEntry) and entry.is_summary for entry in entries)


def is_replaced_in(entries: Iterable[Entry], message_id: str) -> bool:
    """Whether a summary replaces a message for the model."""
    return any(
        isinstance(entry, MessageEntry) and entry.id == message_id and entry.is_replaced for entry in entries
    )


def with_replaced(entries: Sequence[Entry], *, has_later: bool = False) -> list[Entry]:
    """Return the entries with the mark of messages that a summary below them replaces.

    Args:
        entries: The entries of a thread, or the beginning of them.
        has_later: Whether a summary comes after them.
    """
    found: list[Entry] = []
    is_replaced = has_later
    for entry in reversed(entries):
        if isinstance(entry, MessageEntry):
            replaced = is_replaced and not entry.is_pinned
            found.append(entry if entry.is_replaced == replaced else replace(entry, is_replaced=replaced))
            is_replaced = is_replaced or entry.is_summary
        else:
            found.append(entry)
    found.reverse()
    return found
