"""The canvas turns text into rows of the screen and the logical lines behind them.

A *logical line* is the unit of copying: a paragraph, a line of code, a row of a table, without frame or
folds. A *row* is one line of the screen and knows which part of which logical line its segments show.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean, clean_line
from aimltui.tui.state.file_facts import HALF_BLOCK_CELL, Extras
from aimltui.tui.widgets.transcript.folding import cells, fold, fold_hard
from aimltui.tui.widgets.transcript.tabs import spread_tabs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aimltui.tui.pictures.terminal import PlacedPicture, TerminalPictures
    from aimltui.tui.state.file_facts import Picture, Rgb
    from aimltui.tui.widgets.transcript.glyphs import Glyphs
    from aimltui.tui.widgets.transcript.palette import Palette

TEXT_COLUMN: Final = 100
"""Cells of a line of prose at most; longer ones tire the eye."""


WHOLE_MESSAGE: Final = "message"
"""The value of a `view` that shows the whole text of a message."""


class ClickTarget(NamedTuple):
    """What happens when the user chooses a place on the screen."""

    kind: Literal[
        "link",
        "toggle",
        "expand",
        "view",
        "file",
        "choice",
        "source",
        "cited",
        "copy",
        "message",
        "code",
        "branch",
        "cut",
    ]
    value: str
    """The address, or the id of the option or of the file; for a panel the position of the call in its step.

    For a source, or where one is cited, the number of the citation, or the positions of the call and of its result; for a
    block of code its position in the message.
    """


COPY: Final = ClickTarget("copy", "")
"""The word beside a block of code that copies it."""

CUT: Final = ClickTarget("cut", "")
"""The sign at the end of a line that is cut: it shows the whole block."""


class CodeText:
    """A block of code of a message: its language, and its lines as they are copied."""

    __slots__ = ("language", "lines", "rest")

    def __init__(self, language: str) -> None:
        self.language = language
        self.lines: list[str] = []
        """The finished lines."""
        self.rest = ""
        """The line that still grows."""

    @property
    def text(self) -> str:
        """The code without a line end at its end."""
        return "\n".join([*self.lines, self.rest] if self.rest else self.lines)


SANDBOX: Final = "sandbox:"
"""Start of a model's link to a file that its code made; such a link opens the file's line and nothing else."""

CITED: Final = "cited:"
"""Start of the target of a citation in the text, before its number; no link of a model may begin with it."""


BRANCH: Final = "to-branch:"
"""Start of the target of the signs that lead to other branches, before their choice; no link of a model may begin with it."""


def _target_of(href: str) -> ClickTarget:
    if href.startswith(BRANCH):
        return ClickTarget("branch", href.removeprefix(BRANCH))
    if href.startswith(CITED):
        return ClickTarget("cited", href.removeprefix(CITED))
    return ClickTarget("link", href)


PictureUse = Literal["drawn", "viewed", "named"]
"""Whether a picture is drawn in the thread, only in a viewer, or not at all: then its name stands for it."""


class StyledText(NamedTuple):
    """A run of text in one style."""

    text: str
    style: Style
    href: str = ""


@dataclass(frozen=True, slots=True)
class RenderContext:
    """Everything that a drawing depends on besides its entry."""

    width: int
    """Width of the pane in cells."""
    palette: Palette
    glyphs: Glyphs
    now: float = 0.0
    """Unix seconds, for running times and countdowns."""
    extras: Extras = field(default_factory=Extras)
    """Facts about files and repeated calls; the same object while the widget lives."""
    pictures: PictureUse = "drawn"
    """What happens to pictures."""
    has_times: bool = True
    """Whether a message shows when it was written."""
    picture_rows: int = 12
    """The greatest height of a picture."""
    wraps: bool = True
    """Whether long lines of code and of outputs are folded; otherwise they are cut at the edge."""
    terminal: TerminalPictures | None = None
    """What draws a picture where text stands for it; None draws with half blocks."""
    cell: tuple[int, int] = HALF_BLOCK_CELL
    """Pixels of a picture that a cell shows: width, height."""

    @property
    def draws_pictures(self) -> bool:
        """Whether pictures are drawn in the thread."""
        return self.pictures == "drawn"


class PicturePart(NamedTuple):
    """A row of a picture that is drawn with half blocks."""

    picture: Picture
    columns: int
    rows: int
    """Columns and rows of the whole picture."""
    ground: Rgb
    """What is seen through it where it is transparent."""
    left: int
    """Its first cell in the row."""
    number: int
    """Which row of the picture it is."""


class Row:
    """One line of the screen."""

    __slots__ = (
        "cells",
        "code",
        "cut",
        "fill",
        "line",
        "offsets",
        "part",
        "picture",
        "segments",
        "strip",
        "targets",
    )

    def __init__(
        self,
        segments: list[Segment],
        offsets: list[int],
        width: int,
        line: int,
        fill: Style | None = None,
        targets: tuple[tuple[int, int, ClickTarget], ...] = (),
        code: CodeText | None = None,
    ) -> None:
        self.segments = segments
        self.offsets = offsets
        """For each segment the position of its text in the logical line; -1 for decoration."""
        self.cells = width
        self.line = line
        """Index of the logical line in its item."""
        self.fill = fill
        """Style to the edge of the text column; None for the background."""
        self.targets = targets
        """For each: first cell, one past the last cell, what it does."""
        self.code = code
        """The block of code that it belongs to."""
        self.strip: Strip | None = None
        """The strip that was painted last."""
        self.picture: PlacedPicture | None = None
        """What the terminal must have to draw the row."""
        self.cut = -1
        """The first character of the logical line that is cut off; -1 if none is."""
        self.part: PicturePart | None = None
        """The part of a picture that the row shows with half blocks."""

    @property
    def text(self) -> str:
        """The text as the screen shows it."""
        return "".join(segment.text for segment in self.segments)

    @property
    def start(self) -> int:
        """Position of the first shown character in the logical line."""
        return next((offset for offset in self.offsets if offset >= 0), 0)

    def moved(self, lines: int) -> Row:
        """Return the same row for a logical line further down, with its painted strip."""
        row = Row(
            self.segments, self.offsets, self.cells, self.line + lines, self.fill, self.targets, self.code
        )
        row.strip, row.cut = self.strip, self.cut
        row.picture, row.part = self.picture, self.part
        return row

    def looks_like(self, other: Row) -> bool:
        """Return whether both rows look the same."""
        return (
            self.line == other.line
            and self.segments == other.segments
            and self.offsets == other.offsets
            and self.targets == other.targets
            and self.fill == other.fill
        )


class Prefix:
    """The start of a container's lines: a bar, a bullet, an indent."""

    __slots__ = ("copy_first", "copy_rest", "first", "rest", "style", "used")

    def __init__(
        self, first: str, rest: str, style: Style, copy_first: str = "", copy_rest: str = ""
    ) -> None:
        self.first = first
        self.rest = rest
        self.style = style
        self.copy_first = copy_first
        self.copy_rest = copy_rest
        self.used = False


class Canvas:
    """Turns text into rows and logical lines."""

    def __init__(self, context: RenderContext, bar: Style | None = None) -> None:
        """Start empty.

        Args:
            context: Width, colours, glyphs.
            bar: Style of the accent bar at the left of every row; None for an indent of the same width.
        """
        self.context = context
        self.rows: list[Row] = []
        self.lines: list[str] = []
        self.unchanged = 0
        """How many rows at the start are the same since the last `watch`."""
        self.removed: list[Row] = []
        """The rows that followed those at that time."""
        mark = f"{context.glyphs.bar} " if bar is not None else "  "
        self._prefixes: list[Prefix] = [Prefix(mark, mark, bar or context.palette.text)]
        self._prefix_cells = 2

    @property
    def room(self) -> int:
        """Cells left for prose."""
        return max(4, min(TEXT_COLUMN + 2, self.context.width - 1) - self._prefix_cells)

    @property
    def wide_room(self) -> int:
        """Cells left for tables and code, which may use the whole pane."""
        return max(4, self.context.width - 1 - self._prefix_cells)

    def watch(self) -> None:
        """Note from here on which rows are removed: see `unchanged` and `removed`."""
        self.unchanged = len(self.rows)
        self.removed = []

    def truncate(self, rows: int, lines: int) -> None:
        """Remove all rows and lines past these counts."""
        if rows < self.unchanged:
            self.removed = self.rows[rows : self.unchanged] + self.removed
            self.unchanged = rows
        del self.rows[rows:]
        del self.lines[lines:]

    @contextmanager
    def inside(self, prefix: Prefix) -> Iterator[None]:
        """Draw with this prefix before each line until the end of the `with` block."""
        size = cells(prefix.first)
        self._prefixes.append(prefix)
        self._prefix_cells += size
        try:
            yield
        finally:
            self._prefixes.pop()
            self._prefix_cells -= size

    def _start_line(self) -> tuple[str, list[Segment], list[Segment]]:
        """Return the prefix of the logical line, and the segments before its first and its further rows."""
        copy = ""
        first: list[Segment] = []
        rest: list[Segment] = []
        for prefix in self._prefixes:
            copy += prefix.copy_rest if prefix.used else prefix.copy_first
            first.append(Segment(prefix.rest if prefix.used else prefix.first, prefix.style))
            rest.append(Segment(prefix.rest, prefix.style))
            prefix.used = True
        return copy, first, rest

    def gap(self) -> None:
        """Leave one row free between blocks; the bars of containers continue."""
        segments = [Segment(prefix.rest, prefix.style) for prefix in self._prefixes]
        copy = "".join(prefix.copy_rest for prefix in self._prefixes if prefix.used).rstrip()
        self.lines.append(copy)
        self.rows.append(Row(segments, [-1] * len(segments), self._prefix_cells, len(self.lines) - 1))

    def write(
        self,
        runs: Sequence[StyledText],
        *,
        fill: Style | None = None,
        code: bool = False,
        wide: bool = False,
        target: ClickTarget | None = None,
        right: StyledText | None = None,
        indent: int = 0,
        block: CodeText | None = None,
        cut: ClickTarget = CUT,
    ) -> None:
        """Draw one logical line, folded to the width.

        Args:
            runs: The text; no newlines.
            fill: Style of the cells right of the text.
            code: Fold anywhere or cut at the edge, preserve spaces, and copy tabs as tabs.
            wide: Use the whole pane.
            target: What the whole line does when chosen.
            right: Shown at the right end of the first row, and not copied; in a block of code it copies the block.
            indent: Spaces before the rows after the first.
            block: The block of code that the line belongs to.
            cut: What the sign of a cut line of code does.
        """
        runs, copied = _spread(runs) if code else ([_safe(run) for run in runs], "")
        body = "".join([run.text for run in runs])
        copy, first, rest = self._start_line()
        shift = len(copy)
        line = len(self.lines)
        self.lines.append(copy + (copied or body))
        room = self.wide_room if (wide or code) and right is None else self.room
        if right is not None:
            room = max(4, room - cells(right.text) - 2)
        parts = fold_hard(body, room) if code else fold(body, room - indent)
        is_cut = code and not self.context.wraps and len(parts) > 1
        if is_cut:
            parts = fold_hard(body, room - cells(self.context.glyphs.cut))[:1]
        if indent:
            rest = [*rest, Segment(" " * indent, fill or self._prefixes[0].style)]
        cursor = TextCursor(runs, shift)
        for number, (start, end) in enumerate(parts):
            segments = list(first if number == 0 else rest)
            offsets = [-1] * len(segments)
            width = self._prefix_cells + (indent if number else 0)
            width, links = cursor.take(start, end, segments, offsets, width)
            if is_cut:
                # its place is the line's end: a selection that reaches it has the whole line
                segments.append(Segment(self.context.glyphs.cut, self._cut_style(fill)))
                offsets.append(len(self.lines[line]))
                width += cells(self.context.glyphs.cut)
                links.append((width - 1, width, cut))
            targets = tuple(links)
            if target is not None:
                targets = (*targets, (self._prefix_cells, width, target))
            if right is not None and number == 0:
                blank = self._prefix_cells + room + 2 - width
                segments += [Segment(" " * blank, right.style), Segment(right.text, right.style)]
                offsets += [-1, -1]
                width += blank + cells(right.text)
                if block is not None:
                    targets = (*targets, (width - cells(right.text), width, COPY))
            self.rows.append(Row(segments, offsets, width, line, fill, targets, block))
            if is_cut:
                self.rows[-1].cut = end + shift

    def _cut_style(self, fill: Style | None) -> Style:
        """Return the style of the sign of a cut: that of labels in a block of code."""
        palette = self.context.palette
        return palette.muted if fill is None else palette.code_label

    def caption(self, text: StyledText, fill: Style, block: CodeText) -> None:
        """Draw a row above the next logical line that copies the block of code and is not copied itself."""
        segments = [Segment(prefix.rest, prefix.style) for prefix in self._prefixes]
        blank = max(0, self.room - cells(text.text))
        segments += [Segment(" " * blank, fill), Segment(text.text, text.style)]
        start = self._prefix_cells + blank
        end = start + cells(text.text)
        targets = ((start, end, COPY),)
        self.rows.append(Row(segments, [-1] * len(segments), end, len(self.lines), fill, targets, block))

    def raw(
        self,
        copy: str,
        rows: Iterable[tuple[list[Segment], list[int], list[tuple[int, int, ClickTarget]]]],
        picture: PlacedPicture | None = None,
    ) -> None:
        """Draw one logical line from finished rows, such as those of a table.

        Args:
            copy: The logical line.
            rows: Segments, their places in `copy` (-1 for chrome), and targets relative to the first segment.
            picture: What the terminal must have to draw them.
        """
        start, first, rest = self._start_line()
        shift = len(start)
        line = len(self.lines)
        self.lines.append(start + copy)
        for number, (body, places, links) in enumerate(rows):
            segments = [*(first if number == 0 else rest), *body]
            offsets = [-1] * len(self._prefixes) + [place if place < 0 else place + shift for place in places]
            targets = tuple(
                (a + self._prefix_cells, b + self._prefix_cells, target) for a, b, target in links
            )
            row = Row(segments, offsets, sum(cells(s.text) for s in segments), line, None, targets)
            row.picture = picture
            self.rows.append(row)


class TextCursor:
    """Splits runs into the segments of one row after another."""

    __slots__ = ("_begin", "_index", "_runs", "_shift")

    def __init__(self, runs: Sequence[StyledText], shift: int = 0) -> None:
        self._runs = runs
        self._index = 0
        self._begin = 0
        self._shift = shift

    def take(
        self, start: int, end: int, segments: list[Segment], offsets: list[int], width: int
    ) -> tuple[int, list[tuple[int, int, ClickTarget]]]:
        """Append the segments of the characters `start` to `end`.

        Args:
            start: Not before the end of the last call.
            end: One past the last character.
            segments: Appended to.
            offsets: Appended to.
            width: Cells before the first character.

        Returns:
            Cells up to the last character, and the links among them.
        """
        runs, index, begin = self._runs, self._index, self._begin
        links: list[tuple[int, int, ClickTarget]] = []
        while index < len(runs):
            text, style, href = runs[index]
            stop = begin + len(text)
            low = start if start > begin else begin
            high = end if end < stop else stop
            if low < high:
                piece = text[low - begin : high - begin]
                size = cells(piece)
                segments.append(Segment(piece, style))
                offsets.append(low + self._shift)
                if href:
                    links.append((width, width + size, _target_of(href)))
                width += size
            if stop > end:
                break
            index, begin = index + 1, stop
        self._index, self._begin = index, begin
        return width, links


def _safe(run: StyledText) -> StyledText:
    """Return the run without control characters, which entities can add after the source was cleaned."""
    text = clean_line(run.text)
    return run if text is run.text else run._replace(text=text)


def _spread(runs: Sequence[StyledText]) -> tuple[list[StyledText], str]:
    """Return the runs of a line of code with tabs as spaces, and the line as it is copied."""
    spread: list[StyledText] = []
    copied: list[str] = []
    column = 0
    for run in runs:
        painted, copy, column = spread_tabs(clean(run.text).replace("\n", " "), column)
        spread.append(run if painted is run.text else run._replace(text=painted))
        copied.append(copy)
    return spread, "".join(copied)
