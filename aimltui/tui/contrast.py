"""Contrast of two colours by WCAG 2, and a colour that is readable on a background."""

from __future__ import annotations

from typing import Final

from textual.color import Color

MIN_CONTRAST: Final = 4.5
"""Least contrast of readable text (WCAG AA)."""


def _luminance(color: Color) -> float:
    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def contrast(first: Color, second: Color) -> float:
    """Return the WCAG contrast ratio of two opaque colours, 1 to 21."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(color: Color, background: Color, least: float = MIN_CONTRAST) -> Color:
    """Return the colour, moved towards white or black until it is readable on the background.

    Args:
        color: The wanted colour.
        background: What it stands on.
        least: Contrast wanted.
    """
    if color.ansi is not None or background.ansi is not None:
        return color
    for step in range(21):
        candidate = stronger(color, background, step / 20)
        if contrast(candidate, background) >= least:
            break
    return candidate


def stronger(color: Color, background: Color, share: float) -> Color:
    """Return the colour, moved by a share from 0 to 1 towards white or black, whichever is farther from the background."""
    target = Color(255, 255, 255) if _luminance(background) < 0.18 else Color(0, 0, 0)
    return color.blend(target, share)
