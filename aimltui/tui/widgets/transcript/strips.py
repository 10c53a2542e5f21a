"""Turns rows into strips: as they are, selected, under the cursor, or with the offsets the mouse needs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import split_graphemes
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from aimltui.tui.pictures.kitty import PLACEHOLDER
from aimltui.tui.widgets.transcript.canvas import TEXT_COLUMN, RenderContext, Row
from aimltui.tui.widgets.transcript.folding import cells, is_narrow


def strip_of(row: Row, context: RenderContext, width: int) -> Strip:
    """Return a row as a strip, which is made once and stored in the row.

    Args:
        row: The row.
        context: For its width. Filled rows reach to the edge of the text column.
        width: Cells of the widget, including its scrollbar.
    """
    strip = row.strip
    if strip is None or strip.cell_length != width:
        row.strip = strip = _padded(row, list(row.segments), context, width)
    return strip


def blank_strip(context: RenderContext, width: int) -> Strip:
    """Return the strip of an empty row."""
    return Strip([Segment(" " * width, context.palette.text)], width)


def _padded(row: Row, segments: list[Segment], context: RenderContext, width: int) -> Strip:
    used = row.cells
    edge = min(context.width - 1, TEXT_COLUMN + 2)
    if row.fill is not None and used < edge:
        segments.append(Segment(" " * (edge - used), row.fill))
        used = edge
    if used < width:
        segments.append(Segment(" " * (width - used), context.palette.text))
        used = width
    strip = Strip(segments, used)
    return strip if used == width else strip.crop(0, width)


def selected_strip(
    row: Row, context: RenderContext, width: int, span: tuple[int, int], style: Style
) -> Strip:
    """Return a row with part of its logical line marked.

    Args:
        row: The row.
        context: For its width.
        width: Cells of the widget.
        span: The first marked character, and the one past the last; -1 for the line's end.
        style: Of the marked part.
    """
    start, end = span
    segments: list[Segment] = []
    for segment, offset in zip(row.segments, row.offsets, strict=True):
        text, base, _ = segment
        length = len(text)
        low = max(0, start - offset)
        high = length if end < 0 else min(length, end - offset)
        if offset < 0 or low >= high:
            segments.append(segment)
            continue
        if low:
            segments.append(Segment(text[:low], base))
        segments.append(Segment(text[low:high], base + style if base else style))
        if high < length:
            segments.append(Segment(text[high:], base))
    return _padded(row, segments, context, width)


def found_strip(
    row: Row, context: RenderContext, width: int, spans: Sequence[tuple[int, int, Style]]
) -> Strip:
    """Return a row with the words in it that were searched for.

    Args:
        row: The row.
        context: For its width.
        width: Cells of the widget.
        spans: In the logical line: first character, one past the last, style; in their order.
    """
    segments: list[Segment] = []
    for segment, offset in zip(row.segments, row.offsets, strict=True):
        text, base, _ = segment
        if offset < 0:
            segments.append(segment)
            continue
        if row.cut >= 0 and offset > row.cut:
            # the sign of the cut shows that there is a match behind it
            segments.append(Segment(text, next((s for _, end, s in reversed(spans) if end > row.cut), base)))
            continue
        place = 0
        for start, end, style in spans:
            low, high = max(place, start - offset), min(len(text), end - offset)
            if low < high:
                segments += [Segment(text[place:low], base), Segment(text[low:high], style)]
                place = high
        segments.append(Segment(text[place:], base))
    return _padded(row, [segment for segment in segments if segment.text], context, width)


def marked_strip(row: Row, context: RenderContext, width: int) -> Strip:
    """Return a row of the marked block: a bar at its left, on raised ground as wide as the text column."""
    palette = context.palette
    strip = strip_of(row, context, width)
    edge = min(width, max(row.cells, min(context.width - 1, TEXT_COLUMN + 2)))
    lift = palette.grounds.lift
    # the colour of the text that stands for a picture is the picture's number
    raised = [
        Segment(text, lift(style) if style and not text.startswith(PLACEHOLDER) else style)
        for text, style, _ in strip.crop(1, edge)
    ]
    bar = Segment(context.glyphs.mark, palette.mark)
    return Strip.join([Strip([bar, *raised], edge), strip.crop(edge, width)])


def cursor_strip(row: Row, context: RenderContext, width: int, span: tuple[int, int]) -> Strip:
    """Return a row with the cells of the keyboard's target marked."""
    strip = strip_of(row, context, width)
    start, end = span
    before, marked, after = strip.crop(0, start), strip.crop(start, end), strip.crop(end, width)
    lit = Strip([Segment(text, context.palette.cursor) for text, _, _ in marked], marked.cell_length)
    return Strip.join([before, lit, after])


def located_strip(row: Row, number: int, starts_line: bool) -> Strip:
    """Return a row whose segments carry the position of their text, for selecting with the mouse.

    Every cell has a position, also those of bars, frames and spaces: a selection may start and end anywhere.

    Args:
        row: The row.
        number: The logical line's number in the transcript.
        starts_line: Whether the row is its line's first.
    """
    segments: list[Segment] = []
    if not any(offset >= 0 for offset in row.offsets):
        return end_strip(0, number)
    end = 0
    for index, (segment, offset) in enumerate(zip(row.segments, row.offsets, strict=True)):
        if offset >= 0:
            end = offset + len(segment.text)
            segments += _located_text(segment.text, offset, number)
            continue
        nearest = next((place for place in row.offsets[index:] if place >= 0), end)
        if starts_line and not any(place >= 0 for place in row.offsets[:index]):
            nearest = 0
        style = Style.from_meta({"offset": (nearest, number)})
        segments += [Segment(" ", style)] * cells(segment.text)
    # cells right of the row belong to its end
    segments.append(Segment("", Style.from_meta({"offset": (end, number)})))
    return Strip(segments)


def _located_text(text: str, offset: int, number: int) -> list[Segment]:
    """Return segments as wide as a text: two for a wide character, so that both of its cells mean it."""
    if is_narrow(text):
        return [Segment(text, Style.from_meta({"offset": (offset, number)}))]
    return [
        Segment(" ", Style.from_meta({"offset": (offset + first, number)}))
        for first, _, size in split_graphemes(text)[0]
        for _ in range(size)
    ]


def end_strip(character: int, number: int) -> Strip:
    """Return a row without text for one position: Textual uses the end of the last segment."""
    return Strip([Segment("", Style.from_meta({"offset": (character, number)}))])
