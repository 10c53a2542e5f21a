"""Draws a message's Markdown while it streams, without parsing finished parts again.

Blocks before the last one are frozen as soon as the line that ends them is complete. Inside the last block,
which may be endless, finished lines of code, rows of a table and items of a list are frozen too. At the end
of the stream everything is parsed once more, so that no wrong guess stays.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from aimltui.common.dataclass import dataclass
from aimltui.common.growing_text import GrowingText
from aimltui.common.patterns import pattern
from aimltui.tui.widgets.transcript.canvas import WHOLE_MESSAGE, Canvas, ClickTarget, StyledText
from aimltui.tui.widgets.transcript.code import CodeBlock, closes
from aimltui.tui.widgets.transcript.markdown import Block, BlockPainter, ListPlace, blocks_of, parse_blocks
from aimltui.tui.widgets.transcript.table import Table, table_rows

if TYPE_CHECKING:
    from markdown_it.token import Token
    from rich.style import Style

MAX_SOURCE: Final = 256 * 1024
"""Characters of a message that are drawn as Markdown; what follows is drawn as plain lines."""
MAX_PLAIN: Final = 768 * 1024
"""Characters drawn as plain lines after those; the rest is counted and can be opened in the viewer."""
PLAIN_PIECE: Final = 8_192
"""Characters of a plain line that are drawn at a time, so that an endless line is not drawn again as it grows."""
_NEAR: Final = 4_096
"""Characters before the limit in which a line end is searched for, so that no line is cut without need."""
COARSE_TAIL: Final = 8_192
"""Characters of an unfinished block from which on it is no longer parsed for each piece."""

_FENCE = pattern(r"( {0,3})(`{3,}|~{3,})(.*)$")


@dataclass(frozen=True, slots=True)
class _Mark:
    """The start of an outermost block whose rows, and all before them, are finished."""

    place: int
    """In the source."""
    rows: int
    """On the canvas before it."""
    lines: int
    previous: str
    """Type of the block before it."""


@dataclass(slots=True)
class _OpenFence:
    """A fenced block that has no end yet."""

    code: CodeBlock
    mark: str
    indent: int
    place: int
    """Where its first unfinished line starts in the source."""


@dataclass(slots=True)
class _OpenTable:
    """A table that may get more rows."""

    table: Table
    head: str
    """Source of its head and the line of dashes."""
    place: int
    """Where its first unfinished row starts in the source."""


class MarkdownStream:
    """Draws the body of one message on a canvas, complete or growing."""

    def __init__(
        self,
        canvas: Canvas,
        source: GrowingText | None = None,
        *,
        keep_breaks: bool = False,
        base: Style | None = None,
    ) -> None:
        """Draw nothing yet; the body's rows will follow those that are on the canvas already.

        Args:
            canvas: Where to draw. Who draws below the body removes those rows before the next `advance`.
            source: The Markdown, which may grow; None for an empty one.
            keep_breaks: Show single newlines as they are.
            base: Style of plain text, if not the palette's.
        """
        self.canvas = canvas
        self.source = GrowingText() if source is None else source
        self._drawn = 0
        """Characters of the source that are drawn."""
        self._base = base
        self._keep_breaks = keep_breaks
        self._begin = self._here()
        self._reset()

    def _reset(self) -> None:
        self._env: dict[str, Any] = {}
        self._painter = BlockPainter(self.canvas, self._env, keep_breaks=self._keep_breaks, base=self._base)
        self._stable = 0
        """Where the part of the source starts that is not frozen."""
        self._frozen = self._begin
        """Rows and lines that are frozen."""
        self._previous = ""
        """Type of the last frozen block."""
        self._marks: list[_Mark] = []
        self._list: ListPlace | None = None
        """Set if the tail starts with a further item of a list."""
        self._open: _OpenFence | _OpenTable | None = None
        self._parsed = 0
        """Length of the tail when it was parsed last."""
        self._end = self._begin
        """Rows and lines after what was parsed last."""
        self._plain = 0
        """Where the part starts that is still to draw as plain lines."""

    def advance(self) -> None:
        """Draw what was added to the source since the last time."""
        before, self._drawn = self._drawn, len(self.source)
        if before > MAX_SOURCE:
            self.canvas.truncate(*self._end)
            self._draw_plain()
        elif self._drawn > MAX_SOURCE:
            self.finish()
        else:
            while self._advance():
                pass
            self._painter.unload()

    def finish(self) -> None:
        """Draw the whole source again, as a stored message is drawn.

        The block structure is found again from the first character. Blocks that turn out to begin and end
        where they did while streaming keep their rows, unless a link definition could change their insides.
        """
        canvas = self.canvas
        old_rows, old_lines, marks = list(canvas.rows), list(canvas.lines), self._marks
        canvas.truncate(*self._begin)
        self._reset()
        shown = str(self.source)[: self._markdown_end()]
        painter = self._painter
        tokens = parse_blocks(shown, self._env)
        painter.load(shown, tokens)
        starts = _line_starts(shown)
        blocks = blocks_of(tokens)
        known = {starts[block.line] for block in blocks}
        kept = {a.place: (a, b) for a, b in pairwise(marks) if a.place in known and b.place in known}
        if self._env.get("references"):
            kept = {}
        until = -1
        for block in blocks:
            place = starts[block.line]
            if place < until:
                painter.previous = block.type
                continue
            mark, end = kept.get(place, (None, None))
            if mark is not None and end is not None and mark.previous == painter.previous:
                shift = len(canvas.lines) - mark.lines
                rows = old_rows[mark.rows : end.rows]
                canvas.rows += [row.moved(shift) for row in rows] if shift else rows
                canvas.lines += old_lines[mark.lines : end.lines]
                painter.previous = block.type
                until = end.place
                continue
            painter.space(block.type, painter.blank_before(block.line))
            painter.draw(block)
        painter.unload()
        self._end = self._here()
        self._plain = len(shown)
        self._draw_plain()

    def _here(self) -> tuple[int, int]:
        return len(self.canvas.rows), len(self.canvas.lines)

    def _markdown_end(self) -> int:
        """Return where the part ends that is drawn as Markdown: at a line end where one is near the limit."""
        if len(self.source) <= MAX_SOURCE:
            return len(self.source)
        line_end = self.source.between(MAX_SOURCE - _NEAR, MAX_SOURCE).rfind("\n")
        return MAX_SOURCE - _NEAR + line_end + 1 if line_end >= 0 else MAX_SOURCE

    def _draw_plain(self) -> None:
        """Draw what follows the Markdown as plain lines, and count what is beyond those."""
        limit = MAX_SOURCE + MAX_PLAIN
        base, end = self._plain, min(limit, len(self.source))
        source, place = self.source.between(base, end), 0
        style = self._base or self.canvas.context.palette.text
        while place < len(source):
            line_end = source.find("\n", place, place + PLAIN_PIECE)
            is_finished = line_end >= 0 or place + PLAIN_PIECE <= len(source)
            stop = line_end if line_end >= 0 else min(len(source), place + PLAIN_PIECE)
            self.canvas.write([StyledText(source[place:stop], style)])
            if not is_finished:
                break
            place = stop + (line_end >= 0)
            self._plain = base + place
            self._end = self._here()
        rest = len(self.source) - limit
        if rest > 0:
            glyphs, palette = self.canvas.context.glyphs, self.canvas.context.palette
            words = f"{glyphs.ellipsis} {rest:,} more characters {glyphs.dot} "
            target = ClickTarget("view", WHOLE_MESSAGE)
            self.canvas.write(
                [StyledText(words, palette.muted), StyledText("enter view all", palette.link)], target=target
            )

    def _advance(self) -> bool:
        """Draw what is not frozen; return True if a block started or ended, so that there is more to draw."""
        match self._open:
            case _OpenFence():
                return self._advance_code(self._open)
            case _OpenTable():
                return self._advance_table(self._open)
            case None:
                return self._advance_blocks()

    def _freeze(self, stable: int, previous: str) -> None:
        self._stable = stable
        self._frozen = self._here()
        self._previous = previous
        self._list = None
        self._parsed = 0

    def _mark(self, place: int, previous: str) -> None:
        """Record that everything before a block is finished."""
        if self._list is None and (not self._marks or self._marks[-1].place < place):
            self._marks.append(_Mark(place, *self._here(), previous))

    def _blank_at(self, place: int) -> bool:
        """Return whether an empty line stands before a place of the source at which a line starts."""
        start = max(0, place - 200)
        lines = self.source.since(start)[: place - start].split("\n")
        return len(lines) > 1 and not lines[-2].strip()

    def _advance_blocks(self) -> bool:
        """Parse the tail as blocks."""
        base = self._stable
        size = len(self.source) - base
        if size > COARSE_TAIL and size < self._parsed * 9 // 8:
            self._draw_coarsely()
            return False
        tail = self.source.since(base)
        self.canvas.truncate(*self._frozen)
        painter = self._painter
        painter.previous = self._previous
        tokens = parse_blocks(tail, self._env)
        painter.load(tail, tokens)
        blocks = blocks_of(tokens)
        starts = _line_starts(tail)
        # The first line of a block says what it is only once it is complete.
        known = max((i for i, block in enumerate(blocks) if block.line < len(starts) - 1), default=-1)
        for index, block in enumerate(blocks):
            if index == known and index:
                self._freeze(base + starts[block.line], painter.previous)
            if index == known:
                self._mark(base + starts[block.line], painter.previous)
            going_on = (
                self._list if index == 0 and self._list and _is_list(block, self._list.ordered) else None
            )
            if going_on is None:
                blank = painter.blank_before(block.line) if block.line else self._blank_at(base)
                painter.space(block.type, blank)
            if index == known and self._opened(block, tokens, tail, base):
                return True
            if block.type in _LISTS:
                painter.previous = block.type
                self._draw_list(block, going_on, base, starts, index == known)
            else:
                painter.draw(block)
        self._parsed = len(tail)
        self._end = self._here()
        return False

    def _draw_coarsely(self) -> None:
        """Show the text since the last parse of a very long block without parsing it."""
        self.canvas.truncate(*self._end)
        for line in self.source.since(self._stable + self._parsed).split("\n"):
            if line:
                self.canvas.write([StyledText(line, self.canvas.context.palette.text)])

    def _draw_list(
        self, block: Block, going_on: ListPlace | None, base: int, starts: list[int], freeze: bool
    ) -> None:
        """Draw a list; freeze the items that are finished, if it is the last block."""
        painter = self._painter
        place = replace(going_on) if going_on else painter.list_place(block)
        items = painter.items(block)
        last = max((i for i, item in enumerate(items) if item.line < len(starts) - 1), default=0)
        for index, item in enumerate(items):
            if freeze and index == last and index:
                self._freeze(base + starts[item.line], block.type)
                gap = painter.blank_before(item.line)
                self._list = ListPlace(place.ordered, place.number, gap=gap)
            painter.item(item, place)

    def _opened(self, block: Block, tokens: list[Token], tail: str, base: int) -> bool:
        """Start the last known block if it is one that is drawn line by line; return whether it is."""
        starts = _line_starts(tail)
        place = self._stable
        if block.type == "table_open" and block.line + 2 < len(starts):
            rows = starts[block.line + 2]
            aligns, _ = table_rows(tokens[block.first : block.last + 1], self.canvas, self._env)
            self._freeze(place, "table_open")
            self._open = _OpenTable(Table(self.canvas, aligns), tail[starts[block.line] : rows], base + rows)
            return True
        if block.type != "fence":
            return False
        lines = tail[starts[block.line] :].split("\n")
        found = _FENCE.match(lines[0])
        if not found or any(closes(line, found[2]) for line in lines[1:]):
            return False
        self._freeze(place, "fence")
        code = CodeBlock.begin(self.canvas, tokens[block.first].info)
        self._frozen = self._here()
        self._open = _OpenFence(code, found[2], len(found[1]), base + starts[block.line + 1])
        return True

    def _advance_code(self, fence: _OpenFence) -> bool:
        """Draw further lines of a fenced block."""
        self.canvas.truncate(*self._frozen)
        source, code, place = self.source.since(fence.place), fence.code, 0
        while (end := source.find("\n", place)) >= 0:
            line = source[place:end]
            fence.place += end + 1 - place
            place = end + 1
            if closes(line, fence.mark):
                if code.is_empty:
                    code.add("")
                self._open = None
                self._freeze(fence.place, "fence")
                return True
            code.add(_dedent(line, fence.indent))
        self._frozen = self._here()
        rest = source[place:]
        if rest.strip() and not closes(rest, fence.mark):
            code.add(_dedent(rest, fence.indent), keep=False)
        elif code.is_empty:
            code.add("", keep=False)
        return False

    def _advance_table(self, opened: _OpenTable) -> bool:
        """Draw further rows of a table; each is parsed once, under the table's head."""
        source = opened.head + self.source.since(opened.place)
        painter = self._painter
        tokens = parse_blocks(source, self._env)
        blocks = blocks_of(tokens)
        starts = _line_starts(source)
        _, rows = table_rows(tokens[: blocks[0].last + 1], self.canvas, self._env)
        new = rows[1:] if opened.table.has_head else rows
        ended = next((block for block in blocks[1:] if block.line < len(starts) - 1), None)
        if ended is not None:
            opened.table.draw(new, len(new))
            self._open = None
            self._freeze(opened.place + starts[ended.line] - len(opened.head), "table_open")
            return True
        finished = min(len(rows) - 1, len(starts) - 3)
        opened.table.draw(new, len(new) - (len(rows) - 1 - finished))
        opened.place += starts[2 + finished] - len(opened.head)
        painter.load(source, tokens)
        painter.previous = "table_open"
        for block in blocks[1:]:
            painter.space(block.type, True)
            painter.draw(block)
        return False


_LISTS: Final = ("bullet_list_open", "ordered_list_open")


def _is_list(block: Block, ordered: bool) -> bool:
    return block.type == _LISTS[ordered]


def _line_starts(text: str) -> list[int]:
    """Return where each line starts; the last entry is the line without a newline, even if it is empty."""
    starts = [0]
    place = text.find("\n")
    while place >= 0:
        starts.append(place + 1)
        place = text.find("\n", place + 1)
    return starts


def _dedent(line: str, indent: int) -> str:
    """Remove as many leading spaces as the fence has."""
    blanks = len(line) - len(line.lstrip(" "))
    return line[min(indent, blanks) :]
