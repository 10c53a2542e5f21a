"""Remarks of the program, and messages that wait for their turn."""

from __future__ import annotations

import math

from aimltui.tui.line_filters import clean_line
from aimltui.tui.state.entries import NoticeEntry, QueuedEntry
from aimltui.tui.widgets.transcript.canvas import Canvas, Look, Run
from aimltui.tui.widgets.transcript.renderers.wording import write_lines


def draw_notice(entry: NoticeEntry, look: Look) -> Canvas:
    """Draw a remark."""
    palette = look.palette
    canvas = Canvas(look)
    text = notice_text(entry, look)
    if entry.level == "warning":
        canvas.write([Run("! ", palette.warning), Run(text, palette.warning)], indent=2)
    else:
        canvas.write([Run(text, palette.muted)])
    return canvas


def notice_text(entry: NoticeEntry, look: Look) -> str:
    """What a remark says at this moment."""
    text, dot = clean_line(entry.text), f" {look.glyphs.dot} "
    if entry.until is not None:
        left = math.ceil(entry.until - look.now)
        when = f"retrying in {left} s" if left > 0 else "retrying now"
        return f"{text}{dot}{when}{f' ({entry.attempt})' if entry.attempt else ''}{dot}esc to stop"
    if entry.since is not None:
        return f"{text} for {max(0, round(look.now - entry.since))} s{dot}esc to stop"
    return text


def draw_queued(entry: QueuedEntry, look: Look) -> Canvas:
    """Draw a message that waits until the active run is over."""
    palette = look.palette
    canvas = Canvas(look, palette.frame)
    canvas.write([Run("queued", palette.muted)])
    write_lines(canvas, entry.text, Run("", palette.pending))
    return canvas
