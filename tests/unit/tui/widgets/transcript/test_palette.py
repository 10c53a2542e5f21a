from __future__ import annotations

from dataclasses import fields

import pytest
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from aimltui.tui.contrast import contrast
from tests.unit.tui.widgets.transcript.builders import palette

SOLID = [name for name, theme in BUILTIN_THEMES.items() if not theme.ansi]


@pytest.mark.parametrize("theme", SOLID)
def test_every_style_of_text_can_be_read_in_every_theme(theme: str) -> None:
    found = palette(theme)
    styles = {field.name: getattr(found, field.name) for field in fields(found) if field.name != "frame"}
    styles |= styles.pop("syntax")
    grounds = styles.pop("grounds")
    styles |= {f"raised {name}": grounds.lift(style) for name, style in styles.items()}
    assert grounds.lift(found.text).bgcolor != found.text.bgcolor
    assert grounds.lift(found.code).bgcolor not in (found.code.bgcolor, grounds.lift(found.text).bgcolor)
    for name, style in styles.items():
        assert isinstance(style, Style)
        assert style.dim is None
        assert style.color is not None
        assert style.bgcolor is not None
        ratio = contrast(Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor))
        assert ratio >= 4.4, f"{name}: {ratio:.2f}"


@pytest.mark.parametrize("theme", [name for name, theme in BUILTIN_THEMES.items() if theme.ansi])
def test_themes_of_the_terminals_own_colours_are_drawn(theme: str) -> None:
    color = palette(theme).text.color
    assert color is not None
    assert color.is_default
