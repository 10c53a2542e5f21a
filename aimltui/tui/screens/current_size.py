"""A mixin that lays a screen out for the size of the terminal and the contents of its widgets as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Size

if TYPE_CHECKING:
    from textual._compositor import Compositor
    from textual.widget import Widget

    class _Screen(Widget):
        HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None
        VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None
        _pruning: bool
        _compositor: Compositor

        def _screen_resized(self, size: Size) -> None: ...

        def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None: ...

        def _get_breakpoint_classes(self, dimension: int, breakpoints: list[tuple[int, str]]) -> set[str]: ...
else:
    _Screen = object


class CurrentSize(_Screen):
    """Takes the app's size at every resize event, and no stale size of a widget. Stands before Textual's class among the bases.

    Textual lays out for the size in the event, and tells the screen of each change by one more event. Two resizes that
    wait at the same time then follow each other for ever, and the program paints in a loop.

    Textual also keeps a widget's measured size until the widget asks for a layout, and counts no second wish before the
    first one was handled. A widget whose text changes before and after a layout in between would stay as wide as its first
    text.

    And Textual tells a screen of its size only after the first frame: a panel would open larger or elsewhere for a moment.
    """

    def fit(self, size: Size) -> None:
        """Decide what depends on the size of the terminal; called before the first layout, and by `on_resize`."""
        across, down = self.HORIZONTAL_BREAKPOINTS or [], self.VERTICAL_BREAKPOINTS or []
        reached = self._get_breakpoint_classes(size.width, across) | self._get_breakpoint_classes(
            size.height, down
        )
        self.update_classes({name: name in reached for _, name in (*across, *down)}, animate=False)

    def _screen_resized(self, size: Size) -> None:
        super()._screen_resized(self.app.size)

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        super()._refresh_layout(size, scroll)
        for widget in self._compositor.widgets:
            if widget._layout_required:
                widget._box_model_cache.clear()
                widget.clear_cached_dimensions()

    async def on_event(self, event: events.Event) -> None:
        """Handle an event; not a resize of a screen that is being closed, whose widgets are gone already."""
        if not (self._pruning and isinstance(event, events.Resize)):
            await super().on_event(event)
        if isinstance(event, events.Mount) and not self._pruning:
            self.fit(self.app.size)
