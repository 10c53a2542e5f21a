"""A mixin that lays a screen out for the size that the terminal has now, not for the one in an old resize event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Size

if TYPE_CHECKING:
    from textual.widget import Widget

    class _Screen(Widget):
        _pruning: bool

        def _screen_resized(self, size: Size) -> None: ...
else:
    _Screen = object


class CurrentSize(_Screen):
    """Takes the app's size at every resize event. Stands before Textual's class among the bases.

    Textual lays out for the size in the event, and tells the screen of each change by one more event. Two resizes that
    wait at the same time then follow each other for ever, and the program paints in a loop.
    """

    def _screen_resized(self, size: Size) -> None:
        super()._screen_resized(self.app.size)

    async def on_event(self, event: events.Event) -> None:
        """Handle an event; not a resize of a screen that is being closed, whose widgets are gone already."""
        if not (self._pruning and isinstance(event, events.Resize)):
            await super().on_event(event)
