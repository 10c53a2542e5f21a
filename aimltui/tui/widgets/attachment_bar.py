"""The files of the message that is being written, and the assistant that it is for, as chips over the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import cut
from aimltui.formatting.numbers import bytes_text
from aimltui.tui.commands.derived import bindings
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.attached_files import GOAL_WORDS, AttachedFile
from aimltui.tui.widgets.transcript.glyphs import glyph_set

_LONGEST_NAME: Final = 32
_GAP: Final = 1
_MARGIN: Final = 2
_MOST_ROWS: Final = 4


class _Chip(NamedTuple):
    """A chip at its place."""

    row: int
    column: int
    parts: tuple[str, str]
    """Glyph and name; what is said about it."""

    @property
    def width(self) -> int:
        return cell_len("".join(self.parts)) + 2


class _Window(NamedTuple):
    """The rows of chips that are shown."""

    top: int
    rows: int
    has_head: bool
    """Whether a row above them tells of the others."""

    @property
    def height(self) -> int:
        return self.rows + self.has_head

    def row_at(self, y: int) -> int | None:
        """Return the row of chips in a line of the widget."""
        number = y - self.has_head
        return self.top + number if 0 <= number < self.rows else None


class AttachmentBar(Widget, can_focus=True):
    """Shows the addressed assistant, and the attached files: name, size and where each one goes.

    One of them is marked while the bar has the focus.

    Args:
        glyphs: The set of glyphs.
        id: The widget's id.
    """

    DEFAULT_CSS = f"""
    AttachmentBar {{
        display: none;
        height: auto;
        max-height: {_MOST_ROWS};
        background: $background;
        color: $foreground;
        &.-filled {{ display: block; }}
        & > .attachment-bar--chip {{ background: $panel; color: $foreground; }}
        & > .attachment-bar--about {{ background: $panel; color: $text-muted; }}
        & > .attachment-bar--cursor {{ background: $block-cursor-background; color: $block-cursor-foreground; }}
        & > .attachment-bar--hint {{ color: $text-muted; }}
    }}
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "attachment-bar--chip",
        "attachment-bar--about",
        "attachment-bar--cursor",
        "attachment-bar--hint",
    }
    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", show=False),
        Binding("right", "move(1)", show=False),
        *bindings("files"),
    ]

    @dataclass
    class Left(Message):
        """The mark was moved beyond the last file: the focus goes back to the prompt."""

    def __init__(self, *, glyphs: Literal["unicode", "ascii"] = "unicode", id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyph_set(glyphs)
        self._items: tuple[AttachedFile | Addressee, ...] = ()
        self._cursor = 0
        self._note = ""

    def set_glyphs(self, glyphs: Literal["unicode", "ascii"]) -> None:
        """Draw with another set of glyphs."""
        self._glyphs = glyph_set(glyphs)
        self.refresh()

    @property
    def marked(self) -> AttachedFile | Addressee | None:
        """What is marked; None while something else has the focus."""
        if not self.has_focus or not self._items:
            return None
        return self._items[min(self._cursor, len(self._items) - 1)]

    def show(self, files: Sequence[AttachedFile], note: str = "", to: Addressee | None = None) -> None:
        """Show these files.

        Args:
            files: The files.
            note: What is happening, such as that a page is being read; it stands behind the files.
            to: The assistant that the message is addressed to; it stands before the files.
        """
        items: tuple[AttachedFile | Addressee, ...] = (*([to] if to is not None else []), *files)
        grown = len(items) > len(self._items)
        self._items, self._note = items, note
        self._cursor = len(items) - 1 if grown else max(0, min(self._cursor, len(items) - 1))
        self.set_class(bool(items or note), "-filled")
        self.refresh(layout=True)

    def mark_last(self) -> None:
        """Mark the last chip."""
        self._cursor = max(0, len(self._items) - 1)
        self.refresh()

    def action_move(self, step: int) -> None:
        """Mark the next chip; after the last one comes the prompt."""
        if self._cursor + step >= len(self._items):
            self.post_message(self.Left())
            return
        self._cursor = max(0, self._cursor + step)
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows that the chips take."""
        return self._window(self._chips(width)).height + bool(self._note)

    def on_click(self, event: events.Click) -> None:
        """Mark the clicked chip."""
        chips = self._chips(self.size.width)
        row = self._window(chips).row_at(event.y)
        for number, chip in enumerate(chips):
            if chip.row == row and chip.column <= event.x < chip.column + chip.width:
                self._cursor = number
                self.focus()
                self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a row of chips."""
        width, base = self.size.width, self.rich_style
        segments, column = [], 0
        chips = self._chips(width)
        window = self._window(chips)
        row = window.row_at(y)
        if row is None and y < window.height:
            return self._head(chips, window).adjust_cell_length(width, base)
        for number, chip in enumerate(chips):
            if chip.row != row:
                continue
            if chip.column > column:
                segments.append(Segment(" " * (chip.column - column), base))
            segments += self._painted(chip, is_marked=self.has_focus and number == self._cursor)
            column = chip.column + chip.width
        if row is not None and row == chips[-1].row and not window.has_head and not self.has_focus:
            hint = "backspace edits"
            if column + len(hint) + 2 <= width:
                segments.append(Segment(f"  {hint}", base + self._style("hint")))
        if y == window.height and self._note:
            note = cut(clean_line(self._note), width - _MARGIN)
            segments.append(Segment(" " * _MARGIN + note, base + self._style("hint")))
        return Strip(segments).adjust_cell_length(width, base)

    def _window(self, chips: Sequence[_Chip]) -> _Window:
        """Return which rows of chips are shown: those with the marked one, or the last ones."""
        rows, most = (chips[-1].row + 1 if chips else 0), _MOST_ROWS - bool(self._note)
        if rows <= most:
            return _Window(0, rows, has_head=False)
        shown = most - 1
        marked = chips[min(self._cursor, len(chips) - 1)].row if self.has_focus else rows
        return _Window(min(marked, rows - shown), shown, has_head=True)

    def _head(self, chips: Sequence[_Chip], window: _Window) -> Strip:
        """Return the row that tells of the chips for which there is no room."""
        above = sum(chip.row < window.top for chip in chips)
        below = sum(chip.row >= window.top + window.rows for chip in chips)
        parts = [f"{len(chips)} attached"]
        parts += [f"{count} {where}" for count, where in ((above, "above"), (below, "below")) if count]
        parts += [] if self.has_focus else ["backspace edits"]
        text = " " * _MARGIN + cut(f" {self._glyphs.dot} ".join(parts), max(1, self.size.width - _MARGIN))
        return Strip([Segment(text, self.rich_style + self._style("hint"))])

    def _painted(self, chip: _Chip, *, is_marked: bool) -> list[Segment]:
        name, about = chip.parts
        if is_marked:
            return [Segment(f" {name}{about} ", self._style("cursor"))]
        return [Segment(f" {name}", self._style("chip")), Segment(f"{about} ", self._style("about"))]

    def _chips(self, width: int) -> list[_Chip]:
        """Return the chips, each in the first row that has room for it."""
        chips: list[_Chip] = []
        row, column = 0, _MARGIN
        for item in self._items:
            chip = _Chip(row, column, self._parts(item, width - 2 * _MARGIN - 2))
            if column > _MARGIN and column + chip.width > width - _MARGIN:
                row, column = row + 1, _MARGIN
                chip = chip._replace(row=row, column=column)
            chips.append(chip)
            column += chip.width + _GAP
        return chips

    def _parts(self, file: AttachedFile | Addressee, room: int) -> tuple[str, str]:
        glyphs = self._glyphs
        if isinstance(file, Addressee):
            about = " answers"
            return "@" + _short(
                clean_line(file.name), max(6, min(_LONGEST_NAME, room - len(about) - 1))
            ), about
        about = f" {bytes_text(file.size)} {glyphs.arrow} {GOAL_WORDS[file.goal]}"
        glyph = f"{glyphs.picture if file.goal == 'picture' else glyphs.attachment} "
        left = max(6, min(_LONGEST_NAME, room - cell_len(about) - cell_len(glyph)))
        return glyph + _short(clean_line(file.name), left), about

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"attachment-bar--{name}")


def _short(name: str, width: int) -> str:
    """Return a name in at most this many cells; a longer one loses its middle: numbers and suffixes stand at the end."""
    if cell_len(name) <= width:
        return name
    tail = name[-min(len(name), max(8, width * 2 // 5)) :]
    return cut(name, max(2, width - cell_len(tail))) + tail if width > 16 else cut(name, width)
