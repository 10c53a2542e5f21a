"""Finds what a click target belongs to: the call of a panel's line, the file of a link. Pure."""

from __future__ import annotations

from urllib.parse import unquote

from aimltui.tui.state.entries import Entry, MessageEntry, StepEntry, ToolCallEntry
from aimltui.tui.widgets.transcript.canvas import ClickTarget


def call_at(entry: Entry, target: ClickTarget) -> ToolCallEntry | None:
    """Return the call of a step to which a line of its panel belongs."""
    if not isinstance(entry, StepEntry):
        return None
    place = int(target.value.partition(":")[0])
    return entry.calls[place] if place < len(entry.calls) else None


def linked_file(entry: Entry, href: str) -> str:
    """Return the id of the file behind a message's link to the sandbox; empty if the server named none."""
    if isinstance(entry, MessageEntry):
        for citation in entry.citations:
            marked = entry.text[citation.start : citation.end]
            if citation.kind == "file_path" and unquote(marked) == unquote(href):
                return citation.file_id
    return ""
