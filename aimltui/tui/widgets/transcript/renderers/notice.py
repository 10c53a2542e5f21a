"""Draws notices of this program, and queued messages."""

from __future__ import annotations

import math

from aimltui.common.sanitize import clean_line
from aimltui.tui.state.entries import NoticeEntry, QueuedEntry
from aimltui.tui.widgets.transcript.canvas import Canvas, RenderContext, StyledText
from aimltui.tui.widgets.transcript.renderers.lines import write_lines


def draw_notice(entry: NoticeEntry, context: RenderContext) -> Canvas:
    """Draw a notice."""
    palette = context.palette
    canvas = Canvas(context)
    text = notice_text(entry, context)
    if entry.level == "warning":
        canvas.write([StyledText("! ", palette.warning), StyledText(text, palette.warning)], indent=2)
    else:
        canvas.write([StyledText(text, palette.muted)])
    return canvas


def notice_text(entry: NoticeEntry, context: RenderContext) -> str:
    """Return the text of a notice at the current time."""
    text, dot = clean_line(entry.text), f" {context.glyphs.dot} "
    if entry.until is not None:
        left = math.ceil(entry.until - context.now)
        when = f"retrying in {left} s" if left > 0 else "retrying now"
        return f"{text}{dot}{when}{f' ({entry.attempt})' if entry.attempt else ''}{dot}esc to stop"
    if entry.since is not None:
        return f"{text} for {max(0, round(context.now - entry.since))} s{dot}esc to stop"
    return text


def draw_queued(entry: QueuedEntry, context: RenderContext) -> Canvas:
    """Draw a queued message."""
    palette = context.palette
    canvas = Canvas(context, palette.frame)
    to = f" {context.glyphs.arrow} {clean_line(entry.to.name)}" if entry.to is not None else ""
    canvas.write([StyledText(f"queued{to}", palette.muted)])
    write_lines(canvas, entry.text, StyledText("", palette.pending))
    for file in entry.files:
        name = f"{context.glyphs.attachment} {clean_line(file.name)}"
        canvas.write([StyledText(name, palette.pending)])
    return canvas
