"""Whether pictures can be drawn, and how high."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from textual.app import App

PictureSetting = Literal["auto", "blocks", "off"]
"""`auto` draws as sharply as the terminal can, `blocks` with half blocks, `off` only in a viewer."""
_MANY_COLOURS: Final = ("256", "truecolor")
_LEAST_ROWS, _USUAL_ROWS, _MOST_ROWS = 4, 8, 14
_ROWS_BESIDE = 4
"""Rows of the window that a picture leaves to other things."""


def has_colours(app: App[Any]) -> bool:
    """Return whether the screen has enough colours for pictures, and the user wants colours."""
    if app.no_color or app.has_class("-plain"):
        return False
    # without a terminal nothing limits the colours
    return app.is_headless or app.console.color_system in _MANY_COLOURS


def picture_rows(height: int) -> int:
    """Return how high a picture may be in a thread that is shown in a window of this height."""
    return max(_LEAST_ROWS, min(_MOST_ROWS, max(_USUAL_ROWS, height // 3), height - _ROWS_BESIDE))
