"""Files in the transcript: a line with name, size and keys; pictures are drawn above it with half blocks."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import Final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from aimltui.common.sanitize import clean_line
from aimltui.formatting.numbers import bytes_text
from aimltui.tui.state.entries import Attachment
from aimltui.tui.state.file_facts import (
    HALF_BLOCK_CELL,
    FileFact,
    Picture,
    Rgb,
    is_picture_name,
    is_text_name,
)
from aimltui.tui.widgets.transcript.canvas import (
    TEXT_COLUMN,
    Canvas,
    ClickTarget,
    PicturePart,
    StyledText,
)
from aimltui.tui.widgets.transcript.folding import cells, shorten

_HALF: Final = "▀"


def draw_file(canvas: Canvas, file: Attachment) -> bool:
    """Draw a file's name, size and keys; return whether its picture is drawn too."""
    context = canvas.context
    fact = context.extras.files.get(file.file_id)
    is_picture = file.is_picture or (file.is_made and fact is not None and is_picture_name(fact.name))
    has_problem = fact is not None and bool(fact.problem)
    picture = fact.picture if fact is not None and is_picture else None
    draws = picture is not None and context.draws_pictures
    if picture is not None and draws:
        draw_picture(canvas, picture)
    palette, glyphs = context.palette, context.glyphs
    dot = f" {glyphs.dot} "
    name = clean_line((fact.name if fact else "") or file.name)
    about = _about(file, fact)
    if file.tool:
        about += (dot if about else "") + clean_line(file.tool).replace("_", " ")
    if file.note:
        about += (dot if about else "") + file.note
    if fact is not None and fact.problem:
        about += (dot if about else "") + fact.problem
    keys = []
    if is_picture and fact is not None and not has_problem and context.pictures != "named":
        keys = ["enter view"]
    if file.is_made and file.file_id and not (fact and fact.problem == "deleted"):
        if not is_picture and fact is not None and is_text_name(fact.name):
            keys = ["enter view"]
        keys += ["s save", "o open"]
    glyph = f"{glyphs.picture if is_picture else glyphs.attachment} "
    about = f" {about}" if about else ""
    name = shorten(name, max(8, canvas.room - cells(glyph) - cells(about)), glyphs.ellipsis)
    runs = [
        StyledText(glyph, palette.muted),
        StyledText(name, palette.text),
        StyledText(about, palette.muted),
    ]
    told = f"  {dot.join(keys)}"
    if keys and cells(glyph + name + about + told) <= canvas.room:
        runs.append(StyledText(told, palette.muted))
    canvas.write(runs, target=ClickTarget("file", file.file_id) if file.file_id else None)
    return draws


def _about(file: Attachment, fact: FileFact | None) -> str:
    """Return what is known of a file beside its name."""
    parts = []
    if fact is not None and fact.picture is not None:
        parts.append(f"{fact.picture.width}×{fact.picture.height}")
    size = fact.size if fact is not None and fact.size is not None else file.size
    if size is not None:
        parts.append(bytes_text(size))
    return " ".join(parts)


def draw_picture(canvas: Canvas, picture: Picture) -> None:
    """Draw a picture as wide as possible, at most as high as the context allows."""
    context, terminal = canvas.context, canvas.context.terminal
    ground = rgb_of(context.palette.text.bgcolor)
    room = min(canvas.wide_room, TEXT_COLUMN)
    size = columns, height = picture_size(picture, room, context.picture_rows, context.cell)
    placed = terminal.place(picture, *size) if terminal is not None else None
    rows = placed.segments(ground) if placed is not None else half_block_rows(picture, *size, ground)
    empty = Segment("", context.palette.text)
    canvas.raw(
        "",
        # Each row has a different position, so that any of them can be held at the top of the window. It belongs to a
        # segment without text, so that a selection leaves the picture as it is.
        [([empty, *row], [number, *[-1] * len(row)], []) for number, row in enumerate(rows)],
        placed,
    )
    if placed is None:
        ground = picture.ground_for(ground)
        for number, drawn in enumerate(canvas.rows[-height:]):
            drawn.part = PicturePart(picture, columns, height, ground, drawn.cells - columns, number)


def picture_size(
    picture: Picture, columns: int, rows: int, cell: tuple[int, int] = HALF_BLOCK_CELL
) -> tuple[int, int]:
    """Return the columns and rows of a picture: as large as possible, not enlarged, in its proportions.

    Args:
        picture: The picture.
        columns: The most columns.
        rows: The most rows.
        cell: Pixels of a cell.
    """
    wide, high = picture.width / cell[0], picture.height / cell[1]
    scale = min(1.0, columns / wide, rows / high)
    return max(1, round(wide * scale)), max(1, round(high * scale))


def rgb_of(color: Color | None) -> Rgb:
    """Return a colour's parts; black for the terminal's own colours, which are not known."""
    triplet = color.triplet if color is not None else None
    return (triplet.red, triplet.green, triplet.blue) if triplet is not None else (0, 0, 0)


@lru_cache(maxsize=16)
def half_block_rows(
    picture: Picture, width: int, height: int, ground: Rgb
) -> tuple[tuple[Segment, ...], ...]:
    """Return a picture as rows of half blocks: a cell's colour is its upper half, its background the lower.

    The last ones are remembered: a message draws its pictures again with each piece of its text.

    Args:
        picture: What to draw.
        width: Cells.
        height: Rows.
        ground: What is seen through it where it is transparent.
    """
    data = picture.pixels(width, height * 2, ground)
    line = width * 3
    styles: dict[bytes, Style] = {}
    rows = []
    for row in range(height):
        upper = data[2 * row * line : (2 * row + 1) * line]
        lower = data[(2 * row + 1) * line : (2 * row + 2) * line]
        pairs = [upper[at : at + 3] + lower[at : at + 3] for at in range(0, line, 3)]
        segments = []
        for pair, same in groupby(pairs):
            style = styles.get(pair)
            if style is None:
                style = styles[pair] = Style(color=f"#{pair[:3].hex()}", bgcolor=f"#{pair[3:].hex()}")
            segments.append(Segment(_HALF * len(list(same)), style))
        rows.append(tuple(segments))
    return tuple(rows)
