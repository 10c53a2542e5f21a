"""The program's own text where there is no message yet, and what can be chosen there."""

from __future__ import annotations

from aimltui.tui.line_filters import clean, clean_line
from aimltui.tui.state.entries import GuideEntry
from aimltui.tui.widgets.transcript.canvas import Canvas, Hit, Look, Run
from aimltui.tui.widgets.transcript.stream import MarkdownStream


def draw_guide(entry: GuideEntry, look: Look) -> Canvas:
    """Draw a guide."""
    palette = look.palette
    canvas = Canvas(look)
    body = MarkdownStream(canvas)
    body.source = clean(entry.text)
    body.finish()
    if entry.choices and canvas.rows:
        canvas.gap()
    for choice in entry.choices:
        runs = [Run(f"{look.glyphs.choice} ", palette.assistant), Run(clean_line(choice.label), palette.text)]
        if choice.hint:
            runs.append(Run(f"  {clean_line(choice.hint)}", palette.muted))
        canvas.write(runs, hit=Hit("choice", choice.id), indent=2)
    return canvas
