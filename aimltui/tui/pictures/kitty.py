"""Kitty's protocol for pictures: sequences that send, place and delete them, and text that stands for them. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from aimltui.tui.state.file_facts import Rgb

PLACEHOLDER: Final = "\U0010eeee"
"""The character that stands for a cell of a picture."""
MOST_CELLS: Final = 128
"""The most columns, and the most rows, of a picture for which text stands."""
_CHUNK: Final = 4096
_RANGES: Final = (
    "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 5a8-5a9"
    " 5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 735-736 73a 73d"
    " 73f-741 743 745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 829-82d"
)
"""The marks that number rows and columns, in the order of the protocol."""


def _marks() -> Iterator[str]:
    for part in _RANGES.split():
        first, _, last = part.partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


_MARKS: Final = "".join(_marks())


def transmission(picture: int, png: bytes, columns: int, rows: int, *, is_virtual: bool) -> str:
    """Return what sends a picture to the terminal and places it.

    Args:
        picture: Its number: 1 to 2**24 - 1.
        png: The file.
        columns: Cells that it fills.
        rows: Rows that it fills.
        is_virtual: Whether text stands for it; otherwise it is drawn at the cursor, which does not move.
    """
    place = "U=1" if is_virtual else "C=1"
    head = f"a=T,q=2,f=100,t=d,i={picture},c={columns},r={rows},{place},"
    content = b64encode(png).decode("ascii")
    pieces = [content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK)]
    last = len(pieces) - 1
    return "".join(
        f"\x1b_G{'' if number else head}m={int(number < last)};{piece}\x1b\\"
        for number, piece in enumerate(pieces)
    )


def deletion(picture: int) -> str:
    """Return what deletes a picture, and what is drawn of it, from the terminal."""
    return f"\x1b_Ga=d,d=I,i={picture},q=2\x1b\\"


def placeholder_rows(picture: int, columns: int, rows: int, ground: Rgb) -> tuple[tuple[Segment, ...], ...]:
    """Return the text that stands for a picture, row by row.

    Args:
        picture: Its number, which is the text's colour.
        columns: Cells, `MOST_CELLS` at most.
        rows: Rows, `MOST_CELLS` at most.
        ground: What is seen through the picture.
    """
    style = Style(color=Color.from_rgb(*picture.to_bytes(3, "big")), bgcolor=Color.from_rgb(*ground))
    # a segment for each cell: where a dialog covers a part, Rich would cut the text between a character and its marks
    return tuple(
        tuple(Segment(f"{PLACEHOLDER}{row}{column}", style) for column in _MARKS[:columns])
        for row in _MARKS[:rows]
    )
