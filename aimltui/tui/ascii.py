"""Signs for terminals whose font has only ASCII: the last step before a line is painted."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS = {
    "…": "~",
    "▌": "|",
    "▎": "|",
    "▕": "|",
    "│": "|",
    "─": "-",
    "✓": "*",
    "✗": "x",
    "●": "*",
    "○": "o",
    "★": "+",
    "•": "*",
    "↑": "^",
    "↓": "v",
    "→": ">",
    "›": ">",
    "⌕": "/",
    "·": "-",
    "–": "-",
    "≈": "~",
    "“": '"',
    "”": '"',
    "’": "'",
    "\u00a0": " ",
    # what is left of a cell by the end of a scrollbar's handle
    **dict.fromkeys("▁▂▃▄▅▆▇█", " "),
}
_TABLE = str.maketrans(_SIGNS)


class AsciiLineFilter(LineFilter):
    """Puts an ASCII sign of the same width in the place of each sign that this program draws with.

    Words are left as they are, in whatever script: this is about the program's own frame.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with ASCII signs.

        Args:
            segments: One line.
            background: Not used.
        """
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(segment.text.translate(_TABLE), segment.style)
            for segment in segments
        ]
