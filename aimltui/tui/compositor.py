"""DamageCompositor: paints only what has changed on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen

DamageWatcher = Callable[[Sequence[Region]], None]
"""Is called with the parts of the screen that the next frame paints, before it is written to the terminal."""


class DamageCompositor(Compositor):
    """Renders of each widget only the lines that were damaged, and nothing of a widget that has none.

    Textual 8 renders all lines of all widgets whose clip overlaps the damage: at each line of an answer also the header,
    the prompt and the thread list.
    """

    def __init__(self) -> None:
        super().__init__()
        self.watchers: list[DamageWatcher] = []

    def render_update(
        self, full: bool = False, screen_stack: list[Screen[Any]] | None = None, simplify: bool = False
    ) -> RenderableType | None:
        """Render a frame, and tell the watchers beforehand which parts it paints."""
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

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if crop is None:
            yield from super()._get_renders(crop)
            return
        front: list[Region] = []
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            damaged = shown.intersection(crop)
            # what is behind another widget is not seen
            if not damaged or any(part.contains_region(damaged) for part in front):
                continue
            front.append(damaged)
            lines = Region(shown.x, damaged.y, shown.width, damaged.height)
            yield lines, lines, widget.render_lines(lines.translate((-region.x, -region.y)))
