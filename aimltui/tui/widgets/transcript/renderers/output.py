"""Draws what code printed: its first and last lines, in its colours made readable."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeVar

from rich.style import Style
from textual.color import Color

from aimltui.formatting.numbers import plural
from aimltui.tui.contrast import readable
from aimltui.tui.state.terminal_output import PLAIN, RGB, Piece, Sgr, TerminalText, excerpt
from aimltui.tui.widgets.transcript.canvas import CUT, Canvas, ClickTarget, StyledText
from aimltui.tui.widgets.transcript.palette import Palette

HEAD = TAIL = 50
"""Lines shown at the start and at the end of a longer output."""
MAX_LINE: Final = 2_000
"""Characters of a line that are shown; "view all" shows the rest."""

Kind = TypeVar("Kind")

_SIXTEEN: Final = [
    "#000000",
    "#cd3131",
    "#0dbc79",
    "#b58900",
    "#2472c8",
    "#bc3fbc",
    "#11a8cd",
    "#cccccc",
    "#767676",
    "#f14c4c",
    "#23d18b",
    "#d7ba3d",
    "#3b8eea",
    "#d670d6",
    "#29b8db",
    "#ffffff",
]
_STEPS: Final = (0, 95, 135, 175, 215, 255)


def draw_output(
    canvas: Canvas,
    text: str,
    *,
    head: int = HEAD,
    tail: int = TAIL,
    target: ClickTarget | None = None,
    most: int = MAX_LINE,
) -> None:
    """Draw what a program printed.

    Args:
        canvas: Where to draw.
        text: Of any length; only the shown lines are processed.
        head: Lines shown at the start.
        tail: Lines shown at the end.
        target: What the line does that counts the hidden lines.
        most: Characters of a line that are shown.
    """
    found = excerpt(text, head, tail)
    caret = canvas.context.glyphs.bar.isascii()
    is_cut = _lines(canvas, found.head, TerminalText(ascii_only=caret), most, target)
    if found.hidden:
        _not_shown(canvas, plural(found.hidden, "line" if head else "earlier line"), target)
    is_cut |= _lines(canvas, found.tail, TerminalText(ascii_only=caret), most, target)
    if is_cut and not found.hidden:
        _not_shown(canvas, "the end of a long line is", target)


def shown_lines(text: str) -> int:
    """Return the number of lines of an output."""
    return excerpt(text, 0, 0).total


def _not_shown(canvas: Canvas, what: str, target: ClickTarget | None) -> None:
    context = canvas.context
    words = f"{context.glyphs.ellipsis} {what}" + (" not shown" if target else "")
    keys = f" {context.glyphs.dot} enter view all" if target else ""
    canvas.write(
        [
            StyledText(words, context.palette.muted),
            StyledText(keys, context.palette.link if target else context.palette.muted),
        ],
        target=target,
    )


def _lines(
    canvas: Canvas, lines: tuple[str, ...], reader: TerminalText, most: int, whole: ClickTarget | None
) -> bool:
    """Draw lines; return whether one of them is cut."""
    is_cut = False
    for line in lines:
        pieces, cut = shortened(reader.line(line), most)
        is_cut |= cut
        canvas.write(output_runs(pieces, canvas.context.palette), code=True, cut=whole or CUT)
    return is_cut


def shortened(pieces: list[tuple[str, Kind]], most: int) -> tuple[list[tuple[str, Kind]], bool]:
    """Return the first characters of a line, and whether there are more."""
    if sum(len(text) for text, _ in pieces) <= most:
        return pieces, False
    kept: list[tuple[str, Kind]] = []
    for text, sgr in pieces:
        kept.append((text[:most], sgr))
        most -= len(text)
        if most <= 0:
            break
    return kept, True


def theme_runs(pieces: list[Piece], palette: Palette) -> list[StyledText]:
    """Return a line that the program itself coloured: red, green, yellow, cyan and grey are the theme's error, success,
    warning, heading and muted."""
    styles = {
        Sgr(fg=1): palette.error,
        Sgr(fg=2): palette.success,
        Sgr(fg=3): palette.warning,
        Sgr(fg=6): palette.assistant,
        Sgr(fg=8): palette.muted,
    }
    return [
        StyledText(text, styles[sgr]) if sgr in styles else output_runs([(text, sgr)], palette)[0]
        for text, sgr in pieces
    ]


def output_runs(pieces: list[Piece], palette: Palette) -> list[StyledText]:
    """Return a line of output in the theme's colours."""
    return [
        StyledText(text, palette.text if sgr == PLAIN else _style(sgr, palette.text, palette.muted))
        for text, sgr in pieces
    ]


@lru_cache(maxsize=1024)
def _style(sgr: Sgr, text: Style, muted: Style) -> Style:
    """Return the style of a piece: in readable colours, never hidden, never blinking."""
    ground = Color.from_rich_color(text.bgcolor) if text.bgcolor else Color(0, 0, 0)
    plain = (muted if sgr.faint else text).color
    ink = Color.from_rich_color(plain) if plain else Color(255, 255, 255)
    if sgr.bg is not None and ground.ansi is None:
        ground = _colour(sgr.bg)
    if sgr.fg is not None:
        ink = _colour(sgr.fg)
    if sgr.reverse and ground.ansi is None:
        ink, ground = ground, ink
    ink = readable(ink, ground)
    return Style(
        color=ink.rich_color,
        bgcolor=ground.rich_color,
        bold=sgr.bold or None,
        italic=sgr.italic or None,
        underline=sgr.underline or None,
        strike=sgr.strike or None,
    )


def _colour(number: int) -> Color:
    if number >= RGB:
        return Color(number >> 16 & 255, number >> 8 & 255, number & 255)
    if number < 16:
        return Color.parse(_SIXTEEN[number])
    if number >= 232:
        grey = 8 + (number - 232) * 10
        return Color(grey, grey, grey)
    number -= 16
    return Color(_STEPS[number // 36], _STEPS[number // 6 % 6], _STEPS[number % 6])
