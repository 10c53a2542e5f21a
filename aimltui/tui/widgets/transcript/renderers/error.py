"""Error cards: what happened, why, what to do, and the id for the provider's support."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment

from aimltui.common.sanitize import clean_line
from aimltui.tui.state.entries import CardAction, ErrorEntry
from aimltui.tui.widgets.transcript.canvas import Canvas, ClickTarget, RenderContext, StyledText
from aimltui.tui.widgets.transcript.folding import cells
from aimltui.tui.widgets.transcript.renderers.lines import write_lines

_GAP: Final = 1
_WAY: Final = "alt+↑"
"""The keys that mark the card; its letters act from then on."""


def draw_error(entry: ErrorEntry, context: RenderContext) -> Canvas:
    """Draw an error card."""
    palette = context.palette
    canvas = Canvas(context, palette.error)
    canvas.write(
        [
            StyledText(f"{context.glyphs.failed} ", palette.error),
            StyledText(clean_line(entry.title), palette.error),
        ],
        indent=2,
    )
    if entry.detail:
        write_lines(canvas, entry.detail, StyledText("", palette.text))
    if entry.remedy:
        canvas.write(
            [
                StyledText(f"{context.glyphs.arrow} ", palette.muted),
                StyledText(clean_line(entry.remedy), palette.text),
            ],
            indent=2,
        )
    if entry.request_id:
        canvas.write([StyledText(f"request id {clean_line(entry.request_id)}", palette.muted)])
    if entry.actions:
        canvas.gap()
        canvas.raw("", _action_rows(entry.actions, context, canvas.room))
    return canvas


def _action_rows(
    actions: Sequence[CardAction], context: RenderContext, room: int
) -> list[tuple[list[Segment], list[int], list[tuple[int, int, ClickTarget]]]]:
    """Return the actions of a card as chips side by side, in as many rows as needed."""
    palette = context.palette
    rows: list[tuple[list[Segment], list[int], list[tuple[int, int, ClickTarget]]]] = []
    rows.append(([Segment(_WAY, palette.muted)], [-1], []))
    used = cells(_WAY)
    for action in actions:
        size = cells(f" {action.key} {action.label} ")
        if used + _GAP + size > room:
            rows.append(([], [], []))
            used = 0
        segments, places, targets = rows[-1]
        if used:
            segments.append(Segment(" " * _GAP, palette.text))
            used += _GAP
        segments += [Segment(f" {action.key}", palette.chip_key), Segment(f" {action.label} ", palette.chip)]
        targets.append((used, used + size, ClickTarget("choice", action.id)))
        used += size
        places += [-1] * (len(segments) - len(places))
    return rows
