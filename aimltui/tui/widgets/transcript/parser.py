"""The Markdown parsers of the transcript: GitHub's flavour without raw HTML, with rules that hide no text.

Source: CommonMark 0.31 and GitHub's tables; where those drop text (too much nesting, surplus cells, link definitions),
the rules below show it as its source.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from aimltui.formatting.formulas.finding import closing_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock

    Rule = Callable[[StateBlock, int, int, bool], bool]

MAX_LEVEL: Final = 24
"""Levels of block nesting that are drawn; a list counts as two, a quote as one. Deeper text is shown as source."""
_OUT_OF_REACH: Final = 10_000


@lru_cache(maxsize=1)
def inline_parser() -> MarkdownIt:
    """Return the parser for the inside of paragraphs. Imported here: the first frame needs none."""
    from markdown_it import MarkdownIt

    options = {"html": False, "maxNesting": MAX_LEVEL}
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"])


@lru_cache(maxsize=1)
def block_parser() -> MarkdownIt:
    """Return the parser for the structure of blocks."""
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import reference, table

    # the package's own limit skips to the end of the document, so it must never be reached
    options = {"html": False, "maxNesting": _OUT_OF_REACH}
    markdown = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    ruler = markdown.block.ruler
    ruler.at("table", _with_surplus_cells(table), {"alt": ["paragraph", "reference"]})
    ruler.at("reference", _with_definitions(reference))
    ruler.before("table", "too_deep", _too_deep)
    ruler.before("table", "formula", _formula, {"alt": ["paragraph", "blockquote", "list"]})
    return markdown


def _push_paragraph(state: StateBlock, line: int, text: str) -> None:
    state.push("paragraph_open", "p", 1).map = [line, line + 1]
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = text, [line, line + 1], []
    state.push("paragraph_close", "p", -1)


def _too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take the rest of a container that is nested too deeply as plain lines, each a paragraph."""
    if silent or state.level < MAX_LEVEL:
        return False
    line, last = start, start
    while line < end and (state.isEmpty(line) or state.sCount[line] >= state.blkIndent):
        if not state.isEmpty(line):
            _push_paragraph(state, line, state.getLines(line, line + 1, 0, False).strip())
            last = line
        line += 1
    state.line = last + 1
    return True


def _formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take lines from one that begins with `$$`, `\\[` or an environment to the one with what closes it as a formula.

    One that is not closed goes to the next empty line, so that a formula which is being written stays one block.
    """
    if state.is_code_block(start):
        return False
    first = state.getLines(start, start + 1, state.blkIndent, False).strip()
    closing = closing_of(first)
    if closing is None or (closing in first[2:] and not first.endswith(closing)):
        return False
    line, is_closed = start, len(first) > 2 and first.endswith(closing)
    while not is_closed and line + 1 < end and not state.isEmpty(line + 1):
        if state.sCount[line + 1] < state.blkIndent:
            break
        line += 1
        # what stands behind the end of a formula on its last line is drawn below it
        is_closed = closing in state.getLines(line, line + 1, state.blkIndent, False)
    if silent:
        return True
    token = state.push("formula", "", 0)
    token.content = state.getLines(start, line + 1, state.blkIndent, False).strip()
    token.map = [start, line + 1]
    state.line = line + 1
    return True


def _with_definitions(rule: Rule) -> Rule:
    """Wrap the rule for link definitions so that they also stand in the text."""

    def definitions(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not rule(state, start, end, silent):
            return False
        if not silent:
            for line in range(start, state.line):
                _push_paragraph(state, line, state.getLines(line, line + 1, state.blkIndent, False).strip())
        return True

    return definitions


def _with_surplus_cells(rule: Rule) -> Rule:
    """Wrap the rule for tables so that a row's cells beyond the head's stand in its last column."""
    from markdown_it.rules_block.table import escapedSplit

    def columns_of(state: StateBlock, line: int) -> list[str]:
        columns = escapedSplit(state.getLines(line, line + 1, state.blkIndent, False).strip())
        if columns and columns[0] == "":
            columns.pop(0)
        if columns and columns[-1] == "":
            columns.pop()
        return [column.strip() for column in columns]

    def tables(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        before = len(state.tokens)
        if not rule(state, start, end, silent):
            return False
        row: list[Any] = []
        for token in state.tokens[before:]:
            if token.type == "tr_open":
                row = []
            elif token.type == "inline":
                row.append(token)
            elif token.type == "tr_close" and row and row[0].map[0] > start:
                columns = columns_of(state, row[0].map[0])
                if len(columns) > len(row):
                    row[-1].content = " | ".join(columns[len(row) - 1 :])
        return True

    return tables
