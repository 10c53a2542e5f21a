"""DamageCompositor: paints only what has changed on the screen, at once where text streams in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.messages import Prompt
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen

DamageWatcher = Callable[[Sequence[Region]], None]
"""Is called with the parts of the screen that the next frame paints, before it is written to the terminal."""


class StripsUpdate(ChopsUpdate):
    """Strips, each with the row and the column of the screen at which it begins."""

    def __init__(self, strips: list[tuple[int, int, Strip]]) -> None:
        self.strips = strips

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield what `render_segments` renders."""
        for y, x, strip in self.strips:
            yield Control.move_to(x, y).segment
            yield from strip

    def render_segments(self, console: Console) -> str:
        """Return the strips as a terminal takes them."""
        return "".join([f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for y, x, strip in self.strips])


class DamageCompositor(Compositor):
    """Renders of each widget only the cells that were damaged and are seen, and nothing of a widget that has none.

    Textual 8 renders all lines of all widgets whose clip overlaps the damage: at each line of an answer also the header,
    the prompt and the thread list. It then cuts all of them where any widget begins or ends.
    """

    def __init__(self) -> None:
        super().__init__()
        self.watchers: list[DamageWatcher] = []

    def render_update(
        self, full: bool = False, screen_stack: list[Screen[Any]] | None = None, simplify: bool = False
    ) -> RenderableType | None:
        """Render a frame, and tell the watchers beforehand which parts it paints."""
        if not full and self.size.region not in self._dirty_regions:
            self._dirty_regions.update(
                [rows for part in self._dirty_regions for rows in self._cut_rows(part)]
            )
        if self.watchers and (full or self._dirty_regions):
            damage = [self.size.region] if full else list(self._dirty_regions)
            for watcher in self.watchers:
                watcher(damage)
        return super().render_update(full, screen_stack, simplify)

    def is_covered(self, widget: Widget, region: Region) -> bool:
        """Return whether another widget is painted over a part of this one.

        Args:
            widget: What may be covered; its children do not cover it.
            region: The part, in cells of the screen.
        """
        for layers in self.layers_visible[region.y : region.bottom]:
            for front, shown, _ in layers:
                if front is widget:
                    break
                if shown.overlaps(region) and widget not in front.ancestors:
                    return True
        return False

    def render_partial_update(self) -> ChopsUpdate | None:
        """Render what is damaged; None if nothing is."""
        screen = self.size.region
        damage = [seen for region in self._dirty_regions if (seen := region.intersection(screen))]
        self._dirty_regions.clear()
        if not damage:
            return None
        painted: list[tuple[int, int, Strip]] = []
        for part, widget, region in self._seen_parts(damage):
            strips = widget.render_lines(part.translate((-region.x, -region.y)))
            painted += [(y, part.x, strip) for y, strip in zip(part.line_range, strips, strict=False)]
        return StripsUpdate(painted if len(damage) == 1 else list(_longest(painted)))

    def _cut_rows(self, damage: Region) -> Iterator[Region]:
        """Yield the rows of widgets that a region cuts at its left or right: half of a wide character cannot be painted."""
        for x in (damage.x, damage.right):
            if 0 < x < self.size.width:
                yield from self._rows_across(Region(x - 1, damage.y, 2, damage.height))

    def _rows_across(self, pair: Region) -> Iterator[Region]:
        """Yield the rows of the widgets that are the foremost ones in both of two columns."""
        missing = [pair]
        for region, clip in self.visible_widgets.values():
            shown = region.intersection(clip)
            behind: list[Region] = []
            for piece in missing:
                part = shown.intersection(piece)
                if not part:
                    behind.append(piece)
                    continue
                if part.width == pair.width:
                    yield Region(shown.x, part.y, shown.width, part.height)
                behind += _around(Region(piece.x, part.y, piece.width, part.height), piece)
            missing = behind
            if not missing:
                return

    def _seen_parts(self, damage: Iterable[Region]) -> Iterator[tuple[Region, Widget, Region]]:
        """Yield the parts of regions, each with the foremost widget there and that widget's region."""
        missing = list(damage)
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            behind: list[Region] = []
            for piece in missing:
                part = shown.intersection(piece)
                if part:
                    yield part, widget, region
                    behind += _around(part, piece)
                else:
                    behind.append(piece)
            missing = behind
            if not missing:
                return


def _longest(strips: list[tuple[int, int, Strip]]) -> Iterator[tuple[int, int, Strip]]:
    """Yield the strips without those that are parts of another one: what is cut would be painted over what is whole."""
    row, end = -1, 0
    for y, x, strip in sorted(strips, key=lambda found: (found[0], found[1], -found[2].cell_length)):
        if y != row or x + strip.cell_length > end:
            row, end = y, x + strip.cell_length
            yield y, x, strip


def _around(part: Region, whole: Region) -> list[Region]:
    """Return the regions of a whole around a part of it."""
    around = (
        Region(whole.x, whole.y, whole.width, part.y - whole.y),
        Region(whole.x, part.bottom, whole.width, whole.bottom - part.bottom),
        Region(whole.x, part.y, part.x - whole.x, part.height),
        Region(part.right, part.y, whole.right - part.right, part.height),
    )
    return [region for region in around if region]


@contextmanager
def painted_at_once(*widgets: Widget) -> Iterator[None]:
    """Paint what changes in widgets of one screen when this context ends.

    Textual sends two messages and waits for a timer before it paints: that costs a quarter of a frame of text that
    streams in, and up to 17 ms. Where anything else has to come first, such as a layout, it is left to do so.

    Args:
        widgets: Mounted widgets, which nothing else changes meanwhile.
    """
    for widget in widgets:
        widget.disable_messages(Prompt)
    try:
        yield
    finally:
        for widget in widgets:
            widget.enable_messages(Prompt)
        if not _paint(widgets):
            for widget in widgets:
                widget.check_idle()


def _paint(widgets: Iterable[Widget]) -> bool:
    """Paint what is due of widgets; return False if that has to wait."""
    due = {widget for widget in widgets if widget._repaint_required}
    if not due:
        return True
    screen = next(iter(due)).screen
    others = (screen, *widgets)
    if screen is not screen.app.screen or screen.app._batch_count or screen._repaint_required:
        return False
    if any(widget._layout_required or widget._scroll_required for widget in others):
        return False
    if not due <= screen._compositor.visible_widgets.keys():
        return False
    for widget in due:
        widget._repaint_required = False
    screen._compositor.update_widgets(due | screen._dirty_widgets)
    screen._compositor_refresh()
    return True
