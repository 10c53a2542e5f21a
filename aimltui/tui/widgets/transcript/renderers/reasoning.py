"""What a model thinks: its last lines while it does, one line afterwards, which unfolds."""

from __future__ import annotations

from typing import Final

from aimltui.tui.line_filters import clean
from aimltui.tui.state.entries import ReasoningEntry
from aimltui.tui.widgets.transcript.canvas import Canvas, Hit, Look, Prefix, Run
from aimltui.tui.widgets.transcript.folding import fold
from aimltui.tui.widgets.transcript.renderers.wording import count_text, seconds_text

LIVE_ROWS: Final = 3
"""Rows that are shown while the model thinks."""
_LIVE_TAIL: Final = 8_000
"""Characters at the end that are drawn meanwhile: a long thought must not cost more than a short one."""


def draw_reasoning(entry: ReasoningEntry, look: Look, unfolded: bool | None) -> Canvas:
    """Draw a thought.

    Args:
        entry: The thought.
        look: Width, colours, glyphs.
        unfolded: As the user wants it; None: a few lines while it grows, one line afterwards.
    """
    canvas = Canvas(look)
    palette, glyphs = look.palette, look.glyphs
    live = entry.streaming and unfolded is None
    mark = glyphs.unfolded if unfolded or live else glyphs.folded
    canvas.write([Run(f"{mark} {_title(entry, look)}", palette.muted)], hit=Hit("toggle", entry.id))
    if not unfolded and not live:
        return canvas
    bar = f"  {glyphs.quote} "
    with canvas.inside(Prefix(bar, bar, palette.frame)):
        text = entry.text[-_LIVE_TAIL:] if entry.streaming else entry.text
        for line in _last_rows(text, canvas.room) if live else _lines(text):
            canvas.write([Run(line, palette.muted)])
    return canvas


def _title(entry: ReasoningEntry, look: Look) -> str:
    if entry.streaming:
        return f"thinking{look.glyphs.ellipsis}"
    title = "thought"
    if entry.seconds is not None and entry.seconds >= 0.05:
        title += f" for {seconds_text(entry.seconds)}"
    if entry.tokens:
        title += f" {look.glyphs.dot} {count_text(entry.tokens)} tokens"
    return title


def _lines(text: str) -> list[str]:
    return [line.expandtabs(4).rstrip() for line in clean(text).strip("\n").split("\n")]


def _last_rows(text: str, room: int) -> list[str]:
    """The last rows as they fall at this width; blank lines only cost room here."""
    rows: list[str] = []
    for line in _lines(text):
        if line.strip():
            rows += [line[start:end] for start, end in fold(line, room)]
    return rows[-LIVE_ROWS:]
