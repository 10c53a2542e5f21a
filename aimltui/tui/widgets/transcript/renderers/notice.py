"""Remarks of the program, and messages that wait for their turn."""

from __future__ import annotations

from aimltui.tui.sanitize import clean_line
from aimltui.tui.state.entries import NoticeEntry, QueuedEntry
from aimltui.tui.widgets.transcript.renderers.wording import write_lines
from aimltui.tui.widgets.transcript.rows import Canvas, Look, Run


def draw_notice(entry: NoticeEntry, look: Look) -> Canvas:
    """Draw a remark."""
    palette = look.palette
    canvas = Canvas(look)
    if entry.level == "warning":
        canvas.write([Run("! ", palette.warning), Run(clean_line(entry.text), palette.warning)], indent=2)
    else:
        canvas.write([Run(clean_line(entry.text), palette.muted)])
    return canvas


def draw_queued(entry: QueuedEntry, look: Look) -> Canvas:
    """Draw a message that waits until the active run is over."""
    palette = look.palette
    canvas = Canvas(look, palette.frame)
    canvas.write([Run("queued", palette.muted)])
    write_lines(canvas, entry.text, Run("", palette.pending))
    return canvas
