"""The transcript's entries as items: drawn when they come near the window, with estimated heights until then."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from aimltui.tui.state.entries import (
    Added,
    Appended,
    Change,
    Entry,
    MessageEntry,
    NoticeEntry,
    ReasoningEntry,
    Removed,
    Replaced,
    RunEntry,
    StepEntry,
)
from aimltui.tui.state.file_facts import file_ids, is_picture_name
from aimltui.tui.widgets.transcript.canvas import Canvas, RenderContext, Row
from aimltui.tui.widgets.transcript.clean_text import CleanText
from aimltui.tui.widgets.transcript.height_index import HeightIndex
from aimltui.tui.widgets.transcript.renderers import (
    ACTIVE,
    LIVE_TAIL,
    Memo,
    MessageDrawing,
    clean_message,
    draw_entry,
    draw_step,
    estimated_rows,
    plain_text,
    step_opens,
    with_text,
    without_text,
)

LINE_SPACE: Final = 1 << 40
"""Distance between the keys of neighbours; a logical line's number is its item's key plus its index."""
_LEAST_SPACE: Final = 1 << 22
_GOING_ON: Final = (MessageEntry, StepEntry, ReasoningEntry)
"""Entries that follow a step when the answer continues."""
_OF_THE_WAY: Final = (StepEntry, ReasoningEntry)
"""Entries on the way to an answer, which have no gaps between them."""


Foldable = type[StepEntry] | type[ReasoningEntry]


class Item:
    """One entry and its drawing."""

    __slots__ = ("canvas", "drawing", "entry", "fold", "gap", "index", "key", "lingers", "memo", "text")

    def __init__(self, entry: Entry, index: int, key: int) -> None:
        self.entry = entry
        self.index = index
        self.key = key
        """Number of its first logical line; grows from item to item and never changes."""
        self.gap = 0
        """Empty rows above it."""
        self.fold: bool | None = None
        """Whether the user unfolded or folded it; None if neither."""
        self.lingers = False
        """Whether a finished step stays open until the answer continues."""
        self.memo: Memo | None = None
        """Of a step: what its next drawing can reuse."""
        self.text: CleanText | None = None
        """The text of a message or a reasoning that grows; `entry` is without it then."""
        self.canvas: Canvas | None = None
        self.drawing: MessageDrawing | None = None
        """Of a message that grows: what draws the next piece."""

    @property
    def rows(self) -> list[Row]:
        """The drawn rows; none before the item came near the window."""
        return self.canvas.rows if self.canvas else []

    @property
    def whole_entry(self) -> Entry:
        """The entry with what has arrived of its text."""
        if self.text is not None and isinstance(self.entry, MessageEntry):
            return with_text(self.entry, self.text)
        if self.text is not None and isinstance(self.entry, ReasoningEntry):
            return replace(self.entry, text=str(self.text.source))
        return self.entry

    def grow(self, entry: MessageEntry | ReasoningEntry, text: str) -> None:
        """Add a piece to the text of the item's entry, which moves out of the entry with the first one."""
        if self.text is None:
            if isinstance(entry, MessageEntry):
                self.text, self.entry = clean_message(entry), without_text(entry)
            else:
                self.text, self.entry = CleanText(entry.text), replace(entry, text="")
        self.text.add(text)


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the text that does not depend on the width."""

    item: Item
    line: int
    """Logical line; -1 for the gap above the item."""
    offset: int
    """Character in the line, or which row of the gap."""


def _gap(before: Entry | None, entry: Entry) -> int:
    """Return the number of empty rows between two entries."""
    if before is None or (isinstance(before, _OF_THE_WAY) and isinstance(entry, _OF_THE_WAY)):
        return 0
    return 1


def counts(entry: Entry) -> bool:
    """Return whether an entry shows a running time or a countdown."""
    if isinstance(entry, NoticeEntry):
        return entry.until is not None or entry.since is not None
    return isinstance(entry, RunEntry) and entry.status in ACTIVE


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
        self.wanted: dict[str, bool] = {}
        """Ids of drawn files whose details are unknown; True if the picture is needed too."""
        self._asked: set[tuple[str, bool]] = set()
        self._lingering: list[Item] = []
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
        self._lingering.clear()
        self._asked.clear()
        self._measure_all()

    def set_context(self, context: RenderContext) -> None:
        """Set the width, the theme and the glyphs; all drawings become invalid."""
        self.context = context
        for item in self.items:
            item.canvas = item.drawing = None
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
        self.heights.load([item.gap + estimated_rows(item.entry, width, item.text) for item in self.items])

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
        self.heights.insert(index, estimated_rows(entry, self.context.width if self.context else 80))
        self._renumber(index)
        self._set_gap(index)
        self._set_gap(index + 1)
        self.damage.append((item, 0))
        if isinstance(entry, _GOING_ON):
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
            self._linger(item, item.entry.status, entry.status)
        item.entry = entry
        if item.canvas is None:
            self.measure(item)
        else:
            self._redraw(item)
        if isinstance(entry, RunEntry) and entry.status not in ACTIVE:
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
        self._want(entry)
        return True

    def _linger(self, item: Item, before: str, after: str) -> None:
        """Leave a step open that has just ended until an entry follows it, so that the user can finish reading."""
        later = (other.entry for other in self.items[item.index + 1 :])
        is_last = not any(isinstance(entry, _GOING_ON) for entry in later)
        if before == "in_progress" and after == "completed" and is_last:
            item.lingers = True
            self._lingering.append(item)
        elif after != "completed":
            item.lingers = False

    def _end_lingering(self) -> None:
        lingering, self._lingering = self._lingering, []
        for item in lingering:
            item.lingers = False
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

    def _want(self, entry: Entry) -> None:
        """Note which files of an entry are not known yet."""
        context = self.context
        assert context is not None
        attached = entry.attachments if isinstance(entry, MessageEntry) else ()
        made = {file.file_id for file in attached if file.is_made}
        for file_id, is_picture in file_ids(entry):
            fact = context.extras.files.get(file_id)
            # only its name tells the kind of a file that the code made
            by_name = fact is not None and file_id in made and is_picture_name(fact.name)
            draws = (is_picture or by_name) and context.half_blocks
            if fact is not None and (not draws or fact.picture is not None or fact.problem):
                continue
            if (file_id, draws) not in self._asked:
                self._asked.add((file_id, draws))
                self.wanted[file_id] = self.wanted.get(file_id, False) or draws

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

    def is_unfolded(self, item: Item) -> bool:
        """Say whether a panel is open."""
        if item.fold is not None:
            return item.fold
        return isinstance(item.entry, StepEntry) and (item.lingers or step_opens(item.entry))

    def panels(self, kind: Foldable) -> Iterator[Item]:
        """Yield the items of a kind that can be folded."""
        return (item for item in self.items if isinstance(item.entry, kind))

    def draw(self, item: Item) -> None:
        """Draw an item, if it is not drawn."""
        if item.canvas is not None or self.context is None:
            return
        if isinstance(item.entry, MessageEntry):
            self._draw_message(item, item.entry, self.context)
        elif isinstance(item.entry, StepEntry):
            item.memo = item.memo or Memo()
            item.canvas = draw_step(item.entry, self.context, item.fold, item.memo, lingers=item.lingers)
        else:
            item.canvas = draw_entry(self._shown(item), self.context, item.fold)
        self._want(item.entry)
        self.heights.set(item.index, item.gap + len(item.rows))

    @staticmethod
    def _draw_message(item: Item, entry: MessageEntry, context: RenderContext) -> None:
        drawing = MessageDrawing(entry, context, item.text)
        item.canvas = drawing.canvas
        if entry.streaming:
            item.entry, item.text, item.drawing = drawing.entry, drawing.text, drawing

    @staticmethod
    def _shown(item: Item) -> Entry:
        """Return the entry with as much of its text as is drawn: a growing reasoning shows its end."""
        if item.text is not None and isinstance(item.entry, ReasoningEntry):
            source = item.text.source
            return replace(item.entry, text=source.since(max(0, len(source) - LIVE_TAIL)))
        return item.entry

    def measure(self, item: Item) -> None:
        """Estimate an item's height again."""
        width = self.context.width if self.context else 80
        self.heights.set(item.index, item.gap + estimated_rows(item.entry, width, item.text))
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
                rows[same] = before
            same += 1
        self.heights.set(item.index, item.gap + len(rows))
        if same < len(rows) or len(rows) != first + len(old):
            self.damage.append((item, item.gap + same))

    def at(self, y: int) -> tuple[Item, int]:
        """Return the item at row `y` of the transcript, and the number of that row in the item, its gap included."""
        index = self.heights.at(y)
        return self.items[index], y - self.heights.top(index)

    def place(self, item: Item, row: int) -> Place:
        """Return the position in the text at the start of an item's row."""
        if row < item.gap:
            return Place(item, -1, row)
        rows = item.rows
        if not rows:
            return Place(item, 0, 0)
        found = rows[min(row - item.gap, len(rows) - 1)]
        return Place(item, found.line, found.start)

    def row_of(self, place: Place) -> int:
        """Return the row of an item, its gap included, that shows a position."""
        item = place.item
        if place.line < 0:
            return min(place.offset, max(0, item.gap - 1))
        rows = item.rows
        if not rows:
            return item.gap
        found = bisect_right(rows, (place.line, place.offset), key=lambda row: (row.line, row.start)) - 1
        if found < 0 or rows[found].line != place.line:
            found = min(bisect_left(rows, place.line, key=lambda row: row.line), len(rows) - 1)
        return item.gap + max(0, found)

    def item_of_line(self, number: int) -> Item | None:
        """Return the item of a logical line, by the line's number in the transcript."""
        index = bisect_right(self.items, number, key=lambda item: item.key) - 1
        return self.items[max(0, index)] if self.items else None

    def lines_of(self, item: Item) -> list[str]:
        """Return an item's logical lines; the lines of its source if it was never drawn."""
        if item.canvas is not None:
            return item.canvas.lines
        return plain_text(item.whole_entry).split("\n")
