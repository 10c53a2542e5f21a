"""Line filters: the last check of every line that a widget paints, before it reaches the terminal.

Textual writes control characters in a widget's text to the terminal unchanged: such text could set the window's title,
write the clipboard or move the cursor. `common.sanitize.clean` is applied first, where text from outside enters the
screen; the filter here covers whatever was missed.
"""

from __future__ import annotations

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from aimltui.common.sanitize import is_unsafe_in_line, remove_unsafe

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
    # the ends of a scrollbar's handle
    **dict.fromkeys("▁▂▃▄▅▆▇█", " "),
}
_TABLE = str.maketrans(_SIGNS)


class SafeLineFilter(LineFilter):
    """Deletes what could drive the terminal from every line of every widget, for `App.get_line_filters`.

    The characters it deletes have no width, so no layout changes. Segments that Textual itself marks as
    control are left alone: they carry images and cursor moves.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without dangerous characters.

        Args:
            segments: One line.
            background: Not used.

        Returns:
            The same list if nothing was wrong.
        """
        for index, (text, style, control) in enumerate(segments):
            if control:
                continue
            if is_unsafe_in_line(text) or (style is not None and style.link):
                return segments[:index] + [self._safe(segment) for segment in segments[index:]]
        return segments

    @staticmethod
    def _safe(segment: Segment) -> Segment:
        text, style, control = segment
        if control:
            return segment
        if style is not None and style.link and is_unsafe_in_line(style.link):
            style = Style.combine([style]).update_link(None)
        return Segment(remove_unsafe(text), style)


class AsciiLineFilter(LineFilter):
    """Replaces each sign that this program draws with by an ASCII sign of the same width.

    For terminals whose font has only ASCII. Words stay as they are, in any script.
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
            for segment in _with_dots(segments)
        ]


_ELLIPSIS = "…"
_AFTER = "   "
"""Spaces after an ellipsis that leave room for three dots and a gap."""


def _with_dots(segments: list[Segment]) -> list[Segment]:
    """Write an ellipsis as three dots where spaces follow it, so that the line stays as wide as it was."""
    found: list[Segment] = []
    for text, style, control in segments:
        if not control and text.startswith(_AFTER) and found and _ends_cut(found[-1], style):
            found[-1] = Segment(found[-1].text[:-1] + "...", found[-1].style)
            text = text[2:]
        found.append(Segment(text if control else text.replace(_ELLIPSIS + _AFTER, "... "), style, control))
    return found


def _ends_cut(segment: Segment, next_style: Style | None) -> bool:
    """Whether a segment ends with an ellipsis and the next one has the same ground."""
    grounds = [style.bgcolor if style is not None else None for style in (segment.style, next_style)]
    return not segment.control and segment.text.endswith(_ELLIPSIS) and grounds[0] == grounds[1]


class PlainLineFilter(LineFilter):
    """Removes colours and frames: what has another ground is shown reversed, lines and bars become spaces.

    For `--plain`, over a theme in the terminal's own colours, where only what is selected has a ground.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without colours and frames.

        Args:
            segments: One line.
            background: Not used.
        """
        return [
            segment
            if segment.control
            else Segment(segment.text.translate(_PLAIN), _colourless(segment.style))
            for segment in segments
        ]


_FRAME = "▌▎▕│─█▐▏▔▁▂▃▄▅▆▇▀╭╮╰╯┌┐└┘├┤┬┴┼━┃╸╺╹╻╴╶╵╷"
_PLAIN = str.maketrans(dict.fromkeys(_FRAME, " "))


@lru_cache(maxsize=2048)
def _colourless(style: Style | None) -> Style | None:
    if style is None or (style.color is None and style.bgcolor is None):
        return style
    is_raised = style.bgcolor is not None and not style.bgcolor.is_default
    return style.without_color + Style(reverse=True if is_raised else None)
