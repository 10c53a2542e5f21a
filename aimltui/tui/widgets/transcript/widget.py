"""The transcript: one widget that paints the lines of a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean
from aimltui.tui.commands.derived import bindings
from aimltui.tui.state.blocks import Block
from aimltui.tui.state.entries import (
    Added,
    Change,
    Entry,
    Replaced,
    Source,
    StepEntry,
)
from aimltui.tui.state.file_facts import FileFact, Repeat
from aimltui.tui.widgets.transcript.blocks import block_of
from aimltui.tui.widgets.transcript.canvas import COPY, CUT, SANDBOX, ClickTarget
from aimltui.tui.widgets.transcript.item import Item, counts
from aimltui.tui.widgets.transcript.items import Foldable
from aimltui.tui.widgets.transcript.marks import chosen_source, linked_file, output_text
from aimltui.tui.widgets.transcript.pane import Pane
from aimltui.tui.widgets.transcript.selection import select_at

_COUNT_S: Final = 0.25
"""Seconds from a change of the entries to the next count of the matches."""


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

        by_mouse: bool = False

    @dataclass
    class Shown(TranscriptMessage):
        """All entries were replaced: another thread is shown, or the same one was read again."""

    @dataclass
    class Counted(TranscriptMessage):
        """The matches of what is searched for were counted again, as entries have changed; see `search`."""

    @dataclass
    class CopyChosen(TranscriptMessage):
        """The user clicked the word that copies a block of code."""

        code: str

    @dataclass
    class BlockChosen(TranscriptMessage):
        """The user chose to view the whole marked block."""

        block: Block

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
        self._extras.retain_pictures(entries)
        self._item_list.load(entries)
        self._cursor.clear()
        self._finder.look()
        self._viewport.is_pinned = False
        if self.is_attached and self in self.screen.selections:
            self.screen.clear_selection()
        self._viewport.follow()
        if not at_end:
            self._viewport.hold(0)
        self._settle(everything=True)
        self._count_soon()
        self.post_message(self.Shown(self))

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
        self._count_soon()

    def _count_soon(self) -> None:
        """Count the matches after a moment: text arrives with every frame, and counting takes 10 ms in a long thread."""
        if self._finder.is_on and not self._is_counting:
            self._is_counting = True
            self.set_timer(_COUNT_S, self._count)

    def _count(self) -> None:
        self._is_counting = False
        self._finder.look()
        self.post_message(self.Counted(self))

    def learn(
        self, files: Mapping[str, FileFact] | None = None, repeats: Mapping[str, Repeat] | None = None
    ) -> None:
        """Take new facts, and draw the items again that show them; the text in the window does not move.

        Args:
            files: By the file's id.
            repeats: By the call's id.
        """
        self._item_list.wanted.forget_files(self._extras.learn(files or {}))
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

    def _mark_moved(self, *, by_mouse: bool) -> None:
        self.post_message(self.Marked(self, by_mouse))

    # Keyboard

    def action_step(self, direction: int) -> None:
        """Mark the next block or target; scroll where it is not in the window."""
        self.marking.step(direction)

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
        """Choose the marked target, or look at the whole marked block, if it is in the window."""
        shown = self._cursor.shown(self.scroll_offset.y)
        if shown is not None:
            self._choose(shown[0], shown[1].target)

    @property
    def mark(self) -> tuple[Entry, ClickTarget] | None:
        """The marked entry and target, while they are in the window and the transcript has the focus."""
        shown = self._cursor.shown(self.scroll_offset.y) if self.has_focus else None
        return (shown[0].entry, shown[1].target) if shown is not None else None

    @property
    def block(self) -> Block | None:
        """What letters act on, while it is in the window and the transcript has the focus."""
        return self._cursor.block(self.scroll_offset.y) if self.has_focus else None

    def has_entry(self, entry_id: str) -> bool:
        """Whether an entry is shown."""
        return self._item_list.get(entry_id) is not None

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
            select_at(self, item, place, whole_line=event.chain > 2)
            return
        if self.text_selection is not None:
            return
        targets = [target for start, end, target in row.targets if start <= event.x < end]
        if targets and targets[0] == COPY:
            event.stop()
            self.post_message(self.CopyChosen(self, clean(row.code.text) if row.code is not None else ""))
            return
        stop = self._cursor.at(item, item.rows.index(row))
        if targets and targets[0].kind in ("file", "source"):
            self._cursor.put(item, targets[0])
        elif stop is not None:
            self._cursor.put(item, stop.target)
        else:
            self._cursor.clear()
        self.refresh()
        if targets:
            event.stop()
            if targets[0] != CUT:
                self._choose(item, targets[0])
            elif stop is not None:
                self.post_message(self.BlockChosen(self, block_of(item, stop.target)))
        self._mark_moved(by_mouse=True)

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
                self.post_message(
                    self.OutputChosen(self, output_text(item.whole_entry, target, self._extras.repeats))
                )
            case "message" | "code":
                self.post_message(self.BlockChosen(self, block_of(item, target)))
            case "choice" | "branch":
                self.post_message(self.ChoiceChosen(self, item.entry.id, target.value))
            case "toggle" | "expand":
                unfolded = target.kind == "expand" or not item.is_unfolded
                if self._viewport.following:
                    # nothing moves under the pointer: the clicked line stays where it is
                    self._viewport.hold(self.scroll_offset.y)
                self._item_list.fold(item, unfolded)
                if target.kind == "expand":
                    self._cursor.put(item, ClickTarget("toggle", target.value))
                self._settle()
