"""ThumbBar: a vertical scrollbar that paints only the cells that its thumb gains or loses."""

from __future__ import annotations

from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.reactive import Reactive
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

_Key = tuple[int, float, float, float, Style, Style]


class ThumbBar(ScrollBar):
    """The scrollbar of a window that follows growing text.

    Textual's own one renders all its cells at each change of the height or the position, each through the styles of the
    widget: while an answer streams, that was half of the work of a frame.
    """

    window_virtual_size: Reactive[int] = Reactive(100, repaint=False)
    window_size: Reactive[int] = Reactive(0, repaint=False)
    position: Reactive[float] = Reactive(0, repaint=False)

    def __init__(self, *, thickness: int) -> None:
        super().__init__(vertical=True, name="vertical", thickness=thickness)
        self._key: _Key | None = None
        self._cells: list[Segment] = []

    def place(self, height: int, window: int, y: int) -> None:
        """Take the heights of the text and of the window, and the window's first row; paint what changes."""
        self.set_reactive(ThumbBar.window_virtual_size, height)
        self.set_reactive(ThumbBar.window_size, window)
        self.set_reactive(ThumbBar.position, y)
        self.update_thumb()

    def watch_window_virtual_size(self) -> None:
        """Paint what changes."""
        self.update_thumb()

    def watch_window_size(self) -> None:
        """Paint what changes."""
        self.update_thumb()

    def watch_position(self) -> None:
        """Paint what changes."""
        self.update_thumb()

    def update_thumb(self) -> None:
        """Paint the cells that differ from the painted ones."""
        before = self._cells
        after = self._draw()
        if after is before:
            return
        if len(after) != len(before):
            self.refresh()
            return
        changed = [y for y, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
        for _, group in groupby(enumerate(changed), lambda pair: pair[1] - pair[0]):
            rows = [y for _, y in group]
            self.refresh(Region(0, rows[0], self.size.width, len(rows)))

    def _draw(self) -> list[Segment]:
        """Return a segment for each cell; the same list if nothing has changed."""
        bar = self.render()
        assert isinstance(bar, ScrollBarRender)
        assert isinstance(bar.style, Style)
        # of the widget and all around it, which may change alone: from Python 3.12 on it is drawn before it has its rules
        ground = self.rich_style
        key = (self.size.height, bar.virtual_size, bar.window_size, bar.position, bar.style, ground)
        if key != self._key:
            back, thumb = bar.style.bgcolor, bar.style.color
            assert back is not None
            assert thumb is not None
            drawn = bar.render_bar(
                size=self.size.height,
                virtual_size=bar.virtual_size,
                window_size=bar.window_size,
                position=bar.position,
                thickness=self.thickness,
                back_color=back,
                bar_color=thumb,
            )
            self._key = key
            self._cells = list(Segment.apply_style(drawn.segments, ground))
        return self._cells

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the cells of a part of the bar."""
        filters, background = self.get_line_filters(), self.background_colors[1]
        made: dict[Segment, Strip] = {}
        for segment in (cells := self._draw()[crop.y : crop.bottom]):
            if segment not in made:
                strip = Strip([segment], self.size.width)
                for line_filter in filters:
                    strip = strip.apply_filter(line_filter, background)
                made[segment] = strip.crop(*crop.column_span)
        return [made[segment] for segment in cells]
