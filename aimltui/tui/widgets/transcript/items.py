"""The transcript's entries as items: drawn when they come near the window, with estimated heights until then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from aimltui.tui.state.entries import (
    Added,
    Appended,
    Change,
    Entry,
    MessageEntry,
    ReasoningEntry,
    Removed,
    Replaced,
    RunEntry,
    StepEntry,
)
from aimltui.tui.state.file_facts import file_ids
from aimltui.tui.widgets.transcript import renderers
from aimltui.tui.widgets.transcript.canvas import RenderContext, Row
from aimltui.tui.widgets.transcript.height_index import HeightIndex
from aimltui.tui.widgets.transcript.item import Item, Place, counts
from aimltui.tui.widgets.transcript.lingering import GOING_ON, Lingering
from aimltui.tui.widgets.transcript.wanted_files import WantedFiles

LINE_SPACE: Final = 1 << 40
"""Distance between the keys of neighbours; a logical line's number is its item's key plus its index."""
_LEAST_SPACE: Final = 1 << 22
_OF_THE_WAY: Final = (StepEntry, ReasoningEntry)
"""Entries on the way to an answer, which have no gaps between them."""


Foldable = type[StepEntry] | type[ReasoningEntry]


def _gap(before: Entry | None, entry: Entry) -> int:
    """Return the number of empty rows between two entries."""
    if before is None or (isinstance(before, _OF_THE_WAY) and isinstance(entry, _OF_THE_WAY)):
        return 0
    return 1


class ItemList:
    """All items in order, with their heights."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.heights = HeightIndex()
        self.context: RenderContext | None = None
        self.folds: dict[Foldable, bool] = {}
        """Whether the user last unfolded all panels, or all reasonings; empty if neither."""
        self.damage: list[tuple[Item, int]] = []
        """Changed items, each with its first changed row, since this was last emptied."""
        self.wanted = WantedFiles()
        """Files in drawn entries whose details are unknown."""
        self._lingering = Lingering()
        self._by_id: dict[str, Item] = {}

    def load(self, entries: Sequence[Entry]) -> None:
        """Replace all items."""
        self.items = [Item(entry, index, (index + 1) * LINE_SPACE) for index, entry in enumerate(entries)]
        self._by_id = {item.entry.id: item for item in self.items}
        before: Entry | None = None
        for item in self.items:
            item.gap = _gap(before, item.entry)
            before = item.entry
        self.folds.clear()
        self._lingering.end()
        self.wanted.forget()
        self._measure_all()

    def set_context(self, context: RenderContext) -> None:
        """Set the width, the theme and the glyphs; all drawings become invalid, and all heights unless only colours changed."""
        before, self.context = self.context, context
        for item in self.items:
            item.canvas = item.drawing = None
        if before is None or replace(context, palette=before.palette, now=before.now) != before:
            self._measure_all()

    def set_time(self, now: float) -> None:
        """Set the time, and draw the entries again that show seconds."""
        if self.context is None:
            return
        self.context = replace(self.context, now=now)
        for item in self.items[-50:]:
            if item.canvas and counts(item.entry):
                self._redraw(item)

    def _measure_all(self) -> None:
        width = self.context.width if self.context else 80
        self.heights.load(
            [item.gap + renderers.estimated_rows(item.entry, width, item.text) for item in self.items]
        )

    def get(self, entry_id: str) -> Item | None:
        """Return the item of an entry."""
        return self._by_id.get(entry_id)

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply changes of the entries, in the order in which they happened."""
        for change in changes:
            match change:
                case Added(index, entry):
                    self.insert(index, entry)
                case Replaced(entry):
                    self.replace(entry)
                case Appended(entry_id, text):
                    self.append(entry_id, text)
                case Removed(entry_id):
                    self.remove(entry_id)

    def insert(self, index: int, entry: Entry) -> None:
        """Insert an entry."""
        if entry.id in self._by_id:
            self.replace(entry)
            return
        index = max(0, min(index, len(self.items)))
        item = Item(entry, index, self._key_at(index))
        self.items.insert(index, item)
        self._by_id[entry.id] = item
        if isinstance(entry, _OF_THE_WAY):
            item.fold = self.folds.get(type(entry))
        self.heights.insert(
            index, renderers.estimated_rows(entry, self.context.width if self.context else 80)
        )
        self._renumber(index)
        self._set_gap(index)
        self._set_gap(index + 1)
        self.damage.append((item, 0))
        if isinstance(entry, GOING_ON):
            self._end_lingering()

    def _key_at(self, index: int) -> int:
        """Return a key between those of the neighbours."""
        before = self.items[index - 1].key if index else 0
        if index == len(self.items):
            return before + LINE_SPACE
        after = self.items[index].key
        if after - before < 2 * _LEAST_SPACE:
            for number, item in enumerate(self.items):
                item.key = (number + 1) * LINE_SPACE
            return self._key_at(index)
        return (before + after) // 2

    def _renumber(self, index: int) -> None:
        for number in range(index, len(self.items)):
            self.items[number].index = number

    def _set_gap(self, index: int) -> None:
        if index >= len(self.items):
            return
        item = self.items[index]
        gap = _gap(self.items[index - 1].entry if index else None, item.entry)
        if index and item.gap == gap:
            self.heights.set(
                index, max(self.heights[index], gap + 1) if item.canvas is None else gap + len(item.rows)
            )
            return
        change = gap - item.gap
        item.gap = gap
        self.heights.set(index, self.heights[index] + change)
        self.damage.append((item, 0))

    def remove(self, entry_id: str) -> None:
        """Remove an entry."""
        item = self._by_id.pop(entry_id, None)
        if item is None:
            return
        index = item.index
        del self.items[index]
        self.heights.remove(index)
        self._renumber(index)
        self._set_gap(index)
        if self.items:
            self.damage.append((self.items[min(index, len(self.items) - 1)], 0))

    def replace(self, entry: Entry) -> None:
        """Replace an entry by its new state."""
        item = self._by_id.get(entry.id)
        if item is None:
            return
        if isinstance(entry, MessageEntry) and self._continue(item, entry):
            return
        item.text = None
        if isinstance(entry, StepEntry) and isinstance(item.entry, StepEntry):
            later = self.items[item.index + 1 :]
            self._lingering.note(item, item.entry.status, entry.status, later)
        item.entry = entry
        if item.canvas is None:
            self.measure(item)
        else:
            self._redraw(item)
        if isinstance(entry, RunEntry) and entry.status not in renderers.ACTIVE:
            self._end_lingering()

    def _continue(self, item: Item, entry: MessageEntry) -> bool:
        """Draw what a growing message's new state adds; return False if it must be drawn again."""
        drawing = item.drawing
        if drawing is None:
            return False
        drawing.canvas.watch()
        if not drawing.update(entry):
            return False
        item.entry = drawing.entry
        if not entry.streaming:
            item.entry, item.drawing, item.text = entry, None, None
        self._changed(item, drawing.canvas.unchanged, drawing.canvas.removed)
        if self.context is not None:
            self.wanted.note(entry, self.context)
        return True

    def _end_lingering(self) -> None:
        for item in self._lingering.end():
            if item.canvas is not None and self._by_id.get(item.entry.id) is item:
                self._redraw(item)

    def learn(self, ids: Iterable[str]) -> None:
        """Draw the items again that show these files or calls, of which more is known now."""
        known = set(ids)
        for item in self.items:
            if item.canvas is None or not isinstance(item.entry, MessageEntry | StepEntry):
                continue
            shown = {file_id for file_id, _ in file_ids(item.entry)}
            if isinstance(item.entry, StepEntry):
                shown |= {call.id for call in item.entry.calls}
            if shown & known:
                self._redraw(item)

    def append(self, entry_id: str, text: str) -> None:
        """Add a piece to a message or a reasoning; only what follows from the piece is drawn."""
        item = self._by_id.get(entry_id)
        if item is None or not isinstance(item.entry, MessageEntry | ReasoningEntry):
            return
        if not item.entry.streaming:
            self.replace(replace(item.entry, text=item.entry.text + text))
        elif item.drawing is not None:
            canvas = item.drawing.canvas
            canvas.watch()
            item.drawing.append(text)
            self._changed(item, canvas.unchanged, canvas.removed)
        else:
            item.grow(item.entry, text)
            if item.canvas is None:
                self.measure(item)
            else:
                self._redraw(item)

    def fold(self, item: Item, unfolded: bool) -> None:
        """Open or close a panel."""
        item.fold = unfolded
        if item.canvas is not None:
            self._redraw(item)

    def panels(self, kind: Foldable) -> Iterator[Item]:
        """Yield the items of a kind that can be folded."""
        return (item for item in self.items if isinstance(item.entry, kind))

    def draw(self, item: Item) -> None:
        """Draw an item, if it is not drawn."""
        if item.canvas is not None or self.context is None:
            return
        if isinstance(item.entry, MessageEntry):
            _draw_message(item, item.entry, self.context)
        elif isinstance(item.entry, StepEntry):
            item.memo = item.memo or renderers.Memo()
            item.canvas = renderers.draw_step(
                item.entry, self.context, item.fold, item.memo, lingers=item.lingers
            )
        else:
            item.canvas = renderers.draw_entry(item.shown_entry, self.context, item.fold)
        self.wanted.note(item.entry, self.context)
        self.heights.set(item.index, item.gap + len(item.rows))

    def measure(self, item: Item) -> None:
        """Estimate an item's height again."""
        width = self.context.width if self.context else 80
        self.heights.set(item.index, item.gap + renderers.estimated_rows(item.entry, width, item.text))
        self.damage.append((item, 0))

    def _redraw(self, item: Item) -> None:
        old = item.rows
        item.canvas = item.drawing = None
        self.draw(item)
        self._changed(item, 0, old)

    def _changed(self, item: Item, first: int, old: list[Row]) -> None:
        """Put back the row objects that look as before, with their strips, and note the first one that does not.

        Args:
            item: The item whose rows changed.
            first: How many of its rows, from the start, are the same objects as before.
            old: The rows that followed those before.
        """
        rows = item.rows
        same = first
        for before in old:
            if same == len(rows):
                break
            if rows[same] is not before:
                if not rows[same].looks_like(before):
                    break
                before.code = rows[same].code
                rows[same] = before
            same += 1
        self.heights.set(item.index, item.gap + len(rows))
        if same < len(rows) or len(rows) != first + len(old):
            self.damage.append((item, item.gap + same))

    def at(self, y: int) -> tuple[Item, int]:
        """Return the item at row `y` of the transcript, and the number of that row in the item, its gap included."""
        index = self.heights.at(y)
        return self.items[index], y - self.heights.top(index)

    def place_at(self, y: int) -> Place:
        """Return the position in the text at row `y` of the transcript."""
        item, row = self.at(y)
        return item.place(row)

    def item_of_line(self, number: int) -> Item | None:
        """Return the item of a logical line, by the line's number in the transcript."""
        index = bisect_right(self.items, number, key=lambda item: item.key) - 1
        return self.items[max(0, index)] if self.items else None


def _draw_message(item: Item, entry: MessageEntry, context: RenderContext) -> None:
    drawing = renderers.MessageDrawing(entry, context, item.text)
    item.canvas = drawing.canvas
    if entry.streaming:
        item.entry, item.text, item.drawing = drawing.entry, drawing.text, drawing
