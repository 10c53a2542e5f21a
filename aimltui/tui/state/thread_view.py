"""ThreadView: the ordered entries of one thread, from stream events or from the objects of the server.

No I/O and no Textual. Built again from the server it has the same entries. Every method that changes entries returns the
changes in order, for the transcript to apply.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace

from aimltui.client.accumulator import RunAccumulator
from aimltui.client.changes import Appended, MessageChanged, RunChanged, StepChanged
from aimltui.common.dataclass import dataclass
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.branch_marks import END_ID, BranchMarks
from aimltui.tui.state.entries import (
    Attachment,
    Change,
    Entry,
    ErrorEntry,
    GuideEntry,
    MessageEntry,
    QueuedEntry,
)
from aimltui.tui.state.entry_facts import EntryFacts
from aimltui.tui.state.entry_list import EntryList
from aimltui.tui.state.from_wire import (
    ASSISTANT,
    YOU,
    message_entry,
    run_entry,
    run_entry_id,
    run_error,
    run_error_id,
    step_entry,
    thought_entry,
)
from aimltui.tui.state.known_runs import KnownRuns
from aimltui.tui.state.order import Block, in_order
from aimltui.tui.state.run_remarks import RunRemarks
from aimltui.tui.state.sources import FoundSources
from aimltui.tui.state.summary_marks import has_summary, with_replaced
from aimltui.tui.state.unanswered import Unanswered
from aimltui.wire import events as ev
from aimltui.wire.branches import BranchPlace
from aimltui.wire.errors import ErrorObject
from aimltui.wire.messages import Message
from aimltui.wire.run_steps import RunStep
from aimltui.wire.runs import Run


@dataclass(frozen=True)
class Snapshot:
    """The objects of a thread as the server has them, oldest first; perhaps only the newest ones."""

    messages: Sequence[Message]
    runs: Sequence[Run] = ()
    steps_by_run: Mapping[str, Sequence[RunStep]] = field(default_factory=dict)
    has_more: bool = False
    """True if there are older messages."""


class ThreadView:
    """The entries of one thread.

    Args:
        assistant_names: Assistant id to name; read whenever an entry is made, so that names may be added later.
    """

    def __init__(self, assistant_names: Mapping[str, str] | None = None) -> None:
        self._names = {} if assistant_names is None else assistant_names
        self._list = EntryList(self._text_of)
        self._local: set[str] = set()
        self._remarks = RunRemarks(self._list, self._local)
        self.facts = EntryFacts(self._list, self._local)
        """What can be said of the entries."""
        self.runs = KnownRuns()
        """The runs of the thread."""
        self.branches = BranchMarks()
        """Where the conversation has other branches."""
        self._is_whole = True
        """Whether the entries begin with the thread's first message."""
        self._steps: dict[str, dict[str, int]] = {}
        self._sources = FoundSources()
        self._folding = RunAccumulator()
        self._serial = 0

    @classmethod
    def from_snapshot(
        cls, snapshot: Snapshot, assistant_names: Mapping[str, str] | None = None
    ) -> ThreadView:
        """Return a view of a thread as the server has it."""
        view = cls(assistant_names)
        runs = [run for run in snapshot.runs if not run.is_taken_back]
        for item in in_order(snapshot.messages, runs, snapshot.steps_by_run):
            if isinstance(item, Block):
                view._run(item.run)
                for part in item.parts:
                    view._step(part) if isinstance(part, RunStep) else view.take_message(part)
            else:
                view.take_message(item)
        return view

    @property
    def entries(self) -> list[Entry]:
        """All entries in order."""
        return self._list.whole()

    # Events

    def begin_run(self) -> None:
        """Prepare for the events of a run from the first one on."""
        self._list.settle()
        self._folding = RunAccumulator()

    def _text_of(self, message_id: str) -> str:
        """Return the text of a message that grows by the run's events."""
        message = self._folding.message(message_id)
        return message_entry(message, "").text if message is not None else ""

    def apply(self, event: ev.StreamEvent) -> list[Change]:
        """Apply one stream event."""
        data = event.data
        if isinstance(data, ev.Notice):
            return self._remarks.note(data)
        if isinstance(data, ev.Reasoning):
            return self._remarks.think(data)
        if isinstance(data, ErrorObject):
            return self.add_local(
                ErrorEntry(
                    self.new_id("error"),
                    "The server ended the answer with an error",
                    data.message,
                    "The text so far is saved. Send a message to continue.",
                )
            )
        if isinstance(data, Run) and self._folding.run is not None and self._folding.run.id != data.id:
            self.begin_run()
        change = self._folding.fold(event)
        if event.event == ev.THOUGHT_MOVED and isinstance(data, RunStep):
            return self._take_back_thought(data)
        match change:
            case Appended(message_id, text):
                changes = self._list.grow(message_id, text)
            case MessageChanged(message):
                changes = self.take_message(message)
            case StepChanged(step):
                changes = self._step(step)
            case RunChanged(run):
                changes = self._run(run)
            case None:
                return []
        return changes + self._remarks.clear_notices()

    def take_message(self, message: Message) -> list[Change]:
        """Add or replace a message."""
        # an assistant that was deleted has the name that it had in its run
        author = self._names.get(message.assistant_id or "") or self.runs.name_in(message.run_id) or ASSISTANT
        entry = message_entry(message, author, self._sources.of_run(message.run_id))
        before = self._remarks.end_of(message.run_id)
        return self._list.put(self._marked(entry, self._list.end(before)), before)

    def _marked(self, entry: MessageEntry, index: int) -> MessageEntry:
        """Return a message that is put at an index with the mark of its branch."""
        return self.branches.mark(entry, lambda: self._list.message_before(index) or "")

    def show_pin(self, message_id: str, is_pinned: bool) -> list[Change] | None:
        """Mark a message as pinned, or not; None if all entries must be shown again."""
        entries = [
            replace(entry, is_pinned=is_pinned)
            if entry.id == message_id and isinstance(entry, MessageEntry)
            else entry
            for entry in self.entries
        ]
        return self._list.become(with_replaced(entries))

    def take_run(self, run: Run) -> list[Change]:
        """Take a run's state from outside its stream, such as the answer to a cancellation."""
        known = self.runs.get(run.id)
        if known is None or (known.is_terminal and not run.is_terminal):
            return []
        return self._run(run)

    # Entries of this program

    def new_id(self, kind: str) -> str:
        """Return an id for an entry that the server does not have."""
        self._serial += 1
        return f"local:{kind}:{self._serial}"

    def add_pending(
        self, text: str, files: tuple[Attachment, ...] = (), to: Addressee | None = None
    ) -> tuple[str, list[Change]]:
        """Show a message of the user before the server has it; return its id and the changes."""
        entry = MessageEntry(
            self.new_id("pending"), "user", YOU, text, pending=True, attachments=files, to=to
        )
        return entry.id, [*self.remove(END_ID), *self.add_local(entry)]

    def show_pending_files(self, pending_id: str, files: tuple[Attachment, ...]) -> list[Change]:
        """Show what has become of the files of a message that the server does not have yet."""
        entry = self._list.get(pending_id) if pending_id in self._list else None
        return self._list.put(replace(entry, attachments=files)) if isinstance(entry, MessageEntry) else []

    def settle_pending(self, pending_id: str, message: Message) -> list[Change]:
        """Replace a pending message by the one that the server stored."""
        if pending_id not in self._list:
            return self.take_message(message)
        index = self._list.order.index(pending_id)
        removed = self.remove(pending_id)
        if message.id in self._list:
            return removed
        return [*removed, *self._list.insert(index, self._marked(message_entry(message, YOU), index))]

    def add_local(self, entry: Entry, *, first: bool = False) -> list[Change]:
        """Add or replace an entry that the server does not have: an error, a notice, a queued message.

        Args:
            entry: The entry.
            first: Add a queued message before the other queued ones, and not at the end.
        """
        self._local.add(entry.id)
        if isinstance(entry, QueuedEntry) and entry.id not in self._list and not first:
            return self._list.insert(len(self._list.order), entry)
        return self._list.put(entry)

    def remove(self, entry_id: str) -> list[Change]:
        """Remove an entry, if there is one of this id."""
        self._local.discard(entry_id)
        return self._list.remove(entry_id)

    def take_back(self, unanswered: Unanswered) -> list[Change]:
        """Remove a message, and the runs that were stopped before they answered it."""
        for run_id in unanswered.run_ids:
            self.runs.forget(run_id)
        return [change for entry_id in unanswered.entry_ids for change in self.remove(entry_id)]

    def show_guides(self, guides: Sequence[GuideEntry]) -> list[Change]:
        """Replace the guides at the top."""
        wanted = {guide.id for guide in guides}
        shown = (e.id for e in self._list.outlines() if isinstance(e, GuideEntry) and e.id != END_ID)
        old = [entry_id for entry_id in shown if entry_id not in wanted]
        changes = [change for entry_id in old for change in self.remove(entry_id)]
        for index, guide in enumerate(guides):
            self._local.add(guide.id)
            known = guide.id in self._list
            changes += self._list.put(guide) if known else self._list.insert(index, guide)
        return changes

    def show_branches(self, places: Iterable[BranchPlace], *, shows_end: bool) -> list[Change] | None:
        """Mark the messages at which the conversation has other branches.

        Args:
            places: Where it has.
            shows_end: Whether to say so where this thread ends and others go on.

        Returns:
            The changes; None if all entries must be shown again.
        """
        self.branches.take(places)
        self._local.add(END_ID)
        return self._list.become(
            self.branches.marked(self.entries, is_whole=self._is_whole, shows_end=shows_end)
        )

    # The thread as the server has it

    def reconcile(self, snapshot: Snapshot) -> list[Change] | None:
        """Replace the entries by those of a snapshot, except older ones that it does not reach and local ones.

        Returns:
            The changes; None if the order differs, so that all entries must be shown again.
        """
        fresh = ThreadView.from_snapshot(snapshot, self._names)
        target = fresh.entries
        old = self.entries
        if snapshot.has_more:
            first = next((i for i, entry in enumerate(old) if entry.id in fresh._list), 0)
            older = [entry for entry in old[:first] if entry.id not in self._local]
            target = older + target
            self._is_whole = self._is_whole and bool(older)
        else:
            self._is_whole = True
        target = with_replaced(_with_local(target, old, self._local))
        if self.branches:
            has_end = END_ID in self._list
            target = self.branches.marked(target, is_whole=self._is_whole, shows_end=has_end)
        self.runs.replace_end(fresh.runs, frozenset(run.id for run in snapshot.runs))
        self._steps.update(fresh._steps)
        self._sources.update(fresh._sources)
        return self._list.become(target)

    def prepend(self, snapshot: Snapshot) -> list[Change]:
        """Add older messages before all others."""
        older = ThreadView.from_snapshot(snapshot, self._names)
        changes: list[Change] = []
        if self.runs:
            older._without_actions(older.runs.latest)
        before = with_replaced(older.entries, has_later=has_summary(self._list.outlines()))
        for index, entry in enumerate(entry for entry in before if entry.id not in self._list):
            changes += self._list.insert(index, entry)
        self._is_whole = not snapshot.has_more
        self.runs.add_older(older.runs)
        self._steps = {**older._steps, **self._steps}
        self._sources.update(older._sources)
        return changes

    def _step(self, step: RunStep) -> list[Change]:
        numbers = self._steps.setdefault(step.run_id, {})
        number = numbers.setdefault(step.id, len(numbers) + 1)
        changes = self._remarks.end_thought(step, step.run_id)
        self._sources.note(step)
        if step.type == "tool_calls":
            changes += self._list.put(step_entry(step, number), self._remarks.end_of(step.run_id))
        return changes

    def _run(self, run: Run) -> list[Change]:
        before = self.runs.latest if run.id not in self.runs else None
        self.runs.note(run)
        changes = self._without_actions(before)
        if run.is_terminal:
            changes += self._remarks.end_thought(run, run.id)
        changes += self._list.put(run_entry(run))
        error = run_error(run)
        if error is not None:
            changes += self._list.put(error, run_entry_id(run.id))
        return changes

    def _without_actions(self, run: Run | None) -> list[Change]:
        """Remove the actions from the error card of a run that is no longer the newest."""
        card_id = run_error_id(run.id) if run is not None else ""
        card = self._list.get(card_id) if card_id in self._list else None
        if isinstance(card, ErrorEntry) and card.actions:
            return self._list.put(replace(card, actions=()))
        return []

    def _take_back_thought(self, step: RunStep) -> list[Change]:
        """Show the text of a step's message as a thought before it: its closing tag came after the text was shown."""
        message = self._folding.message(step.message_id)
        entry = thought_entry(step)
        if message is None or entry is None:
            return []
        return self._list.put(entry, message.id) + self.take_message(message)


def _with_local(target: Sequence[Entry], old: Sequence[Entry], local: set[str]) -> list[Entry]:
    """Return the target with the local entries of `old`, each after the entry that it followed."""
    result = list(target)
    there = {entry.id for entry in target}
    for index, entry in enumerate(old):
        if entry.id not in local or entry.id in there:
            continue
        if isinstance(entry, QueuedEntry):
            result.append(entry)
            continue
        before = {other.id for other in old[:index]}
        place = max((i + 1 for i, other in enumerate(result) if other.id in before), default=0)
        result.insert(place, entry)
    return result
