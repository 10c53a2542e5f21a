"""Draws the text of this program in an empty thread, and the options in it."""

from __future__ import annotations

from aimltui.common.growing_text import GrowingText
from aimltui.common.sanitize import clean, clean_line
from aimltui.tui.state.entries import GuideEntry
from aimltui.tui.widgets.transcript.canvas import Canvas, ClickTarget, RenderContext, StyledText
from aimltui.tui.widgets.transcript.stream import MarkdownStream


def draw_guide(entry: GuideEntry, context: RenderContext) -> Canvas:
    """Draw a guide."""
    palette = context.palette
    canvas = Canvas(context)
    MarkdownStream(canvas, GrowingText(clean(entry.text))).finish()
    if entry.choices and canvas.rows:
        canvas.gap()
    for choice in entry.choices:
        runs = [
            StyledText(f"{context.glyphs.choice} ", palette.assistant),
            StyledText(clean_line(choice.label), palette.text),
        ]
        if choice.hint:
            runs.append(StyledText(f"  {clean_line(choice.hint)}", palette.muted))
        canvas.write(runs, target=ClickTarget("choice", choice.id), indent=2)
    return canvas
