"""Draws where a passage is, and what a search looked for and found."""

from __future__ import annotations

from aimltui.common.sanitize import clean_line
from aimltui.formatting.numbers import plural
from aimltui.formatting.web_passages import WEB_SEARCH
from aimltui.tui.state.entries import Source, ToolCallEntry
from aimltui.tui.widgets.transcript.canvas import Canvas, ClickTarget, RenderContext, StyledText
from aimltui.tui.widgets.transcript.folding import cells, shorten


def about_source(source: Source | None, context: RenderContext) -> str:
    """Return the place of a passage in its file, and its score; empty if no known search found it."""
    if source is None:
        return ""
    score = f"{source.score:.2f}" if source.score is not None else ""
    dot = f" {context.glyphs.dot} "
    return "".join(f"{dot}{part}" for part in (clean_line(source.place), score) if part)


def search_outcome(call: ToolCallEntry, context: RenderContext) -> str:
    """Return what a search has found, in a few words."""
    if call.found is None:
        return ""
    files = len({source.file_id for source in call.found})
    if not call.found:
        return "nothing found"
    return f"{plural(len(call.found), 'passage')} in {plural(files, 'file')}"


def web_outcome(call: ToolCallEntry) -> str:
    """Return what a call has found on the web, in a few words; empty if it is no such call."""
    if not call.found:
        return ""
    if call.name == WEB_SEARCH:
        return plural(len(call.found), "result")
    return f"{clean_line(call.found[0].name)}, {plural(len(call.found), 'passage')}"


def draw_search(canvas: Canvas, call: ToolCallEntry, place: int) -> None:
    """Draw what a search looked for, and a line for each passage, which opens it.

    Args:
        canvas: Where to draw.
        call: The search.
        place: Its position in the step.
    """
    context = canvas.context
    palette, glyphs = context.palette, context.glyphs
    for number, query in enumerate(call.queries):
        head = "searched for " if number == 0 else " " * len("searched for ")
        canvas.write(
            [StyledText(head, palette.muted), StyledText(clean_line(query), palette.text)], indent=len(head)
        )
    for number, source in enumerate(call.found or ()):
        about = about_source(source, context)
        glyph = f"{number + 1}. " if source.url else f"{glyphs.attachment} "
        name = shorten(clean_line(source.name), max(8, canvas.room - cells(glyph + about)), glyphs.ellipsis)
        runs = [
            StyledText(glyph, palette.muted),
            StyledText(name, palette.text),
            StyledText(about, palette.muted),
        ]
        canvas.write(runs, target=ClickTarget("source", f"{place}:{number}"))
