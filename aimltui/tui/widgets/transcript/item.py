"""One entry of the transcript and its drawing, and a position in its text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.entries import Entry, MessageEntry, NoticeEntry, ReasoningEntry, RunEntry, StepEntry
from aimltui.tui.widgets.transcript import renderers
from aimltui.tui.widgets.transcript.canvas import Canvas, Row
from aimltui.tui.widgets.transcript.clean_text import CleanText


class Item:
    """One entry and its drawing."""

    __slots__ = ("canvas", "drawing", "entry", "fold", "gap", "index", "key", "lingers", "memo", "text")

    def __init__(self, entry: Entry, index: int, key: int) -> None:
        self.entry = entry
        self.index = index
        self.key = key
        """Number of its first logical line; grows from item to item. It changes only when there is no room for one between two others."""
        self.gap = 0
        """Empty rows above it."""
        self.fold: bool | None = None
        """Whether the user unfolded or folded it; None if neither."""
        self.lingers = False
        """Whether a finished step stays open until the answer continues."""
        self.memo: renderers.Memo | None = None
        """Of a step: what its next drawing can reuse."""
        self.text: CleanText | None = None
        """The text of a message or a reasoning that grows; `entry` is without it then."""
        self.canvas: Canvas | None = None
        self.drawing: renderers.MessageDrawing | None = None
        """Of a message that grows: what draws the next piece."""

    @property
    def rows(self) -> list[Row]:
        """The drawn rows; none before the item came near the window."""
        return self.canvas.rows if self.canvas else []

    @property
    def whole_entry(self) -> Entry:
        """The entry with what has arrived of its text."""
        if self.text is not None and isinstance(self.entry, MessageEntry):
            return renderers.with_text(self.entry, self.text)
        if self.text is not None and isinstance(self.entry, ReasoningEntry):
            return replace(self.entry, text=str(self.text.source))
        return self.entry

    @property
    def shown_entry(self) -> Entry:
        """The entry with as much of its text as is drawn: a growing reasoning shows its end."""
        if self.text is not None and isinstance(self.entry, ReasoningEntry):
            source = self.text.source
            return replace(self.entry, text=source.since(max(0, len(source) - renderers.LIVE_TAIL)))
        return self.entry

    @property
    def is_unfolded(self) -> bool:
        """Whether its panel is open."""
        if self.fold is not None:
            return self.fold
        return isinstance(self.entry, StepEntry) and (self.lingers or renderers.step_opens(self.entry))

    @property
    def lines(self) -> list[str]:
        """The logical lines; the lines of its source if it was never drawn."""
        if self.canvas is not None:
            return self.canvas.lines
        return renderers.plain_text(self.whole_entry).split("\n")

    def grow(self, entry: MessageEntry | ReasoningEntry, text: str) -> None:
        """Add a piece to the text of the item's entry, which moves out of the entry with the first one."""
        if self.text is None:
            if isinstance(entry, MessageEntry):
                self.text, self.entry = renderers.clean_message(entry), renderers.without_text(entry)
            else:
                self.text, self.entry = CleanText(entry.text), replace(entry, text="")
        self.text.add(text)

    def place(self, row: int) -> Place:
        """Return the position in the text at the start of a row; the gap counts as rows."""
        if row < self.gap:
            return Place(self, -1, row)
        rows = self.rows
        if not rows:
            return Place(self, 0, 0)
        found = rows[min(row - self.gap, len(rows) - 1)]
        return Place(self, found.line, found.start)


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the text that does not depend on the width."""

    item: Item
    line: int
    """Logical line; -1 for the gap above the item."""
    offset: int
    """Character in the line, or which row of the gap."""

    @property
    def row(self) -> int:
        """The row of the item, its gap included, that shows the position."""
        item = self.item
        if self.line < 0:
            return min(self.offset, max(0, item.gap - 1))
        rows = item.rows
        if not rows:
            return item.gap
        found = bisect_right(rows, (self.line, self.offset), key=lambda row: (row.line, row.start)) - 1
        if found < 0 or rows[found].line != self.line:
            found = min(bisect_left(rows, self.line, key=lambda row: row.line), len(rows) - 1)
        return item.gap + max(0, found)


def counts(entry: Entry) -> bool:
    """Return whether an entry shows a running time or a countdown."""
    if isinstance(entry, NoticeEntry):
        return entry.until is not None or entry.since is not None
    return isinstance(entry, RunEntry) and entry.status in renderers.ACTIVE
