"""DamageCompositor: paints only what has changed on the screen."""

from __future__ import annotations

from collections.abc import Iterable

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip


class DamageCompositor(Compositor):
    """Renders of each widget only the lines that were damaged, and nothing of a widget that has none.

    Textual 8 renders all lines of all widgets whose clip overlaps the damage: at each line of an answer also the header,
    the prompt and the thread list.
    """

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
