"""Reads HTML: what a reader of the page sees, with its headings."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

from aimltui.common.patterns import pattern
from aimltui.engine.extraction.document import Writer
from aimltui.engine.extraction.limits import Budget
from aimltui.engine.extraction.plain import text_of
from aimltui.engine.extraction.source import Source

_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "caption",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "title",
        "tr",
        "ul",
    ]
)
_CELLS: Final = frozenset(("td", "th"))
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_SILENT: Final = frozenset(("script", "style", "template"))
_BLANKS = pattern(r"\s+")


def read_page(source: Source) -> None:
    """Write the text of a page."""
    write_page(text_of(source), source.spend, source.writer)


def write_page(markup: str, spend: Budget, writer: Writer, base: int = 0) -> None:
    """Write the text of some markup.

    Args:
        markup: HTML.
        spend: The limits.
        writer: Where the text goes.
        base: The level of the headings around it.
    """
    page = _Page(spend, writer, base)
    page.feed(markup)
    page.close()
    page.flush()


class _Page(HTMLParser):
    """Collects the text of a page that a reader would see."""

    def __init__(self, spend: Budget, writer: Writer, base: int) -> None:
        super().__init__(convert_charrefs=True)
        self._spend = spend
        self._writer = writer
        self._base = base
        self._pieces: list[str] = []
        self._silent = 0
        self._preformatted = 0
        self._cells = 0
        self._level = 0
        """The level of the heading that is open; 0 if none is."""

    def flush(self) -> None:
        """Write what has been collected."""
        if self._pieces:
            self._writer.write("".join(self._pieces))
            self._pieces = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # the parser's time grows with the square of the length for some hostile pages, so it is interrupted from here
        self._spend.check()
        if tag in _SILENT:
            self._silent += 1
        elif tag in _HEADINGS:
            self._pieces.append("\n")
            self.flush()
            self._level = _HEADINGS[tag]
        elif tag in _BLOCKS:
            self._break()
            self._preformatted += tag == "pre"
        elif tag in _CELLS:
            self._cells += 1

    def handle_endtag(self, tag: str) -> None:
        self._spend.check()
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _HEADINGS:
            self._end_heading()
        elif tag in _CELLS:
            self._cells = max(0, self._cells - 1)
            self._pieces.append("\t")
        elif tag in _BLOCKS:
            if tag in ("tr", "table"):
                self._cells = 0
            self._break()
            if tag == "pre":
                self._preformatted = max(0, self._preformatted - 1)

    def handle_data(self, data: str) -> None:
        self._spend.check()
        if not self._silent:
            self._pieces.append(data if self._preformatted else _BLANKS.sub(" ", data))

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            # the parser of older Pythons ends here; browsers skip what they do not know
            return self.parse_bogus_comment(i, report)

    def _break(self) -> None:
        # the cells of a row stay on its line
        self._pieces.append(" " if self._cells else "\n")

    def _end_heading(self) -> None:
        title = "".join(self._pieces)
        if self._level and title.strip():
            self._writer.heading(self._base + self._level, title)
        self._level = 0
        self._pieces.append("\n")
