"""Whether pictures can be drawn, and how high."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from textual.app import App

    from aimltui.tui.pictures.terminal import TerminalPictures

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


def terminal_pictures(app: App[Any]) -> TerminalPictures | None:
    """Return what the terminal can do with pictures; None if the app has no terminal of which this is known."""
    return getattr(app, "terminal_pictures", None)


def placing_terminal(app: App[Any]) -> TerminalPictures | None:
    """Return what draws pictures where text stands for them; None if the terminal cannot.

    The colour of that text is the picture's number, which needs all colours.
    """
    found = terminal_pictures(app)
    has_all = app.is_headless or app.console.color_system == "truecolor"
    return found if found is not None and has_all and found.abilities.has_placeholders else None


def covering_terminal(app: App[Any]) -> TerminalPictures | None:
    """Return what draws a sharp picture over the half blocks of one; None if the terminal cannot, or does better."""
    found = terminal_pictures(app)
    return found if found is not None and found.viewer and placing_terminal(app) is None else None


def picture_rows(height: int) -> int:
    """Return how high a picture may be in a thread that is shown in a window of this height."""
    return max(_LEAST_ROWS, min(_MOST_ROWS, max(_USUAL_ROWS, height // 3), height - _ROWS_BESIDE))
