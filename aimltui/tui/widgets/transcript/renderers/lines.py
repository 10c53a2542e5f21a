"""Draws plain text of several lines."""

from __future__ import annotations

from aimltui.common.sanitize import clean
from aimltui.tui.widgets.transcript.canvas import Canvas, StyledText


def write_lines(canvas: Canvas, text: str, run: StyledText) -> None:
    """Draw text of several lines in the style of a run, whose text is not used."""
    for line in clean(text).strip("\n").split("\n"):
        canvas.write([StyledText(line.expandtabs(4), run.style)])
