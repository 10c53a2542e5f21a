"""The transcript's colours, all taken from the Textual theme and made readable on its background."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rich.style import Style
from textual.color import Color, ColorParseError

from aimltui.common.dataclass import dataclass
from aimltui.tui.contrast import readable


class Grounds:
    """Raises the ground of a marked block, with text that stays readable on it.

    Args:
        pairs: Each ground with the one that takes its place.
    """

    def __init__(self, pairs: Iterable[tuple[Color, Color]]) -> None:
        self._higher = {ground.rich_color: higher for ground, higher in pairs}
        self._known: dict[Style, Style] = {}

    def lift(self, style: Style) -> Style:
        """Return the style on the raised ground; unchanged where its ground is another one."""
        higher = self._higher.get(style.bgcolor) if style.bgcolor is not None else None
        if higher is None:
            return style
        found = self._known.get(style)
        if found is None:
            ink = readable(Color.from_rich_color(style.color), higher) if style.color is not None else None
            found = style + Style(color=ink.rich_color if ink else None, bgcolor=higher.rich_color)
            self._known[style] = found
        return found


@dataclass(frozen=True, slots=True)
class Palette:
    """Finished styles; each includes its background, so that strips need no further styling."""

    text: Style
    muted: Style
    strong: Style
    user: Style
    assistant: Style
    pending: Style
    heading: Style
    subheading: Style
    link: Style
    quote: Style
    frame: Style
    """Lines of tables, rules and panels."""
    inline_code: Style
    chip: Style
    """The word of an action that can be clicked."""
    chip_key: Style
    """The letter before that word."""
    code: Style
    code_label: Style
    success: Style
    warning: Style
    error: Style
    citation: Style
    cursor: Style
    """The line that the keyboard has marked."""
    mark: Style
    """The bar beside the marked block."""
    found: Style
    """Words that were searched for."""
    grounds: Grounds
    """The grounds of a marked block."""
    syntax: Mapping[str, Style]
    """By the colour names in `code.py`."""


def dimmed(palette: Palette) -> Palette:
    """Return the styles for what stays readable, but no longer counts."""
    muted = palette.muted
    return replace(
        palette,
        text=muted,
        inline_code=muted,
        strong=muted,
        heading=muted,
        subheading=muted,
        user=muted,
        assistant=muted,
    )


def build_palette(variables: Mapping[str, str], background: Color) -> Palette:
    """Make the styles of a theme.

    Args:
        variables: `App.theme_variables`.
        background: The transcript's background, opaque.
    """

    def color(name: str, fallback: str) -> Color:
        try:
            found = Color.parse(variables.get(name, fallback))
            # an alpha would turn a colour of the terminal's palette into black
            return found if found.ansi is not None else found.with_alpha(1.0)
        except ColorParseError:
            return Color.parse(fallback)

    plain = background.ansi is not None or color("foreground", "white").ansi is not None
    foreground = readable(color("foreground", "#e0e0e0"), background, 7)
    band = background if plain else background.blend(foreground, 0.07, alpha=1)
    chip = background if plain else background.blend(foreground, 0.13, alpha=1)
    lifted = background if plain else background.blend(foreground, 0.09, alpha=1)
    high_band = background if plain else background.blend(foreground, 0.15, alpha=1)
    found = background if plain else background.blend(color("warning", "#ffa62b"), 0.35, alpha=1)
    muted = foreground if plain else readable(background.blend(foreground, 0.6, alpha=1), background, 5)
    frame = foreground if plain else background.blend(foreground, 0.3, alpha=1)

    def ink(chosen: Color, on: Color = background, *, bold: bool | None = None, italic: bool | None = None,
            underline: bool | None = None) -> Style:  # fmt: skip
        return Style(
            color=chosen.rich_color, bgcolor=on.rich_color, bold=bold, italic=italic, underline=underline
        )

    def tone(name: str, fallback: str, on: Color = background) -> Color:
        return readable(color(name, fallback), on)

    primary, accent = tone("primary", "#0178d4"), tone("accent", "#ffa62b")
    on_band = {
        name: tone(name, "#888888", band) for name in ("primary", "accent", "success", "warning", "error")
    }
    cursor_back = color("primary", "#0178d4")
    cursor = (
        Style(reverse=True, bold=True)
        if plain
        else ink(readable(foreground, cursor_back), cursor_back, bold=True)
    )
    return Palette(
        text=ink(foreground),
        muted=ink(muted),
        strong=ink(foreground, bold=True),
        user=ink(accent, bold=True),
        assistant=ink(primary, bold=True),
        pending=ink(muted),
        heading=ink(foreground, bold=True, underline=True),
        subheading=ink(foreground, bold=True),
        link=ink(primary, underline=True),
        quote=ink(muted),
        frame=ink(frame),
        inline_code=ink(readable(foreground, chip), chip),
        chip=ink(readable(foreground, chip), chip),
        chip_key=ink(tone("primary", "#0178d4", chip), chip, bold=True),
        code=ink(readable(foreground, band), band),
        code_label=ink(readable(muted, band), band),
        success=ink(tone("success", "#4ebf71")),
        warning=ink(tone("warning", "#ffa62b")),
        error=ink(tone("error", "#ba3c5b")),
        citation=ink(accent),
        cursor=cursor,
        mark=ink(tone("accent", "#ffa62b", lifted), lifted),
        found=Style(reverse=True) if plain else ink(readable(foreground, found), found),
        grounds=Grounds(() if plain else ((background, lifted), (band, high_band))),
        syntax={
            "keyword": ink(on_band["primary"], band, bold=True),
            "name": ink(on_band["accent"], band),
            "string": ink(on_band["success"], band),
            "number": ink(on_band["warning"], band),
            "comment": ink(readable(muted, band), band, italic=True),
            "error": ink(on_band["error"], band),
            "text": ink(readable(foreground, band), band),
        },
    )
