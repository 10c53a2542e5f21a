"""Draws the lines of the thread list."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import clipped
from aimltui.tui.state.fuzzy import positions
from aimltui.tui.state.thread_lines import PINNED_GROUP, ThreadRow

HEAD_LINES = 2
"""The line of the search and an empty line, which do not scroll."""

SIGNS: dict[str, dict[str, str]] = {
    "unicode": {
        "running": "●",
        "needs_you": "?",
        "failed": "!",
        "unread": "•",
        "pinned": "★",
        "search": "⌕",
        "open": "▎",
        "caret": "▏",
    },
    "ascii": {
        "running": "*",
        "needs_you": "?",
        "failed": "!",
        "unread": "+",
        "pinned": "^",
        "search": "/",
        "open": ">",
        "caret": "_",
    },
}
"""The threads' marks and other glyphs, by the name of the set."""

_MARGIN = 1
"""Cells left of a title: the bar of the open thread, whose right half is empty."""

_Part = tuple[str, Style]
_BOLD = Style(bold=True)
_UNDERLINE = Style(underline=True)


@dataclass(frozen=True, slots=True)
class ThreadPainter:
    """Turns rows into strips."""

    signs: dict[str, str]
    style: Callable[[str], Style]
    """Return a style of the list by its short name, without a background."""

    def thread(
        self, row: ThreadRow, base: Style, width: int, *, query: str, is_current: bool, is_cursor: bool
    ) -> Strip:
        """Return the line of a thread: bar, title, and its mark, age or time at the right."""
        if is_cursor:
            base = base + self.style("cursor")
        mark, mark_style = (
            row.time if is_cursor else row.age,
            base if is_cursor else base + self.style("muted"),
        )
        if query and row.group == PINNED_GROUP:
            # there is no heading in a search
            mark = f"{mark} {self.signs['pinned']}".strip()
        if row.mark in self.signs:
            mark = self.signs[row.mark]
            mark_style = base + (_BOLD if is_cursor else self.style(row.mark.replace("_", "-")))
        # the cursor's background may be any of the list's colours, so its text has one colour only
        bar_style = base + (_BOLD if is_cursor else self.style("current"))
        title_style = bar_style if is_current else base
        room = max(0, width - _MARGIN - 1 - (cell_len(mark) + 1 if mark else 0))
        title = clipped(clean_line(row.title) or "New thread", room)
        parts = [(self.signs["open"] if is_current else " ", bar_style)]
        match = title_style + (_UNDERLINE if is_cursor else self.style("match"))
        parts += _highlighted(title, query, title_style, match)
        parts.append((" " * (room - cell_len(title) + bool(mark)) + mark, mark_style))
        return _strip(parts, base, width)

    def head(self, query: str, base: Style, width: int, *, has_focus: bool, count: int) -> Strip:
        """Return the first line: the search text, or the heading; and the number of threads, or of those found."""
        muted = base + self.style("muted")
        if query:
            room = max(1, width - 7 - len(f"{count:,}"))
            shown = query if cell_len(query) <= room else "…" + query[-room + 1 :]
            parts = [(f" {self.signs['search']} ", muted), (shown, base), (self.signs["caret"], base)]
        elif has_focus:
            parts = [(f" {self.signs['search']} type to search", muted)]
        else:
            parts = [(" Threads", muted)]
        if count:
            told = f"{count:,} "
            used = sum(cell_len(text) for text, _ in parts)
            parts.append((told.rjust(max(len(told) + 1, width - used)), muted))
        return _strip(parts, base, width)

    def text(self, text: str, base: Style, width: int) -> Strip:
        """Return the line of a heading or a remark."""
        return _strip([(" " + clipped(text, width - _MARGIN), base + self.style("muted"))], base, width)


def _highlighted(title: str, query: str, style: Style, match: Style) -> list[_Part]:
    found = set(positions(query, title)) if query else set()
    if not found:
        return [(title, style)]
    return [(letter, match if index in found else style) for index, letter in enumerate(title)]


def _strip(parts: list[_Part], base: Style, width: int) -> Strip:
    return Strip(Segment(text, style) for text, style in parts).adjust_cell_length(width, base)
