"""Finds what a click target belongs to: the call of a panel's line, the file of a link. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from aimltui.tui.state.entries import Entry, MessageEntry, Source, StepEntry, ToolCallEntry
from aimltui.tui.state.file_facts import Repeat
from aimltui.tui.widgets.transcript.canvas import WHOLE_MESSAGE, ClickTarget


def call_at(entry: Entry, target: ClickTarget) -> ToolCallEntry | None:
    """Return the call of a step to which a line of its panel belongs."""
    if not isinstance(entry, StepEntry):
        return None
    place = int(target.value.partition(":")[0])
    return entry.calls[place] if place < len(entry.calls) else None


def chosen_source(entry: Entry, target: ClickTarget) -> tuple[Source, tuple[str, ...]] | None:
    """Return the passage behind a citation or a line of a search, with the words that are cited from it."""
    if isinstance(entry, StepEntry):
        call = call_at(entry, target)
        index = int(target.value.partition(":")[2])
        found = call.found if call is not None else None
        return (found[index], ()) if found and index < len(found) else None
    if not isinstance(entry, MessageEntry):
        return None
    cited = [citation for citation in entry.citations if str(citation.number) == target.value]
    if not cited:
        return None
    source = cited[0].source or Source(cited[0].file_id, cited[0].label, run_id=entry.run_id or "")
    return source, tuple(dict.fromkeys(citation.quote for citation in cited if citation.quote))


def output_text(entry: Entry, target: ClickTarget, repeats: Mapping[str, Repeat]) -> str:
    """Return the whole text behind a line: of a message or of an output.

    Args:
        entry: What the line belongs to.
        target: Of the line.
        repeats: Results of running calls again, by the call's id.
    """
    if target.value == WHOLE_MESSAGE:
        return entry.text if isinstance(entry, MessageEntry) else ""
    call = call_at(entry, target)
    which = target.value.partition(":")[2]
    if call is None:
        return ""
    if which == "again":
        repeat = repeats.get(call.id)
        return repeat.text if repeat else ""
    place = int(which)
    return call.outputs[place].text if place < len(call.outputs) else ""


def linked_file(entry: Entry, href: str) -> str:
    """Return the id of the file behind a message's link to the sandbox; empty if the server named none."""
    if isinstance(entry, MessageEntry):
        for citation in entry.citations:
            marked = entry.text[citation.start : citation.end]
            if citation.kind == "file_path" and unquote(marked) == unquote(href):
                return citation.file_id
    return ""
