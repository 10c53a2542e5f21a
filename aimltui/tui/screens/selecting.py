"""Selecting with the mouse inside one widget: a drag beyond its edge scrolls, and takes nothing of its neighbours."""

from __future__ import annotations

from textual import events
from textual.geometry import Offset, Region
from textual.screen import Screen
from textual.selection import SelectEnd
from textual.widget import Widget

from aimltui.tui.compositor import DamageCompositor, DamageWatcher
from aimltui.tui.screens.current_size import CurrentSize


class SelectingScreen(CurrentSize, Screen[None]):
    """A screen on which a selection stays in the widget that it began in."""

    _pointer: tuple[int, int] | None = None
    """Where the selection ends, inside of its widget."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor: DamageCompositor = DamageCompositor()

    def watch_damage(self, watcher: DamageWatcher) -> None:
        """Call this with the parts that each frame of this screen paints, before it is written to the terminal."""
        self._compositor.watchers.append(watcher)

    def is_covered(self, widget: Widget, region: Region) -> bool:
        """Return whether another widget is painted over a part of this one, given in cells of the screen."""
        return self._compositor.is_covered(widget, region)

    def _forward_event(self, event: events.Event) -> None:
        """Have the pointer stop at the widget's edge while it selects."""
        if isinstance(event, events.MouseMove) and not event.is_forwarded and self._selecting:
            region = self._selected_region()
            if region is not None:
                event = _inside(event, region)
                self._pointer = event.screen_offset
        super()._forward_event(event)

    def _update_select(self) -> None:
        """Take in what scrolls in under a pointer that stands still."""
        state, pointer = self._select_state, self._pointer
        if state is None or pointer is None:
            return
        widget, offset = self.get_widget_and_offset_at(*pointer)
        if widget is not None and offset is not None and isinstance(widget.parent, Widget):
            self._select_state = state.update_end(Offset(*pointer), SelectEnd(widget.parent, widget, offset))

    def _selected_region(self) -> Region | None:
        """The part of the screen that the selection may take from."""
        if self._select_state is None:
            return None
        widget = self._select_state.start.content_widget
        return widget.content_region if widget is not None and widget.is_attached else None


def _inside(event: events.MouseMove, region: Region) -> events.MouseMove:
    """Return the event as if the pointer had stopped at the region's edge."""
    x = min(max(event.screen_x, region.x), region.right - 1)
    y = min(max(event.screen_y, region.y), region.bottom - 1)
    if (x, y) == (event.screen_x, event.screen_y):
        return event
    # Textual scrolls only once the pointer goes up or down; beyond the edge it is wanted in any case.
    beyond = (event.screen_y > y) - (event.screen_y < y)
    return events.MouseMove(
        event.widget,
        x,
        y,
        event.delta_x,
        event.delta_y or beyond,
        event.button,
        event.shift,
        event.meta,
        event.ctrl,
        screen_x=x,
        screen_y=y,
        style=event.style,
    )
