"""Error cards: what happened, why, what to do, and the id to ask somebody about."""

from __future__ import annotations

from aimltui.tui.sanitize import clean_line
from aimltui.tui.state.entries import ErrorEntry
from aimltui.tui.widgets.transcript.renderers.wording import write_lines
from aimltui.tui.widgets.transcript.rows import Canvas, Look, Run


def draw_error(entry: ErrorEntry, look: Look) -> Canvas:
    """Draw an error card."""
    palette = look.palette
    canvas = Canvas(look, palette.error)
    canvas.write(
        [Run(f"{look.glyphs.failed} ", palette.error), Run(clean_line(entry.title), palette.error)], indent=2
    )
    if entry.detail:
        write_lines(canvas, entry.detail, Run("", palette.text))
    if entry.remedy:
        canvas.write(
            [Run(f"{look.glyphs.arrow} ", palette.muted), Run(clean_line(entry.remedy), palette.text)],
            indent=2,
        )
    if entry.request_id:
        canvas.write([Run(f"request id {clean_line(entry.request_id)}", palette.muted)])
    return canvas
