"""Blocks of text that are put beside and above each other, as formulas on several lines need it. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from aimltui.common.dataclass import dataclass
from aimltui.formatting.formulas.signs import TALL


@dataclass(frozen=True, slots=True)
class Box:
    """A block of text; all its lines have the same width."""

    lines: tuple[str, ...]
    base: int = 0
    """Index of the line that stands on the line of what is beside it."""

    @property
    def width(self) -> int:
        """In cells."""
        return cell_len(self.lines[0])

    @property
    def is_flat(self) -> bool:
        """Whether it is one line."""
        return len(self.lines) == 1


def text_box(text: str) -> Box:
    """Return a box of one line."""
    return Box((text,))


def beside(boxes: Sequence[Box]) -> Box:
    """Put boxes next to each other, their base lines in one line."""
    boxes = [box for box in boxes if box.width] or [text_box("")]
    above = max(box.base for box in boxes)
    below = max(len(box.lines) - box.base for box in boxes)
    padded = [_padded(box, above, above + below) for box in boxes]
    return Box(tuple("".join(row) for row in zip(*padded, strict=True)), above)


def fraction(upper: Box, lower: Box) -> Box:
    """Put one box above another with a line between them."""
    width = max(upper.width, lower.width)
    bar = ("─" * width,)
    return Box((*_centred(upper, width), *bar, *_centred(lower, width)), len(upper.lines))


def stacked(upper: Box | None, middle: Box, lower: Box | None) -> Box:
    """Put limits above and below an operator."""
    width = max(box.width for box in (upper, middle, lower) if box is not None)
    top = _centred(upper, width) if upper is not None else []
    bottom = _centred(lower, width) if lower is not None else []
    return Box((*top, *_centred(middle, width), *bottom), len(top) + middle.base)


def raised(box: Box, by: Box) -> Box:
    """Put a superscript of several characters at the upper right of a box."""
    rows = len(by.lines)
    lines = [" " * box.width + line for line in by.lines] + [line + " " * by.width for line in box.lines]
    return Box(tuple(lines), rows + box.base)


def grid(rows: Sequence[Sequence[Box]], fences: tuple[str, str], *, gap: str, left: bool) -> Box:
    """Put boxes in rows and columns.

    Args:
        rows: The cells; rows may have different lengths.
        fences: The signs to the left and the right of all rows.
        gap: What stands between two columns.
        left: Whether columns are aligned at their left, and not centred.
    """
    columns = max((len(row) for row in rows), default=0)
    full = [[*row, *[text_box("")] * (columns - len(row))] for row in rows]
    widths = [max(row[n].width for row in full) for n in range(columns)]
    lines: list[str] = []
    for row in full:
        cells = [_wide(box, width, left=left) for box, width in zip(row, widths, strict=True)]
        spaced = [part for cell in cells for part in (text_box(gap), cell)][1:]
        lines += beside(spaced).lines
    body = Box(tuple(lines), (len(lines) - 1) // 2) if lines else text_box("")
    return beside([_fence(fences[0], body, " "), body, _fence(fences[1], body, " ", before=True)])


def _fence(sign: str, body: Box, gap: str, *, before: bool = False) -> Box:
    if not sign:
        return text_box("")
    height = len(body.lines)
    pieces = [sign] if height == 1 else _tall(sign, height)
    lines = tuple(gap + piece if before else piece + gap for piece in pieces)
    return Box(lines, body.base)


def _tall(sign: str, height: int) -> list[str]:
    upper, middle, lower = list(TALL.get(sign, sign * 3))
    if sign in "{}" and height == 2:
        return ["⎰", "⎱"] if sign == "{" else ["⎱", "⎰"]
    between = ["⎪" if sign in "{}" else middle] * (height - 2)
    if sign in "{}" and height > 2:
        between[(height - 2) // 2] = middle
    return [upper, *between, lower]


def _wide(box: Box, width: int, *, left: bool) -> Box:
    if left:
        return Box(tuple(line + " " * (width - cell_len(line)) for line in box.lines), box.base)
    return Box(tuple(_centred(box, width)), box.base)


def _centred(box: Box, width: int) -> list[str]:
    before = (width - box.width) // 2
    return [f"{' ' * before}{line}{' ' * (width - box.width - before)}" for line in box.lines]


def _padded(box: Box, above: int, height: int) -> list[str]:
    empty = " " * box.width
    top = above - box.base
    return [empty] * top + list(box.lines) + [empty] * (height - top - len(box.lines))
