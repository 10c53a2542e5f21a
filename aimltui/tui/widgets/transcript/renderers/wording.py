"""Numbers and lists of lines, as the transcript words them."""

from __future__ import annotations

from typing import Final

from aimltui.common.sanitize import clean
from aimltui.tui.widgets.transcript.canvas import Canvas, StyledText

NARROW_BLANK: Final = "\u00a0"
"""Between thousands; never folded."""


def count_text(number: int) -> str:
    """Return a count with its thousands set apart."""
    return f"{number:,}".replace(",", NARROW_BLANK)


def seconds_text(seconds: float) -> str:
    """Return a span of time that is over."""
    if seconds < 60:
        return f"{max(0.0, seconds):.1f}{NARROW_BLANK}s"
    return clock_text(seconds)


def clock_text(seconds: float) -> str:
    """Return a running time as minutes and seconds."""
    whole = max(0, int(seconds))
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{whole // 60}:{whole % 60:02}"


def bytes_text(size: int) -> str:
    """Return the size of a file."""
    if size < 1000:
        return f"{size} B"
    value, unit = size / 1000, "KB"
    for bigger in ("MB", "GB"):
        if value >= 1000:
            value, unit = value / 1000, bigger
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"


def plural(number: int, word: str) -> str:
    """Return a count with its word: `1 line`, `3 lines`."""
    return f"{count_text(number)} {word}{'' if number == 1 else 's'}"


def write_lines(canvas: Canvas, text: str, run: StyledText) -> None:
    """Draw text of several lines in the style of a run whose own text is not used."""
    for line in clean(text).strip("\n").split("\n"):
        canvas.write([StyledText(line.expandtabs(4), run.style)])
