"""Draws parsed Markdown blocks onto a canvas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from rich.segment import Segment

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.formatting.formulas.finding import MAX_FORMULA, closing_of, is_environment, stripped
from aimltui.formatting.formulas.writing import on_lines, on_one_line
from aimltui.tui.widgets.transcript.canvas import Canvas, Prefix, StyledText
from aimltui.tui.widgets.transcript.code import CodeBlock
from aimltui.tui.widgets.transcript.folding import cells
from aimltui.tui.widgets.transcript.inline import inline_runs
from aimltui.tui.widgets.transcript.parser import block_parser
from aimltui.tui.widgets.transcript.table import Table, table_rows

if TYPE_CHECKING:
    from markdown_it.token import Token
    from rich.style import Style

_SPACED: Final = frozenset(("fence", "formula", "code_block", "table_open", "heading_open", "hr"))
_HEADING: Final = "heading_open"
_TASK = pattern(r"\[([ xX])\] ")


@dataclass(frozen=True, slots=True)
class Block:
    """The tokens of one block."""

    type: str
    first: int
    """Index of its first token."""
    last: int
    """Index of its last token."""
    line: int
    """Its first line in the parsed source, from 0."""
    end: int
    """One past its last line."""


def parse_blocks(source: str, env: dict[str, Any]) -> list[Token]:
    """Parse the block structure of a source; the inline content of paragraphs stays text."""
    tokens: list[Token] = []
    markdown = block_parser()
    markdown.block.parse(source, markdown, env, tokens)
    return tokens


def blocks_of(tokens: Sequence[Token], first: int = 0, last: int | None = None) -> list[Block]:
    """Split tokens into the blocks on their outermost level.

    Args:
        tokens: From `parse_blocks`.
        first: Where to start.
        last: Where to stop, exclusive.
    """
    blocks = []
    index = first
    stop = len(tokens) if last is None else last
    while index < stop:
        token = tokens[index]
        start = index
        if token.nesting == 1:
            while not (tokens[index].nesting == -1 and tokens[index].level == token.level):
                index += 1
        line, end = token.map or (0, 0)
        blocks.append(Block(token.type, start, index, line, end))
        index += 1
    return blocks


@dataclass(slots=True)
class ListPlace:
    """The position in a list whose items are drawn one after another."""

    ordered: bool
    number: int = 0
    """Items drawn so far, or the number before the next one's."""
    gap: bool = False
    """Whether an empty line precedes the next item, if `fresh`."""
    fresh: bool = True
    """Whether the next item is the first of those parsed together; later ones check the source."""


class BlockPainter:
    """Draws blocks, spaced as in their source."""

    def __init__(
        self, canvas: Canvas, env: dict[str, Any], *, keep_breaks: bool = False, base: Style | None = None
    ) -> None:
        """Make a painter for one message.

        Args:
            canvas: Where to draw.
            env: The parser's environment, with the link definitions.
            keep_breaks: Show single newlines, as in typed text.
            base: Style of plain text, if not the palette's.
        """
        self._base = base
        self.canvas = canvas
        self.env = env
        self.previous = ""
        """Type of the block drawn last on the outermost level."""
        self._keep_breaks = keep_breaks
        self._tokens: Sequence[Token] = ()
        self._source: list[str] = []
        self._depth = 0

    def load(self, source: str, tokens: Sequence[Token]) -> None:
        """Set the source and the tokens to which the next blocks refer."""
        self._source = source.split("\n")
        self._tokens = tokens

    def unload(self) -> None:
        """Release the source and the tokens: all their blocks are drawn."""
        self._source = []
        self._tokens = ()

    def blank_before(self, line: int) -> bool:
        """Return whether the line before this one of the source is empty, or has only a quote's mark."""
        return 0 < line <= len(self._source) and not self._source[line - 1].strip(" \t>")

    def space(self, block_type: str, blank: bool) -> None:
        """Add an empty row before an outermost block, if it needs one."""
        if self.previous and self._wants_gap(self.previous, block_type, blank):
            self.canvas.gap()
        self.previous = block_type

    @staticmethod
    def _wants_gap(previous: str, block_type: str, blank: bool) -> bool:
        if previous == _HEADING:
            return block_type == _HEADING and blank
        return blank or block_type in _SPACED or previous in _SPACED

    def children(self, first: int, last: int) -> None:
        """Draw the blocks between two tokens, spaced as in the source."""
        previous = ""
        for block in blocks_of(self._tokens, first, last):
            if previous:
                blank = self.blank_before(block.line)
                spaced = block.type in _SPACED or previous in _SPACED
                if previous != _HEADING and (blank or (spaced and self._depth == 0)):
                    self.canvas.gap()
            self.draw(block)
            previous = block.type

    def draw(self, block: Block) -> None:
        """Draw one block."""
        token = self._tokens[block.first]
        palette = self.canvas.context.palette
        match block.type:
            case "paragraph_open":
                self._paragraph(self._tokens[block.first + 1].content)
            case "heading_open":
                self._heading(token.tag, self._tokens[block.first + 1].content)
            case "formula":
                self._formula(token.content)
            case "fence" | "code_block":
                self._code(token)
            case "bullet_list_open" | "ordered_list_open":
                self._list(block)
            case "blockquote_open":
                glyph = self.canvas.context.glyphs.quote
                with self.canvas.inside(Prefix(f"{glyph} ", f"{glyph} ", palette.frame, "> ", "> ")):
                    self.children(block.first + 1, block.last)
            case "table_open":
                aligns, rows = table_rows(self._tokens[block.first : block.last + 1], self.canvas, self.env)
                Table(self.canvas, aligns).draw(rows, len(rows))
            case "hr":
                width = min(self.canvas.room, 24)
                rule = Segment(self.canvas.context.glyphs.rule * width, palette.frame)
                self.canvas.raw("---", [([rule], [-1], [])])
            case _:
                self._paragraph(token.content)

    def _paragraph(self, content: str) -> None:
        palette = self.canvas.context.palette
        for runs in inline_runs(content, palette, self.env, self._base, keep_breaks=self._keep_breaks):
            self.canvas.write(runs)

    def _formula(self, content: str) -> None:
        """Draw a formula that stands by itself; its source if it is not closed or cannot be read."""
        closing = closing_of(content) or ""
        end = content.find(closing, 2) + len(closing)
        rest = content[end:].strip() if closing and end > len(closing) else ""
        content = content[:end] if rest else content
        source = stripped(content)
        if (source == content and not is_environment(content)) or len(source) > MAX_FORMULA:
            lines: Sequence[str] = content.split("\n")
        else:
            lines = on_lines(source)
            if max(cell_len(line) for line in lines) + 2 > self.canvas.room:
                lines = [on_one_line(source)]
        style = self._base or self.canvas.context.palette.text
        for line in lines:
            self.canvas.write([StyledText(f"  {line}", style)], code=True)
        if rest:
            self._paragraph(rest)

    def _heading(self, tag: str, content: str) -> None:
        palette = self.canvas.context.palette
        base = palette.heading if tag == "h1" else palette.subheading
        for runs in inline_runs(content, palette, self.env, base):
            self.canvas.write(runs)

    def _code(self, token: Token) -> None:
        block = CodeBlock.begin(self.canvas, token.info)
        lines = token.content.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        for line in lines or [""]:
            block.add(line)

    def _list(self, block: Block) -> None:
        place = self.list_place(block)
        for item in self.items(block):
            self.item(item, place)

    def list_place(self, block: Block) -> ListPlace:
        """Return the place before a list's first item."""
        token = self._tokens[block.first]
        ordered = token.type == "ordered_list_open"
        return ListPlace(ordered, int(token.attrs.get("start", 1)) - 1 if ordered else 0)

    def items(self, block: Block) -> list[Block]:
        """Return the items of a list."""
        return blocks_of(self._tokens, block.first + 1, block.last)

    def item(self, item: Block, place: ListPlace) -> None:
        """Draw a list item and advance the position."""
        canvas = self.canvas
        if place.gap if place.fresh else self.blank_before(item.line):
            canvas.gap()
        place.fresh = False
        place.number += 1
        palette, glyphs = canvas.context.palette, canvas.context.glyphs
        if place.ordered:
            mark = copy = f"{place.number}. "
        else:
            mark = f"{glyphs.bullets[self._depth % 3]} "
            copy = "- "
        mark, copy = self._task(item, mark, copy)
        blank = " " * cells(mark)
        self._depth += 1
        with canvas.inside(
            Prefix(mark, blank, palette.muted, copy, " " * (len(copy) if place.ordered else 2))
        ):
            if item.first + 1 == item.last:
                canvas.write([])
            else:
                self.children(item.first + 1, item.last)
        self._depth -= 1

    def _task(self, item: Block, mark: str, copy: str) -> tuple[str, str]:
        """Return the marks of an item; those of a task include its box, which is removed from its text."""
        if item.first + 2 >= len(self._tokens) or self._tokens[item.first + 1].type != "paragraph_open":
            return mark, copy
        inline = self._tokens[item.first + 2]
        found = _TASK.match(inline.content)
        if not found:
            return mark, copy
        inline.content = inline.content[found.end() :]
        box = f"[{'x' if found[1] in 'xX' else ' '}] "
        return mark + box if self._numbered(mark) else box, copy + box

    @staticmethod
    def _numbered(mark: str) -> bool:
        return mark[0].isdigit()
