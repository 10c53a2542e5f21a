"""The transcript: one widget that paints the lines of a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.selection import Selection

from aimltui.tui.commands.derived import bindings
from aimltui.tui.state.entries import (
    Added,
    Change,
    Entry,
    MessageEntry,
    Replaced,
    Source,
    StepEntry,
    ToolCallEntry,
)
from aimltui.tui.state.file_facts import FileFact, Repeat
from aimltui.tui.widgets.transcript.canvas import WHOLE_MESSAGE, ClickTarget
from aimltui.tui.widgets.transcript.inline import SANDBOX
from aimltui.tui.widgets.transcript.item import Item, counts
from aimltui.tui.widgets.transcript.items import Foldable
from aimltui.tui.widgets.transcript.marks import call_at, chosen_source, linked_file
from aimltui.tui.widgets.transcript.pane import Pane
from aimltui.tui.widgets.transcript.selection import word_at


@dataclass
class TranscriptMessage(Message):
    """A message that a `Transcript` posts."""

    transcript: Transcript

    @property
    def control(self) -> Transcript:
        """The transcript that posted it."""
        return self.transcript


class Transcript(Pane, can_focus=True):
    """Shows the entries of one thread; follows its end, or holds still while the user reads."""

    DEFAULT_CSS = """
    Transcript {
        height: 1fr;
        background: $background;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", "Previous", show=False),
        Binding("down", "step(1)", "Next", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "head", "First line", show=False),
        Binding("end", "tail", "Last line", show=False),
        Binding("enter", "choose", "Choose", show=False),
        *bindings("transcript"),
    ]

    @dataclass
    class FollowChanged(TranscriptMessage):
        """The transcript started or stopped following its end, or lines were added below the window."""

        following: bool
        new_lines: int

    @dataclass
    class LinkChosen(TranscriptMessage):
        """The user chose a link; nothing has been opened."""

        href: str

    @dataclass
    class ChoiceChosen(TranscriptMessage):
        """The user chose a line of a guide or an action of an error card."""

        entry_id: str
        choice_id: str

    @dataclass
    class Marked(TranscriptMessage):
        """The keyboard's mark moved or disappeared."""

    @dataclass
    class FilesWanted(TranscriptMessage):
        """The window shows files whose details are unknown; `learn` takes them."""

        wanted: dict[str, bool]
        """By file id: True if the picture is wanted too."""

    @dataclass
    class FileChosen(TranscriptMessage):
        """The user chose a file to view."""

        file_id: str

    @dataclass
    class OutputChosen(TranscriptMessage):
        """The user chose to view a whole output."""

        text: str

    @dataclass
    class SourceChosen(TranscriptMessage):
        """The user chose a passage that an answer cites, or that a search found."""

        source: Source
        quotes: tuple[str, ...]
        """The words that are cited from it."""

    # for the screen

    def show(self, entries: Sequence[Entry], *, at_end: bool = True) -> None:
        """Show another thread.

        Args:
            entries: All entries in order.
            at_end: Whether to show and follow its end; otherwise its start.
        """
        self._item_list.load(entries)
        self._cursor = None
        if self.is_attached and self in self.screen.selections:
            self.screen.clear_selection()
        self._viewport.follow()
        if not at_end:
            self._viewport.hold(0)
        self._settle(everything=True)

    def apply(self, changes: Sequence[Change]) -> None:
        """Apply changes of the entries; the screen is painted once for all of them.

        Args:
            changes: In the order in which they happened.
        """
        if any(isinstance(change, Added | Replaced) and counts(change.entry) for change in changes):
            # the clock stops while no run is active: without this a countdown would start late
            self._item_list.set_time(self._clock())
        self._item_list.apply(changes)
        self._settle()

    def learn(
        self, files: Mapping[str, FileFact] | None = None, repeats: Mapping[str, Repeat] | None = None
    ) -> None:
        """Take new facts, and draw the items again that show them; the text in the window does not move.

        Args:
            files: By the file's id.
            repeats: By the call's id.
        """
        self._extras.files.update(files or {})
        self._extras.repeats.update(repeats or {})
        self._item_list.learn([*(files or ()), *(repeats or ())])
        self._settle()

    def show_waiting(self, call_ids: frozenset[str]) -> None:
        """Say of these calls that they wait for the user, and of no others."""
        changed = self._extras.waiting ^ call_ids
        if changed:
            self._extras.waiting = call_ids
            self._item_list.learn(changed)
            self._settle()

    def unfold_call(self, call_id: str) -> None:
        """Open the panel of a call; it grows downwards, as if the user had chosen it."""
        if self._viewport.following:
            self._viewport.hold(self.scroll_offset.y)
        for item in self._item_list.panels(StepEntry):
            if isinstance(item.entry, StepEntry) and any(call.id == call_id for call in item.entry.calls):
                self._item_list.fold(item, True)
        self._settle()

    def tick(self) -> None:
        """Update the running times and countdowns; called once a second."""
        self._item_list.set_time(self._clock())
        self._settle()

    def scroll_to_tail(self) -> None:
        """Scroll to the end and follow it."""
        self._viewport.follow()
        self._settle()

    def scroll_to_head(self) -> None:
        """Scroll to the first line."""
        self.scroll_to(y=0)

    def scroll_page(self, direction: int) -> None:
        """Scroll by a window less two rows, which stay visible for orientation.

        Args:
            direction: -1 for up, 1 for down.
        """
        self.scroll_to(y=self.scroll_offset.y + direction * max(1, self._viewport.height - 2))

    def toggle_all(self, kind: Foldable) -> None:
        """Unfold all panels, or all reasonings; fold them if all are unfolded."""
        item_list = self._item_list
        panels = list(item_list.panels(kind))
        unfold = not (all(item.is_unfolded for item in panels) if panels else item_list.folds.get(kind))
        item_list.folds[kind] = unfold
        for item in panels:
            item_list.fold(item, unfold)
        self._settle()

    def _files_wanted(self, wanted: dict[str, bool]) -> None:
        self.post_message(self.FilesWanted(self, wanted))

    def _follow_changed(self) -> None:
        self.post_message(self.FollowChanged(self, self.following, self.new_lines))

    # Keyboard

    def action_step(self, direction: int) -> None:
        """Mark the next target in the window; scroll by a line if there is none."""
        y = self.scroll_offset.y
        targets = list(self._viewport.targets(y))
        places = [
            index for index, visible in enumerate(targets) if (visible.item, visible.target) == self._cursor
        ]
        start = -1 if direction > 0 else len(targets)
        wanted = (places[0] if places else start) + direction
        if 0 <= wanted < len(targets):
            self._cursor = (targets[wanted].item, targets[wanted].target)
            self.refresh()
            self.post_message(self.Marked(self))
        else:
            self.scroll_to(y=y + direction)

    def action_page(self, direction: int) -> None:
        """Scroll by a window."""
        self.scroll_page(direction)

    def action_head(self) -> None:
        """Scroll to the first line."""
        self.scroll_to_head()

    def action_tail(self) -> None:
        """Scroll to the end and follow it."""
        self.scroll_to_tail()

    def action_choose(self) -> None:
        """Choose the marked target, if it is in the window."""
        for visible in self._viewport.targets(self.scroll_offset.y):
            if (visible.item, visible.target) == self._cursor:
                self._choose(visible.item, visible.target)
                return

    @property
    def has_mark(self) -> bool:
        """Whether Enter would choose something."""
        return self.mark is not None

    @property
    def mark(self) -> tuple[Entry, ClickTarget] | None:
        """The marked entry and target, while they are in the window and the transcript has the focus."""
        if self._cursor is None or not self.has_focus:
            return None
        for visible in self._viewport.targets(self.scroll_offset.y):
            if (visible.item, visible.target) == self._cursor:
                return visible.item.entry, visible.target
        return None

    @property
    def marked_call(self) -> ToolCallEntry | None:
        """The call whose panel is marked."""
        mark = self.mark
        if mark is None or mark[1].kind not in ("toggle", "expand", "view"):
            return None
        return call_at(*mark)

    @property
    def marked_file(self) -> str:
        """The id of the marked file; empty if none is marked."""
        mark = self.mark
        if mark is not None and mark[1].kind == "source":
            chosen = chosen_source(*mark)
            return chosen[0].file_id if chosen is not None else ""
        return mark[1].value if mark is not None and mark[1].kind == "file" else ""

    @property
    def marked_entry(self) -> Entry | None:
        """The entry of the marked target."""
        return self._cursor[0].entry if self._cursor is not None and self.has_mark else None

    def on_focus(self) -> None:
        """Show the mark."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the mark."""
        self.refresh()

    # Mouse

    def on_click(self, event: events.Click) -> None:
        """Choose the clicked target; select a word or a line on a double or triple click."""
        event.prevent_default()
        found = self.line_at(event.y, event.x)
        if found is None:
            return
        item, row, place = found
        if event.chain > 1:
            event.stop()
            self._select(item, place, whole_line=event.chain > 2)
            return
        if self.text_selection is not None:
            return
        for start, end, target in row.targets:
            if start <= event.x < end:
                event.stop()
                self._choose(item, target)
                return

    def _select(self, item: Item, place: Offset, *, whole_line: bool) -> None:
        lines = item.lines
        line = lines[place.y - item.key]
        start, end = (0, len(line)) if whole_line else word_at(line, place.x)
        self.screen.selections = {self: Selection(Offset(start, place.y), Offset(end, place.y))}
        # as after a drag
        self.screen.post_message(events.TextSelected())

    def _choose(self, item: Item, target: ClickTarget) -> None:
        match target.kind:
            case "link" if target.value.lower().startswith(SANDBOX):
                self.post_message(self.FileChosen(self, linked_file(item.entry, target.value)))
            case "link":
                self.post_message(self.LinkChosen(self, target.value))
            case "file":
                self.post_message(self.FileChosen(self, target.value))
            case "source" | "cited":
                if (chosen := chosen_source(item.entry, target)) is not None:
                    self.post_message(self.SourceChosen(self, *chosen))
            case "view":
                self.post_message(self.OutputChosen(self, self._output(item.whole_entry, target)))
            case "choice":
                self.post_message(self.ChoiceChosen(self, item.entry.id, target.value))
            case "toggle" | "expand":
                unfolded = target.kind == "expand" or not item.is_unfolded
                if self._viewport.following:
                    # nothing moves under the pointer: the clicked line stays where it is
                    self._viewport.hold(self.scroll_offset.y)
                self._item_list.fold(item, unfolded)
                if target.kind == "expand":
                    self._cursor = (item, ClickTarget("toggle", target.value))
                self._settle()

    def _output(self, entry: Entry, target: ClickTarget) -> str:
        """Return the whole text behind a line: of a message or of an output."""
        if target.value == WHOLE_MESSAGE:
            return entry.text if isinstance(entry, MessageEntry) else ""
        call = call_at(entry, target)
        which = target.value.partition(":")[2]
        if call is None:
            return ""
        if which == "again":
            repeat = self._extras.repeats.get(call.id)
            return repeat.text if repeat else ""
        place = int(which)
        return call.outputs[place].text if place < len(call.outputs) else ""
