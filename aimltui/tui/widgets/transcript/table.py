"""Tables: columns as wide as their cells, folded if there is not enough room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from rich.segment import Segment

from aimltui.common.dataclass import dataclass
from aimltui.tui.widgets.transcript.canvas import Canvas, ClickTarget, StyledText, TextCursor
from aimltui.tui.widgets.transcript.folding import cells, fold
from aimltui.tui.widgets.transcript.inline import inline_runs

if TYPE_CHECKING:
    from markdown_it.token import Token
    from rich.style import Style

Align = Literal["left", "right", "center"]

_Laid = tuple[list[Segment], list[int], list[tuple[int, int, ClickTarget]]]
"""A line: its segments, their places in the copied text, and what can be clicked."""

_SEPARATOR_CELLS = 3
_LEAST_COLUMN = 3
_LEAST_WORD = 8
"""Cells of the part of a word that a column has room for: a table of narrower ones could not be read."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell and its text as runs."""

    runs: list[StyledText]
    text: str
    size: int
    """Its width unfolded."""
    word: int
    """Width of its longest word."""


def table_rows(
    tokens: Sequence[Token], canvas: Canvas, env: dict[str, Any]
) -> tuple[list[Align], list[list[Cell]]]:
    """Read a table's tokens.

    Args:
        tokens: From `table_open` to `table_close`.
        canvas: For its styles.
        env: The parser's environment.

    Returns:
        How each column is aligned, and the rows, the head first.
    """
    palette = canvas.context.palette
    aligns: list[Align] = []
    rows: list[list[Cell]] = []
    base = palette.text
    for token in tokens:
        match token.type:
            case "tr_open":
                rows.append([])
            case "th_open" | "td_open":
                base = palette.strong if token.type == "th_open" else palette.text
                if token.type == "th_open":
                    aligns.append(_align(str(token.attrs.get("style", ""))))
            case "inline":
                lines = inline_runs(token.content, palette, env, base)
                rows[-1].append(_cell([run for line in lines for run in line]))
            case _:
                pass
    for row in rows:
        row += [_cell([])] * (len(aligns) - len(row))
    return aligns, rows


def _align(style: str) -> Align:
    if style.endswith("right"):
        return "right"
    return "center" if style.endswith("center") else "left"


def _cell(runs: list[StyledText]) -> Cell:
    text = "".join(run.text for run in runs)
    return Cell(runs, text, cells(text), max((cells(word) for word in text.split(" ")), default=0))


@dataclass(frozen=True, slots=True)
class ColumnSizes:
    """What the rows of a table need, column by column."""

    natural: tuple[int, ...]
    """Cells of each column's widest cell."""
    words: tuple[int, ...]
    """Cells of each column's longest word."""

    def including(self, rows: Sequence[Sequence[Cell]]) -> ColumnSizes:
        """Return the sizes with further rows."""
        natural = zip(self.natural, *([cell.size for cell in row] for row in rows), strict=False)
        words = zip(self.words, *([cell.word for cell in row] for row in rows), strict=False)
        return ColumnSizes(tuple(max(column) for column in natural), tuple(max(column) for column in words))


def column_widths(sizes: ColumnSizes, room: int) -> list[int] | None:
    """Distribute the room over the columns.

    Args:
        sizes: What the rows need.
        room: Cells for everything, separators included.

    Returns:
        A width for each column, or None if even the narrowest columns that can be read do not fit beside each other.
    """
    natural, words = sizes.natural, sizes.words
    count = len(natural)
    free = room - _SEPARATOR_CELLS * (count - 1)
    if sum(natural) <= free:
        return list(natural)
    if free < sum(min(word, _LEAST_WORD) for word in words):
        return None
    # a column holds its longest word if its fair share of the room allows it
    share = free // count
    least = [min(natural[i], words[i], max(share, _LEAST_WORD)) for i in range(count)]
    widths = list(least)
    left = free - sum(widths)
    while left > 0:
        hungry = [i for i in range(count) if widths[i] < natural[i]]
        if not hungry:
            break
        step = max(1, left // len(hungry))
        for i in sorted(hungry, key=lambda i: natural[i] - widths[i]):
            grown = min(step, natural[i] - widths[i], left)
            widths[i] += grown
            left -= grown
    return widths


class Table:
    """Draws a table, to which rows are added while it streams."""

    def __init__(self, canvas: Canvas, aligns: list[Align]) -> None:
        self._canvas = canvas
        self._aligns = aligns
        self._start = (len(canvas.rows), len(canvas.lines))
        self._widths: list[int] | None = None
        self._sizes: ColumnSizes | None = None
        """Of the finished rows."""
        self._kept: list[list[Cell]] = []
        """The finished rows: all are drawn again when a column becomes wider."""
        self._head: list[Cell] = []
        self._end = self._start

    @property
    def has_head(self) -> bool:
        """Whether the head is finished."""
        return bool(self._kept)

    def draw(self, rows: list[list[Cell]], keep: int) -> None:
        """Draw rows after the finished ones; at the first call the first row is the head.

        Args:
            rows: The rows after the finished ones.
            keep: How many of them are finished now. The next call passes only those after them.
        """
        canvas, kept = self._canvas, self._kept
        if not kept and not rows:
            return
        sizes = self._sizes or ColumnSizes((_LEAST_COLUMN,) * len(rows[0]), (_LEAST_COLUMN,) * len(rows[0]))
        widths = column_widths(sizes.including(rows), canvas.wide_room)
        drawn = len(kept)
        self._head = kept[0] if kept else rows[0]
        if widths != self._widths or not kept:
            canvas.truncate(*self._start)
            self._end = self._start
            self._widths = widths
            self._rows(kept, 0)
        else:
            canvas.truncate(*self._end)
        self._sizes = sizes.including(rows[:keep])
        kept += rows[:keep]
        self._rows(rows[:keep], drawn)
        self._end = (len(canvas.rows), len(canvas.lines))
        self._rows(rows[keep:], drawn + keep)

    def _rows(self, rows: list[list[Cell]], first: int) -> None:
        """Draw rows, the first of which is the table's row number `first`, where 0 is the head."""
        before = self._kept[first - 1] if first else None
        for number, row in enumerate(rows, first):
            self._row(row, number, before)
            before = row

    def _row(self, row: list[Cell], number: int, before: list[Cell] | None) -> None:
        if self._widths is None:
            self._stacked(row, number)
            return
        copy, places = _copied(row)
        drawn = _laid_out(row, places, self._widths, self._aligns, self._canvas)
        if number > 1 and before is not None and (self._is_folded(row) or self._is_folded(before)):
            # otherwise nobody would see where a row of several lines ends
            drawn.insert(0, _empty_row(self._widths, self._canvas))
        self._canvas.raw(copy, drawn)
        if number == 0:
            self._rule(self._widths)

    def _is_folded(self, row: list[Cell]) -> bool:
        return any(cell.size > width for cell, width in zip(row, self._widths or (), strict=False))

    def _rule(self, widths: list[int]) -> None:
        glyphs, style = self._canvas.context.glyphs, self._canvas.context.palette.frame
        bar = f"{glyphs.rule}{glyphs.cross}{glyphs.rule}".join(glyphs.rule * width for width in widths)
        dashes = {"left": "---", "right": "--:", "center": ":-:"}
        copy = "| " + " | ".join(dashes[align] for align in self._aligns) + " |"
        self._canvas.raw(copy, [([Segment(bar, style)], [-1], [])])

    def _stacked(self, row: list[Cell], number: int) -> None:
        """Draw a row as a list of `name: value`, if the pane is too narrow for columns."""
        if number == 0:
            return
        if number > 1:
            self._canvas.gap()
        muted = self._canvas.context.palette.muted
        for name, cell in zip(self._head, row, strict=False):
            self._canvas.write([StyledText(f"{name.text}: ", muted), *cell.runs], indent=2)


def _empty_row(widths: Sequence[int], canvas: Canvas) -> _Laid:
    """Return a line of a table that only has its separators."""
    palette, glyphs = canvas.context.palette, canvas.context.glyphs
    separator = Segment(f" {glyphs.column} ", palette.frame)
    segments: list[Segment] = []
    for column, width in enumerate(widths):
        segments += [separator] if column else []
        segments.append(Segment(" " * width, palette.text))
    return segments, [-1] * len(segments), []


def _copied(row: Sequence[Cell]) -> tuple[str, list[int]]:
    """Return a row as Markdown and the start of each cell's text in it."""
    copy, places = "|", []
    for cell in row:
        copy += " "
        places.append(len(copy))
        copy += f"{cell.text} |"
    return copy, places


def _laid_out(
    row: Sequence[Cell], places: Sequence[int], widths: Sequence[int], aligns: Sequence[Align], canvas: Canvas
) -> list[_Laid]:
    """Arrange the cells of a row side by side, each folded to its column."""
    palette, glyphs = canvas.context.palette, canvas.context.glyphs
    folded = [fold(cell.text, width) for cell, width in zip(row, widths, strict=True)]
    cursors = [TextCursor(cell.runs, place) for cell, place in zip(row, places, strict=True)]
    separator = Segment(f" {glyphs.column} ", palette.frame)
    laid_out: list[_Laid] = []
    for number in range(max(len(parts) for parts in folded)):
        segments: list[Segment] = []
        offsets: list[int] = []
        targets: list[tuple[int, int, ClickTarget]] = []
        x = 0
        for column, width in enumerate(widths):
            if column:
                segments.append(separator)
                offsets.append(-1)
                x += _SEPARATOR_CELLS
            x = _cell_row(
                folded[column],
                number,
                cursors[column],
                aligns[column],
                (x, width),
                segments,
                offsets,
                targets,
                palette.text,
            )
        laid_out.append((segments, offsets, targets))
    return laid_out


def _cell_row(
    parts: list[tuple[int, int]],
    number: int,
    cursor: TextCursor,
    align: Align,
    box: tuple[int, int],
    segments: list[Segment],
    offsets: list[int],
    targets: list[tuple[int, int, ClickTarget]],
    blank_style: Style,
) -> int:
    """Append one row of one cell, padded to its column; return the cells up to its end."""
    x, width = box
    body: list[Segment] = []
    places: list[int] = []
    used = x
    links: list[tuple[int, int, ClickTarget]] = []
    if number < len(parts):
        used, links = cursor.take(*parts[number], body, places, x)
    blank = max(0, width - (used - x))
    before = {"left": 0, "right": blank, "center": blank // 2}[align]
    for pad, middle in ((before, False), (0, True), (blank - before, False)):
        if middle:
            segments += body
            offsets += places
        elif pad:
            segments.append(Segment(" " * pad, blank_style))
            offsets.append(-1)
    targets += [(a + before, b + before, target) for a, b, target in links]
    return x + width
