"""Shows a passage of a document in its surroundings, wrapped at the words, with the quoted words marked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aimltui.common.sanitize import remove_unsafe
from aimltui.tui.state.passages import PassageText, Role
from aimltui.tui.widgets.transcript.palette import Palette, build_palette

_WIDEST: Final = 100
"""Cells of a line of text; longer ones are hard to read."""
_BAR: Final = "▌ "
_MARGIN: Final = 2


class _Row(NamedTuple):
    """A row of the window: characters of the text."""

    start: int
    end: int


class DocumentPane(ScrollView, can_focus=True):
    """A document to scroll through; it begins at the quoted words.

    Args:
        text: The passage in its surroundings.
    """

    DEFAULT_CSS = """
    DocumentPane {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        overflow-x: hidden;
        overflow-y: auto;
    }
    """
    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("home", "place(0)", show=False),
        Binding("end", "place(-1)", show=False),
    ]

    def __init__(self, text: PassageText) -> None:
        super().__init__()
        self._rows: list[_Row] = []
        self._width = 0
        self._palette: Palette | None = None
        self._take(text)

    def _take(self, text: PassageText) -> None:
        self._text = "".join(span.text for span in text.spans)
        self._is_fresh = True
        """Whether nobody has scrolled yet: the quoted words stay in the window, however often its size changes."""
        self._bounds: list[int] = []
        self._roles: list[Role] = []
        at = 0
        for span in text.spans:
            self._bounds.append(at)
            self._roles.append(span.role)
            at += len(span.text)

    def show(self, text: PassageText) -> None:
        """Show another passage, from its quoted words on."""
        self._take(text)
        self._rows, self._width = [], 0
        # it may not have a size yet
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        if self.size.width:
            self._wrap_for(self.size.width)

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._recolour())

    def _recolour(self) -> None:
        self._palette = None
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the text for the new width; what was at the top of the window stays there."""
        self._wrap_for(event.size.width)

    def _wrap_for(self, cells: int) -> None:
        width = max(8, min(_WIDEST, cells - 2 * _MARGIN - 1))
        if width == self._width:
            return
        has_moved = self._rows and not self._is_fresh
        top = self._rows[min(self.scroll_offset.y, len(self._rows) - 1)].start if has_moved else None
        self._width = width
        self._rows = list(_wrapped(self._text, width))
        self.virtual_size = Size(0, len(self._rows))
        if top is None:
            self._show(self.first_mark)
        else:
            self.scroll_to(y=self._row_of(top), animate=False)
        self.refresh()

    @property
    def first_mark(self) -> int:
        """The first character that is quoted; without quotes the first one of the passage."""
        for role in ("quote", "passage"):
            if role in self._roles:
                return self._bounds[self._roles.index(role)]
        return 0

    def _show(self, place: int) -> None:
        """Scroll so that a character is in the upper part of the window."""
        line = max(0, self._row_of(place) - max(2, self.size.height // 3))
        # before the next layout there is no scrollbar yet, and nothing would be scrolled
        self.scroll_to(y=line, animate=False, force=True)

    def _row_of(self, place: int) -> int:
        return max(0, bisect_right(self._rows, place, key=lambda row: row.start) - 1)

    def render_line(self, y: int) -> Strip:
        """Return a line of the window."""
        if self._palette is None:
            self._palette = build_palette(self.app.theme_variables, self.background_colors[1])
        palette, width = self._palette, self.size.width
        number = self.scroll_offset.y + y
        if number >= len(self._rows):
            return Strip([Segment(" " * width, palette.text)], width)
        row = self._rows[number]
        pieces = list(self._pieces(row))
        is_passage = any(role != "around" for _, role in pieces)
        segments = [Segment(_BAR if is_passage else " " * len(_BAR), palette.citation)]
        segments += [Segment(remove_unsafe(text), self._style(role, palette)) for text, role in pieces]
        return Strip(segments).adjust_cell_length(width, palette.text)

    @staticmethod
    def _style(role: Role, palette: Palette) -> Style:
        if role == "quote":
            return palette.citation + Style(bold=True, reverse=True)
        return palette.text if role == "passage" else palette.muted

    def _pieces(self, row: _Row) -> Iterator[tuple[str, Role]]:
        """Yield the text of a row with what each piece of it is."""
        number = max(0, bisect_right(self._bounds, row.start) - 1)
        at = row.start
        while at < row.end and number < len(self._bounds):
            end = self._bounds[number + 1] if number + 1 < len(self._bounds) else len(self._text)
            stop = min(row.end, end)
            yield self._text[at:stop], self._roles[number]
            at, number = stop, number + 1
        if row.start == row.end and self._roles:
            yield "", self._roles[number]

    def on_mouse_scroll_down(self) -> None:
        """Note that the reader has moved."""
        self._is_fresh = False

    def on_mouse_scroll_up(self) -> None:
        """Note that the reader has moved."""
        self._is_fresh = False

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self._is_fresh = False
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll by a window less two lines."""
        self._is_fresh = False
        self.scroll_to(y=self.scroll_offset.y + direction * max(1, self.size.height - 2), animate=False)

    def action_place(self, line: int) -> None:
        """Go to the first line, or with -1 to the last one."""
        self._is_fresh = False
        self.scroll_to(y=0 if line == 0 else len(self._rows), animate=False)

    def action_quote(self) -> None:
        """Go back to the quoted words."""
        self._is_fresh = True
        self._show(self.first_mark)


def _wrapped(text: str, width: int) -> Iterator[_Row]:
    """Yield the rows of a text for a width in cells."""
    at = 0
    for line in text.split("\n"):
        if (line.isascii() and len(line) <= width) or cell_len(line) <= width:
            yield _Row(at, at + len(line))
        else:
            yield from (_Row(at + start, at + end) for start, end in _broken(line, width))
        at += len(line) + 1


def _broken(line: str, width: int) -> Sequence[tuple[int, int]]:
    """Return where a long line is broken: at spaces, or inside of a word that fills more than a row."""
    rows: list[tuple[int, int]] = []
    start, space, used = 0, -1, 0
    at = 0
    while at < len(line):
        size = cell_len(line[at])
        if used + size > width and at > start:
            end = space if space > start else at
            rows.append((start, end))
            start = end + 1 if space > start else at
            at, space, used = start, -1, 0
            continue
        if line[at] == " ":
            space = at
        used += size
        at += 1
    rows.append((start, len(line)))
    return rows
