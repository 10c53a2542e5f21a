"""Draws a model's reasoning: its last lines while it streams, one line afterwards, which unfolds."""

from __future__ import annotations

from typing import Final

from aimltui.common.sanitize import clean
from aimltui.formatting.numbers import count_text, seconds_text
from aimltui.tui.state.entries import ReasoningEntry
from aimltui.tui.widgets.transcript.canvas import Canvas, ClickTarget, Prefix, RenderContext, StyledText
from aimltui.tui.widgets.transcript.folding import fold

LIVE_ROWS: Final = 3
"""Rows that are shown while the model thinks."""
LIVE_TAIL: Final = 8_000
"""Characters at the end that are drawn while it streams, so that a long reasoning costs no more than a short one."""


def draw_reasoning(entry: ReasoningEntry, context: RenderContext, unfolded: bool | None) -> Canvas:
    """Draw a reasoning.

    Args:
        entry: The reasoning.
        context: Width, colours, glyphs.
        unfolded: Whether the user opened or closed it; None: a few lines while it streams, one line afterwards.
    """
    canvas = Canvas(context)
    palette, glyphs = context.palette, context.glyphs
    live = entry.streaming and unfolded is None
    mark = glyphs.unfolded if unfolded or live else glyphs.folded
    canvas.write(
        [StyledText(f"{mark} {_title(entry, context)}", palette.muted)],
        target=ClickTarget("toggle", entry.id),
    )
    if not unfolded and not live:
        return canvas
    bar = f"  {glyphs.quote} "
    with canvas.inside(Prefix(bar, bar, palette.frame)):
        text = entry.text[-LIVE_TAIL:] if entry.streaming else entry.text
        for line in _last_rows(text, canvas.room) if live else _lines(text):
            canvas.write([StyledText(line, palette.muted)])
    return canvas


def _title(entry: ReasoningEntry, context: RenderContext) -> str:
    if entry.streaming:
        return f"thinking{context.glyphs.ellipsis}"
    title = "thought"
    if entry.seconds is not None and entry.seconds >= 0.05:
        title += f" for {seconds_text(entry.seconds)}"
    if entry.tokens:
        title += f" {context.glyphs.dot} {count_text(entry.tokens)} tokens"
    return title


def _lines(text: str) -> list[str]:
    return [line.expandtabs(4).rstrip() for line in clean(text).strip("\n").split("\n")]


def _last_rows(text: str, room: int) -> list[str]:
    """Return the last rows at this width, without empty lines."""
    rows: list[str] = []
    for line in _lines(text):
        if line.strip():
            rows += [line[start:end] for start, end in fold(line, room)]
    return rows[-LIVE_ROWS:]
