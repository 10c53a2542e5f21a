"""Paints the transcript: a list of items in a window that follows its end or holds still."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.geometry import Offset, Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from aimltui.tui.pictures.setting import (
    PictureSetting,
    covering_terminal,
    has_colours,
    picture_rows,
    placing_terminal,
    terminal_pictures,
)
from aimltui.tui.state.file_facts import HALF_BLOCK_CELL, Extras
from aimltui.tui.widgets.transcript.block_cursor import BlockCursor
from aimltui.tui.widgets.transcript.blocks import Stop
from aimltui.tui.widgets.transcript.canvas import PictureUse, RenderContext, Row
from aimltui.tui.widgets.transcript.finder import Finder
from aimltui.tui.widgets.transcript.glyphs import GlyphSet, glyph_set
from aimltui.tui.widgets.transcript.item import Item
from aimltui.tui.widgets.transcript.items import ItemList
from aimltui.tui.widgets.transcript.marking import BlockMarking
from aimltui.tui.widgets.transcript.palette import build_palette
from aimltui.tui.widgets.transcript.search import TranscriptSearch
from aimltui.tui.widgets.transcript.selection import selected_text
from aimltui.tui.widgets.transcript.sharp import SharpPictures
from aimltui.tui.widgets.transcript.strips import (
    blank_strip,
    cursor_strip,
    end_strip,
    found_strip,
    located_strip,
    marked_strip,
    selected_strip,
    strip_of,
)
from aimltui.tui.widgets.transcript.thumb_bar import ThumbBar
from aimltui.tui.widgets.transcript.viewport import Viewport
from aimltui.tui.widgets.transcript.window import Window

if TYPE_CHECKING:
    from textual._animator import EasingFunction
    from textual._types import AnimationLevel, CallbackType


class Pane(ScrollView):
    """Paints the rows of an `ItemList`; a change of height changes the scrollbar and not the layout."""

    ALLOW_SELECT = True

    following: reactive[bool] = reactive(True, repaint=False)
    """Whether the end stays visible while text arrives."""
    has_times: reactive[bool] = reactive(True, repaint=False)
    """Whether messages show when they were written."""
    wraps: reactive[bool] = reactive(True, repaint=False)
    """Whether long lines of code and of outputs are folded."""
    pictures: reactive[PictureSetting] = reactive("auto", repaint=False)
    """Whether pictures are drawn, and how; see `config.settings.UiSettings`."""
    new_lines: reactive[int] = reactive(0, repaint=False)
    """Lines that were added below the window since it left the end."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        glyphs: GlyphSet = "unicode",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._clock = clock
        self._glyphs: GlyphSet = glyphs
        self._item_list = ItemList()
        self._viewport = Viewport(self._item_list)
        self._cursor = BlockCursor(self._item_list, self._viewport)
        self._finder = Finder(self._item_list)
        window = Window(
            self._item_list,
            self._viewport,
            first_row=lambda: self.scroll_offset.y,
            scroll_to=lambda y: self.scroll_to(y=y),
            settle=self._settle,
            report=self._report,
            refresh=self.refresh,
        )
        self.marking = BlockMarking(window, self._cursor, lambda: self._mark_moved(by_mouse=False))
        self.search = TranscriptSearch(window, self._finder)
        self._sharp = SharpPictures(
            self,
            lambda y: self._row_at(self.scroll_offset.y + y)[1],
            lambda: self.pictures == "auto" and self.picture_use == "drawn",
            self._viewport.is_growing,
        )
        self._extras = Extras()
        self._is_placing = False
        self._is_counting = False
        """Whether the matches of what is searched for are counted again soon."""
        self._fitted = Size(0, 0)
        """Size of the container for which the window was last placed."""
        self._is_outdated = False
        """Whether colours or settings changed while it had no width."""

    @property
    def picture_use(self) -> PictureUse:
        """What happens to pictures: without colours or with ASCII glyphs only their names are shown."""
        if self._glyphs == "ascii" or not has_colours(self.app):
            return "named"
        return "viewed" if self.pictures == "off" else "drawn"

    @property
    def vertical_scrollbar(self) -> ThumbBar:
        """The scrollbar, which is made when it is needed first."""
        bar = self._vertical_scrollbar
        if bar is None:
            self._vertical_scrollbar = bar = ThumbBar(thickness=self.scrollbar_size_vertical)
            bar.display = False
            self.app._start_widget(self, bar)
        assert isinstance(bar, ThumbBar)
        return bar

    # Size and theme

    def on_mount(self) -> None:
        """Draw everything again when the theme, a setting or what is known of the terminal changes."""
        self.watch(self, "has_times", self._lay_out, init=False)
        self.watch(self, "wraps", self._lay_out, init=False)
        self.watch(self, "pictures", self._lay_out, init=False)
        self.app.theme_changed_signal.subscribe(self, lambda _: self._lay_out())
        if (signal := getattr(self.app, "pictures_signal", None)) is not None:
            signal.subscribe(self, lambda _: self._lay_out())
        self._sharp.attach()

    def set_glyphs(self, glyphs: GlyphSet) -> None:
        """Draw everything again with another set of glyphs."""
        self._glyphs = glyphs
        self._lay_out()

    def on_resize(self) -> None:
        """Fold all text again, with the same line at the top; what is marked may be in the window only now."""
        self._fit()
        if self._cursor.item is not None:
            self._mark_moved(by_mouse=False)

    def _fit(self) -> None:
        """Adapt to the current size."""
        size = self.scrollable_content_region.size
        context = self._item_list.context
        if (
            context is None
            or self._is_outdated
            or context.width != size.width
            or context.picture_rows != picture_rows(size.height)
        ):
            self._lay_out()
        elif self._viewport.height != size.height:
            self._settle(everything=True)

    def _lay_out(self) -> None:
        """Adapt to the current width, colours and glyphs, and draw the items near the window."""
        width = self.scrollable_content_region.width
        self._is_outdated = width <= 0
        if width <= 0 or not self.is_attached:
            return
        palette = build_palette(self.app.theme_variables, self.background_colors[1])
        placing = placing_terminal(self.app) if self.pictures == "auto" else None
        sharp = placing or (covering_terminal(self.app) if self.pictures == "auto" else None)
        context = RenderContext(
            width,
            palette,
            glyph_set(self._glyphs),
            self._clock(),
            self._extras,
            self.picture_use,
            self.has_times,
            picture_rows(self.scrollable_content_region.height),
            self.wraps,
            placing,
            sharp.cell if sharp is not None else HALF_BLOCK_CELL,
        )
        self._item_list.set_context(context)
        self._settle(everything=True)

    def _settle(self, *, everything: bool = False) -> None:
        """Draw the items near the window, place the window, and repaint what changed."""
        viewport, item_list = self._viewport, self._item_list
        viewport.height = self.scrollable_content_region.height
        self._fitted = self.container_size
        if item_list.context is None or viewport.height <= 0:
            return
        before = self.scroll_offset.y
        y = viewport.settle()
        self._place(y, everything=everything)
        damage, item_list.damage = item_list.damage, []
        if everything:
            self.refresh()
        elif y == before:
            places = [
                item_list.heights.top(item.index) + row
                for item, row in damage
                if item_list.get(item.entry.id) is item
            ]
            first = max(0, min(places) - y) if places else viewport.height
            if first < viewport.height:
                _refresh_text(self, first)
        self._report()

    def _place(self, y: int, *, everything: bool = False) -> None:
        """Set the height and the window's position in the scrollbar, without a layout."""
        viewport, height = self._viewport, self._item_list.heights.total
        if y > viewport.limit:
            # rows are free below the end
            height = y + viewport.height
        size = Size(self.size.width, height)
        if not everything and (size, y, y) == (self.virtual_size, self.scroll_y, self.scroll_target_y):
            return
        self._is_placing = True
        try:
            self.set_reactive(Widget.virtual_size, size)
            self.set_reactive(Widget.scroll_target_y, float(y))
            if y != round(self.scroll_y):
                _refresh_text(self)
            self.scroll_y = y
            self.vertical_scrollbar.place(height, viewport.height, y)
        finally:
            self._is_placing = False

    def _report(self) -> None:
        """Update `following` and `new_lines`, and report changes of them and the wanted files."""
        item_list = self._item_list
        if wanted := item_list.wanted.take():
            terminal = terminal_pictures(self.app)
            if terminal is not None and self.pictures == "auto" and any(wanted.values()):
                terminal.ask()
            self._files_wanted(wanted)
        following = self._viewport.following or self.scroll_offset.y >= self._viewport.limit
        new_lines = self._viewport.new_lines(self.scroll_offset.y)
        if (following, new_lines) != (self.following, self.new_lines):
            self.following, self.new_lines = following, new_lines
            self._follow_changed()

    def _follow_changed(self) -> None:
        """React to a change of `following` or `new_lines`."""

    def _files_wanted(self, wanted: dict[str, bool]) -> None:
        """Request the details of files; with True also the picture."""

    def _mark_moved(self, *, by_mouse: bool) -> None:
        """React to a move of the mark."""

    def on_focus(self) -> None:
        """Show the mark."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the mark."""
        self.refresh()

    # scrolling by the user

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Process the user's scrolling, which starts or stops following the end."""
        if self._is_placing:
            return
        super().watch_scroll_y(old_value, new_value)
        old, new = round(old_value), round(new_value)
        if self._item_list.context is None or old == new:
            return
        if self.container_size != self._fitted:
            # during a resize Textual clamps the offset with the old height: the user has not scrolled
            return
        self._sharp.note_scroll()
        y = self._viewport.moved(old, new)
        # a fraction of the same row stays: dragging a selection scrolls by parts of rows
        if y != new or self._item_list.heights.total != self.virtual_size.height:
            self._place(y)
        self._report()

    def scroll_to(
        self,
        x: float | None = None,
        y: float | None = None,
        *,
        animate: bool = True,
        speed: float | None = None,
        duration: float | None = None,
        easing: EasingFunction | str | None = None,
        force: bool = False,
        on_complete: CallbackType | None = None,
        level: AnimationLevel = "basic",
        immediate: bool = False,
        release_anchor: bool = True,
    ) -> None:
        """Scroll at once and ignore animations: gliding text cannot be read.

        Args:
            x: Not used; everything fits the width.
            y: The wanted first row of the window.
            animate: Not used.
            speed: Not used.
            duration: Not used.
            easing: Not used.
            force: Not used.
            on_complete: Called when it is done.
            level: Not used.
            immediate: Not used.
            release_anchor: Not used.
        """
        if y is not None:
            target = max(0, min(round(y), self._viewport.end))
            self.set_reactive(Widget.scroll_target_y, float(target))
            self.scroll_y = target
        if on_complete is not None:
            self.call_next(on_complete)

    # Painting

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of a part of the window; unchanged rows reuse their strips."""
        self._fit()
        context = self._item_list.context
        if context is None:
            return super().render_lines(crop)
        top = self.scroll_offset.y
        # without the scrollbar, unless it is asked for
        width = context.width if crop.right <= context.width else self.size.width
        selection = self.text_selection
        filters = self.get_line_filters()
        background = self.background_colors[1] if filters else None
        mark = self._cursor.shown(top) if self.has_focus else None
        strips = []
        for y in range(top + crop.y, top + crop.bottom):
            strip = self._strip(y, context, width, selection, mark)
            if background is not None:
                for line_filter in filters:
                    strip = strip.apply_filter(line_filter, background)
            strips.append(strip if crop.column_span == (0, width) else strip.crop(*crop.column_span))
        return strips

    def _row_at(self, y: int) -> tuple[Item | None, Row | None]:
        """Return the item at a row of the transcript, and its row; None for an empty row, and after the end."""
        if not 0 <= y < self._item_list.heights.total:
            return None, None
        item, number = self._item_list.at(y)
        number -= item.gap
        return item, item.rows[number] if 0 <= number < len(item.rows) else None

    def _strip(
        self,
        y: int,
        context: RenderContext,
        width: int,
        selection: Selection | None,
        mark: tuple[Item, Stop] | None,
    ) -> Strip:
        item, row = self._row_at(y)
        if item is None or row is None:
            return blank_strip(context, width)
        if row.picture is not None:
            row.picture.send()
        if selection is not None and (span := selection.get_span(item.key + row.line)) is not None:
            style = self.screen.get_component_rich_style("screen--selection")
            return selected_strip(row, context, width, span, style)
        if self._finder.is_on and (spans := self._finder.spans(item, row.line, context)):
            return found_strip(row, context, width, spans)
        if mark is not None and mark[0] is item:
            first, end = self._cursor.span(*mark)
            if first <= y < end and mark[1].is_block:
                return marked_strip(row, context, width)
            for start, stop, target in row.targets:
                if target == mark[1].target:
                    return cursor_strip(row, context, width, (start, stop))
        return strip_of(row, context, width)

    def render_line(self, y: int) -> Strip:
        """Return a line of the window with the position of the text of each cell, for selecting."""
        item_list = self._item_list
        place = self.scroll_offset.y + y
        item, row = self._row_at(place)
        if item is not None and row is not None:
            above_item, above = self._row_at(place - 1)
            starts = above is None or above_item is not item or above.line != row.line
            return located_strip(row, item.key + row.line, starts)
        if not item_list.items:
            return end_strip(0, 0)
        # empty rows belong to the end of the item above
        item = item_list.items[-1] if item is None else item_list.items[max(0, item.index - 1)]
        lines = item.lines
        return end_strip(len(lines[-1]) if lines else 0, item.key + max(0, len(lines) - 1))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text under a selection, without bars, frames and folds."""
        return selected_text(self._item_list, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Paint the selection."""
        self.refresh()

    def line_at(self, y: int, x: int) -> tuple[Item, Row, Offset] | None:
        """Return the item, the row and the position in the text at a cell of the window.

        Args:
            y: Row of the window.
            x: Cell of the row.
        """
        item, row = self._row_at(self.scroll_offset.y + y)
        if item is None or row is None:
            return None
        number = item.key + row.line
        place = end = 0
        for segment in located_strip(row, number, True):
            meta = segment.style.meta if segment.style else {}
            place = meta.get("offset", (0, number))[0]
            length = segment.cell_length
            if end <= x < end + length:
                return item, row, Offset(place + x - end, number)
            end += length
        return item, row, Offset(place, number)


def _refresh_text(pane: Pane, first: int = 0) -> None:
    """Paint the rows of the window from one on; the scrollbar beside them paints what changes of it."""
    width, height = pane.scrollable_content_region.size
    pane.refresh(Region(0, first, width, height - first))
