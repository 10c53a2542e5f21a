"""Makes the colours of any theme readable: text and marks get a contrast of 4.5:1 on every ground they stand on.

Textual's themes choose colours for Textual's own widgets. Here text stands on other grounds, and rows under the cursor
hold text in several colours. A colour that is readable stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from textual.color import Color, ColorParseError

from aimltui.tui.contrast import MIN_CONTRAST, contrast, readable, stronger

GROUNDS: Final = ("background", "surface", "panel")
"""What text stands on, besides the row under the cursor."""
CURSOR: Final = "block-cursor-background"
"""The ground of the row under the cursor."""
TEXTS: Final = (
    "foreground",
    "text-muted",
    "text-disabled",
    "foreground-muted",
    "foreground-disabled",
    *("primary", "secondary", "accent", "success", "warning", "error"),
    *("text-primary", "text-secondary", "text-accent", "text-success", "text-warning", "text-error"),
    *("footer-foreground", "footer-key-foreground", "footer-description-foreground", "link-color"),
)
"""Variables of text and marks, which may stand on each of these grounds."""
CURSOR_TEXTS: Final = (
    "block-cursor-foreground",
    "text-muted",
    *("text-primary", "text-accent", "text-success", "text-warning", "text-error"),
)
"""Variables of text that may stand in the row under the cursor."""
PAIRS: Final = (
    ("block-cursor-blurred-foreground", "block-cursor-blurred-background"),
    ("input-selection-foreground", "input-selection-background"),
    ("screen-selection-foreground", "screen-selection-background"),
    ("input-cursor-foreground", "input-cursor-background"),
)
"""Variables of text that stands on one ground only."""
_TINTS: Final = (0.2, 0.15, 0.1, 0.06)
"""Shares of the primary colour in the ground of the row under the cursor, where the theme's own ground is too strong."""
_ROOM: Final = 7.0
"""Contrast of the foreground to a panel that leaves room for colours; a stronger panel turns every colour pale."""
_CURSOR_ROOM: Final = 6.4
"""Contrast of the foreground to the ground of the row under the cursor that leaves room for muted text."""
_LOST: Final = 1.6
"""Contrast below which a colour cannot be seen on a ground."""
_APART: Final = 1.4
"""Contrast of two texts beside each other that are told apart."""
_SEEN: Final = 1.1
"""Contrast of two grounds beside each other that are told apart."""
_LOW_TINTS: Final = (0.2, 0.15, 0.1, 0.06, 0.03, 0.0)
"""Shares of the primary colour in a ground of the row under the cursor near the background."""
_DEFAULT_SHARE: Final = 0.87
_STEPS: Final = 20
"""Steps in which a colour moves towards white or black."""


def readable_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a theme with readable, solid colours.

    Args:
        variables: All variables, as Textual generates them. Those of a theme in the terminal's own colours keep them.
    """
    result = dict(variables)
    background = _color(variables, "background")
    if background is None or background.ansi is not None:
        return _in_terminal_colors(result)
    grounds = {name: _calm(_solid(variables, name, background), background, variables) for name in GROUNDS}
    panel = grounds["panel"]
    plain = _on_all(_solid(variables, "foreground", background), grounds.values())
    foreground = _apart_from_muted(variables, plain, grounds)
    behind = _behind(grounds, foreground)
    chosen = dict(variables)
    key = _solid(variables, "footer-key-foreground", background)
    if contrast(key, background) < _LOST or key == _color(variables, "footer-description-foreground"):
        # meant for a footer in the primary colour: here it would look like the words beside it
        chosen["footer-key-foreground"] = variables["primary"]
    words = _solid(variables, "footer-description-foreground", background)
    if contrast(words, background) > contrast(plain, background):
        # meant for such a footer, too: here it would be stronger than what is said in the thread
        chosen["footer-description-foreground"] = plain.hex
    texts = {name: _on_all(_solid(chosen, name, panel, plain), behind) for name in TEXTS if name in variables}
    texts["foreground"] = foreground
    texts["block-cursor-foreground"] = _solid(variables, "block-cursor-foreground", panel, foreground)
    cursor = _cursor(variables, texts, panel)
    if contrast(readable(texts["text-muted"], cursor), foreground) < _APART:
        cursor = _low_cursor(variables, texts, panel, grounds["background"]) or cursor
    # the text that the theme has for a strong ground may be weak on this one
    candidates = (texts["block-cursor-foreground"], foreground)
    texts["block-cursor-foreground"] = max(candidates, key=lambda color: contrast(color, cursor))
    texts |= {name: readable(texts[name], cursor) for name in CURSOR_TEXTS if name in texts}
    for name, color in (grounds | {CURSOR: cursor} | texts | _pairs(variables, panel, foreground)).items():
        if _color(variables, name) != color:
            result[name] = color.hex
    result["footer-background"] = result["background"]
    return result


def _calm(ground: Color, background: Color, variables: Mapping[str, str]) -> Color:
    """Move a ground towards the background until text in colours has room on it."""
    foreground = _solid(variables, "foreground", background)
    for step in range(6):
        candidate = ground.blend(background, step / 10, alpha=1)
        if contrast(foreground, candidate) >= _ROOM:
            return candidate
    return candidate


def _behind(grounds: Mapping[str, Color], foreground: Color) -> list[Color]:
    """Return what text stands on: the grounds and the field with the focus, which Textual tints by so much."""
    return [*grounds.values(), grounds["surface"].blend(foreground, 0.05, alpha=1)]


def _apart_from_muted(variables: Mapping[str, str], plain: Color, grounds: Mapping[str, Color]) -> Color:
    """Return the colour of plain text, moved away from the grounds until muted text beside it looks different.

    Muted text cannot be weaker than readable, so in a theme with weak plain text the plain text gets stronger.
    """
    panel = grounds["panel"]
    wanted = _solid(variables, "text-muted", panel, plain)
    for step in range(_STEPS + 1):
        foreground = stronger(plain, panel, step / _STEPS)
        if contrast(foreground, _on_all(wanted, _behind(grounds, foreground))) >= _APART:
            break
    return foreground


def _cursor(variables: Mapping[str, str], texts: Mapping[str, Color], panel: Color) -> Color:
    """Return the theme's ground of the row under the cursor if all text is readable on it, else a tint of the panel."""
    cursor = _solid(variables, CURSOR, panel)
    if all(contrast(texts[name], cursor) >= MIN_CONTRAST for name in CURSOR_TEXTS if name in texts):
        return cursor
    for tint in _TINTS:
        cursor = panel.blend(_solid(variables, "primary", panel), tint, alpha=1)
        if contrast(texts["foreground"], cursor) >= _CURSOR_ROOM:
            break
    return cursor


def _low_cursor(
    variables: Mapping[str, str], texts: Mapping[str, Color], panel: Color, background: Color
) -> Color | None:
    """Return a ground of the row under the cursor near the background, on which muted text may stay muted; None if there
    is none: on a ground farther from the background than the panel it would look like the other text."""
    for tint in _LOW_TINTS:
        cursor = background.blend(_solid(variables, "primary", panel), tint, alpha=1)
        if contrast(texts["text-muted"], cursor) >= MIN_CONTRAST and contrast(cursor, panel) >= _SEEN:
            return cursor
    return None


def _pairs(variables: Mapping[str, str], panel: Color, foreground: Color) -> dict[str, Color]:
    """Return the texts on one ground, with their grounds."""
    found: dict[str, Color] = {}
    for text, ground in PAIRS:
        found[ground] = _solid(variables, ground, panel)
        found[text] = readable(_solid(variables, text, found[ground], foreground), found[ground])
    return found


def _on_all(color: Color, grounds: Iterable[Color]) -> Color:
    for ground in grounds:
        color = readable(color, ground)
    return color


def _in_terminal_colors(variables: dict[str, str]) -> dict[str, str]:
    """Give panels a ground: a transparent one would let the page show through a sheet."""
    for name in ("surface", "panel", "footer-background"):
        if variables.get(name) == "transparent":
            variables[name] = variables["background"]
    return variables


def _color(variables: Mapping[str, str], name: str) -> Color | None:
    value = variables.get(name, "auto")
    if value.startswith("auto"):
        # Textual would look for a colour of a similar name, which takes milliseconds
        return None
    try:
        return Color.parse(value)
    except ColorParseError:
        return None


def _solid(variables: Mapping[str, str], name: str, ground: Color, foreground: Color | None = None) -> Color:
    """Return a variable as an opaque colour on a ground; `auto NN%` is that share of the foreground."""
    color = _color(variables, name)
    if color is None or color.ansi is not None or color.a == 0 or variables[name].startswith("auto"):
        percent = variables.get(name, "").removeprefix("auto").strip().removesuffix("%")
        share = float(percent) / 100 if percent.isdecimal() else _DEFAULT_SHARE
        return ground.blend(foreground or ground, share, alpha=1)
    return ground.blend(color, color.a, alpha=1) if color.a < 1 else color
