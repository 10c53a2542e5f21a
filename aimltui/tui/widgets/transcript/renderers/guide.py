"""Draws the text of this program in an empty thread, and the options in it."""

from __future__ import annotations

from typing import Final

from rich.style import Style

from aimltui.common.growing_text import GrowingText
from aimltui.common.sanitize import clean, clean_line
from aimltui.tui.commands.derived import command, key_label
from aimltui.tui.commands.key_map import keys_of
from aimltui.tui.state.entries import GuideEntry
from aimltui.tui.widgets.transcript.canvas import Canvas, ClickTarget, Prefix, RenderContext, StyledText
from aimltui.tui.widgets.transcript.folding import cells
from aimltui.tui.widgets.transcript.stream import MarkdownStream

_PAGE: Final = 60
"""Cells of the page of a new thread."""
_PLAIN: Final = Style(bold=False)
_HINTS: Final = (("model", "model"), ("assistant", "assistant"), ("palette", "all commands"))
"""The commands that help to begin, with a word for each."""


def draw_guide(entry: GuideEntry, context: RenderContext) -> Canvas:
    """Draw a guide; the page of a new thread stands in the middle."""
    canvas = Canvas(context)
    side = " " * max(0, (canvas.room - _PAGE) // 2) if entry.is_page else ""
    with canvas.inside(Prefix(side, side, context.palette.text)):
        MarkdownStream(canvas, GrowingText(clean(entry.text))).finish()
        _draw_choices(canvas, entry)
        if entry.is_page:
            _draw_hints(canvas)
    return canvas


def _draw_choices(canvas: Canvas, entry: GuideEntry) -> None:
    context, palette = canvas.context, canvas.context.palette
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


def _draw_hints(canvas: Canvas) -> None:
    """Draw keys that help to begin, as many as fit in one row."""
    palette, used = canvas.context.palette, 0
    runs: list[StyledText] = []
    for name, word in _HINTS:
        if not (keys := keys_of(command(name))):
            continue
        key, text = key_label(keys[0]), f" {word}   "
        used += cells(key) + cells(text)
        if used - 3 > canvas.room:
            break
        runs += [StyledText(key, palette.assistant + _PLAIN), StyledText(text, palette.muted)]
    if runs:
        canvas.gap()
        canvas.write(runs)
