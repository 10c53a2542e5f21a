"""What can be read off a thread's entries and runs: the half of `ThreadView` that changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from aimltui.client.accumulator import RunAccumulator
from aimltui.tui.state.entries import Entry, GuideEntry, MessageEntry
from aimltui.tui.state.entry_list import EntryList
from aimltui.wire.runs import Run, Usage


class ThreadReading:
    """The entries of one thread and its runs, to be looked at.

    Args:
        assistant_names: Assistant id to name; the mapping is read when an entry is made, so it may fill later.
    """

    def __init__(self, assistant_names: Mapping[str, str] | None = None) -> None:
        self._names = {} if assistant_names is None else assistant_names
        self._list = EntryList()
        self._local: set[str] = set()
        self._runs: dict[str, Run] = {}
        self._steps: dict[str, dict[str, int]] = {}
        self._folding = RunAccumulator()
        self._serial = 0

    @property
    def entries(self) -> list[Entry]:
        """All entries in order."""
        return self._list.whole()

    @property
    def latest_run(self) -> Run | None:
        """The newest run this view knows."""
        return next(reversed(self._runs.values()), None)

    @property
    def active_run(self) -> Run | None:
        """The run that locks the thread, as far as this view knows."""
        newest = self.latest_run
        return newest if newest is not None and newest.is_active else None

    @property
    def run_ids(self) -> frozenset[str]:
        """All runs this view knows."""
        return frozenset(self._runs)

    @property
    def oldest_message_id(self) -> str | None:
        """The first message that the server has, of those that are here."""
        for entry in self._list.whole():
            if isinstance(entry, MessageEntry) and entry.id not in self._local:
                return entry.id
        return None

    @property
    def has_messages(self) -> bool:
        """False while there is nothing but the program's own words."""
        return self._list.has_messages()

    @property
    def is_blank(self) -> bool:
        """True while there is nothing but guides."""
        return all(isinstance(entry, GuideEntry) for entry in self._list.whole())

    @property
    def has_answer(self) -> bool:
        """Whether an assistant has said anything."""
        return bool(self.last_answer)

    @property
    def last_answer(self) -> str:
        """The Markdown of the last answer; empty if there is none."""
        for entry_id in reversed(self._list.order):
            entry = self._list.get(entry_id)
            if isinstance(entry, MessageEntry) and entry.role == "assistant" and entry.text:
                return entry.text
        return ""

    @property
    def counted_runs(self) -> int:
        """How many runs have told what they used."""
        return sum(run.usage is not None for run in self._runs.values())

    @property
    def usage(self) -> Usage:
        """Tokens and cost of all runs together; the cost is None unless some run says it."""
        used = [run.usage for run in self._runs.values() if run.usage is not None]
        costs = [usage.cost_usd for usage in used if usage.cost_usd is not None]
        return Usage(
            prompt_tokens=sum(usage.prompt_tokens for usage in used),
            completion_tokens=sum(usage.completion_tokens for usage in used),
            cost_usd=sum(costs) if costs else None,
            cost_is_computed=any(usage.cost_is_computed for usage in used) or None,
            cost_is_partial=(
                len(costs) < len(used) or any(usage.cost_is_partial for usage in used) if costs else None
            ),
            context_tokens=used[-1].context_tokens if used else None,
            context_length=used[-1].context_length if used else None,
        )
