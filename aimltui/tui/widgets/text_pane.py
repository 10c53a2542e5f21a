"""Shows a long text line by line. Only the lines in the window are drawn, so that the length costs nothing."""

from __future__ import annotations

from typing import ClassVar, Final

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean_line
from aimltui.tui.state.terminal_output import TerminalText
from aimltui.tui.widgets.transcript.palette import Palette, build_palette
from aimltui.tui.widgets.transcript.renderers.output import output_runs, theme_runs

PIECE: Final = 2_000
"""Characters of a line in one row; a longer line continues in the next one."""
_MARGIN: Final = 2
_STYLES: Final = pattern(r"\x1b\[[0-9;]*m")


class TextPane(ScrollView, can_focus=True):
    """A text to scroll through, in the colours of its escape sequences.

    Args:
        text: Of any length; its escape sequences never reach the terminal.
        is_own: Whether the program wrote it: then it has the theme's colours, not those of the sequences.
    """

    DEFAULT_CSS = """
    TextPane {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
    }
    """
    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("left,shift+left", "shift(-8)", show=False),
        Binding("right,shift+right", "shift(8)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("home", "place(0)", show=False),
        Binding("end", "place(-1)", show=False),
    ]

    def __init__(self, text: str, *, is_own: bool = False) -> None:
        super().__init__()
        self._runs = theme_runs if is_own else output_runs
        self.lines = _rows(text)
        self._lowered: list[str] | None = None
        self._found: int | None = None
        self._palette: Palette | None = None

    def on_mount(self) -> None:
        """Set the size and the theme's colours."""
        self._measure()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._recolour())

    def set_text(self, text: str) -> None:
        """Show another text at the same place."""
        self.lines = _rows(text)
        self._lowered = self._found = None
        self._measure()
        self.refresh()

    def _measure(self) -> None:
        # the last state of an overwritten line is about its greatest width
        width = max((_length(line.removesuffix("\r").rpartition("\r")[2]) for line in self.lines), default=0)
        self.virtual_size = Size(width + 2 * _MARGIN, len(self.lines))

    def _recolour(self) -> None:
        self._palette = None
        self.refresh()

    def search(self, query: str, direction: int = 1) -> bool:
        """Go to the next line that contains a text, ignoring case; after the last line comes the first.

        Args:
            query: The search text.
            direction: 1 for forwards, -1 for backwards.

        Returns:
            Whether there is one.
        """
        wanted = query.lower()
        if self._lowered is None:
            self._lowered = [line.lower() for line in self.lines]
        start = self.scroll_offset.y - direction if self._found is None else self._found
        for step in range(1, len(self.lines) + 1):
            number = (start + direction * step) % len(self.lines)
            if wanted in self._lowered[number]:
                self._found = number
                height = self.scrollable_content_region.height
                if not self.scroll_offset.y <= number < self.scroll_offset.y + height:
                    self.scroll_to(y=number - height // 3, animate=False)
                self.refresh()
                return True
        return False

    def render_line(self, y: int) -> Strip:
        """Return a line of the window."""
        if self._palette is None:
            self._palette = build_palette(self.app.theme_variables, self.background_colors[1])
        palette = self._palette
        left, top = self.scroll_offset
        number = top + y
        width = self.size.width
        if number >= len(self.lines):
            return Strip([Segment(" " * width, palette.text)], width)
        runs = self._runs(TerminalText().line(self.lines[number]), palette)
        is_found = number == self._found
        segments = [Segment(" " * _MARGIN, palette.cursor if is_found else palette.text)]
        segments += [Segment(clean_line(run.text), palette.cursor if is_found else run.style) for run in runs]
        strip = Strip(segments)
        if strip.cell_length < left + width:
            strip = Strip([*segments, Segment(" " * (left + width - strip.cell_length), palette.text)])
        return strip.crop(left, left + width)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False)

    def action_shift(self, columns: int) -> None:
        """Scroll sideways."""
        self.scroll_to(x=self.scroll_offset.x + columns, animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll by a window less two lines."""
        height = self.scrollable_content_region.height
        self.scroll_to(y=self.scroll_offset.y + direction * max(1, height - 2), animate=False)

    def action_place(self, line: int) -> None:
        """Go to the first line, or with -1 to the last one."""
        self.scroll_to(y=0 if line == 0 else len(self.lines), animate=False)


def _length(line: str) -> int:
    return len(_STYLES.sub("", line)) if "\x1b" in line else len(line)


def _rows(text: str) -> list[str]:
    """Return the rows of a text; a line that is too long is cut into several."""
    lines = text.removesuffix("\n").split("\n")
    if max(map(len, lines)) <= PIECE:
        return lines
    return [line[at : at + PIECE] for line in lines for at in range(0, max(1, len(line)), PIECE)]
