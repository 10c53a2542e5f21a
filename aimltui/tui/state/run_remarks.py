"""RunRemarks: the entries of a running answer that the server does not store: notices and live reasoning."""

from __future__ import annotations

from aimltui.tui.state.entries import Change, NoticeEntry, ReasoningEntry
from aimltui.tui.state.entry_list import EntryList
from aimltui.tui.state.from_wire import run_entry_id, run_error_id, thinking_id, thought_entry
from aimltui.wire import events as ev
from aimltui.wire.run_steps import RunStep
from aimltui.wire.runs import Run


class RunRemarks:
    """Shows and removes them.

    Args:
        entries: The entries of the thread.
        local: The ids of the entries that the server does not have.
    """

    def __init__(self, entries: EntryList, local: set[str]) -> None:
        self._list = entries
        self._local = local
        self._remarks = 0

    def end_of(self, run_id: str | None) -> str | None:
        """Return the entry before which a run's new entries go: its error card, or its line."""
        if not run_id:
            return None
        card = run_error_id(run_id)
        return card if card in self._list else run_entry_id(run_id)

    def note(self, notice: ev.Notice) -> list[Change]:
        """Show a notice of a run, or remove it."""
        if notice.kind == "cleared":
            return self.clear_notices()
        if notice.kind == "remark":
            self._remarks += 1
            entry = NoticeEntry(f"local:run-remark:{self._remarks}", notice.text, "warning")
        else:
            entry = NoticeEntry(
                f"{notice.run_id}:notice",
                notice.what or notice.text,
                "info" if notice.kind == "reading" else "warning",
                until=notice.until if notice.what else None,
                since=notice.since if notice.what else None,
                attempt=notice.attempt or "",
            )
        self._local.add(entry.id)
        return self._list.put(entry, self.end_of(notice.run_id))

    def clear_notices(self) -> list[Change]:
        """Remove the notices, as the run goes on."""
        gone = [entry_id for entry_id in self._local if entry_id.endswith(":notice")]
        return [change for entry_id in gone for change in self._remove(entry_id)]

    def think(self, data: ev.Reasoning) -> list[Change]:
        """Show the next piece of the reasoning."""
        live = thinking_id(data.run_id)
        if data.kind == "cleared":
            return self._remove(live)
        changes = self.clear_notices()
        if live in self._list:
            return changes + self._list.grow(live, data.text)
        self._local.add(live)
        entry = ReasoningEntry(live, data.run_id, data.text, streaming=True)
        return changes + self._list.put(entry, self.end_of(data.run_id))

    def end_thought(self, of: RunStep | Run, run_id: str) -> list[Change]:
        """Replace the live reasoning, which has no id, by the complete one of the step that follows, or of the run's end."""
        entry = thought_entry(of)
        gone = self._remove(thinking_id(run_id))
        return gone if entry is None else gone + self._list.put(entry, self.end_of(run_id))

    def _remove(self, entry_id: str) -> list[Change]:
        self._local.discard(entry_id)
        return self._list.remove(entry_id)
