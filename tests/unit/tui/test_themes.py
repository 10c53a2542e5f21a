"""The bundled themes are legible, a bad theme file is a sentence, `auto` follows the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from aimltui.tui.theme_colors import CURSOR, CURSOR_TEXTS, GROUNDS, readable_variables
from aimltui.tui.theme_colors import PAIRS as DERIVED_PAIRS
from aimltui.tui.theme_colors import TEXTS as DERIVED_TEXTS
from aimltui.tui.themes import (
    DARK_THEME,
    LIGHT_THEME,
    guessed_shade,
    load_themes,
    shade_of,
    theme_for,
)

OWN = {theme.name: theme for theme in load_themes().themes}

TEXTS = [
    "foreground",
    "text",
    "text-muted",
    "text-disabled",
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "error",
    "text-primary",
    "text-secondary",
    "text-accent",
    "text-success",
    "text-warning",
    "text-error",
    "footer-foreground",
    "footer-key-foreground",
    "link-color",
]
PAIRS = [(text, ground) for text in TEXTS for ground in ("background", "surface", "panel")] + [
    ("block-cursor-foreground", "block-cursor-background"),
    ("text-muted", "block-cursor-background"),
    ("text-warning", "block-cursor-background"),
    ("text-error", "block-cursor-background"),
    ("text-success", "block-cursor-background"),
    ("text-primary", "block-cursor-background"),
    ("block-cursor-blurred-foreground", "block-cursor-blurred-background"),
    ("input-selection-foreground", "input-selection-background"),
    ("screen-selection-foreground", "screen-selection-background"),
    ("input-cursor-foreground", "input-cursor-background"),
    ("foreground", "block-hover-background"),
]


def contrast(one: Color, other: Color) -> float:
    def luminance(color: Color) -> float:
        parts = [part / 255 for part in color.rgb]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_own_themes_are_there_and_are_what_they_are_called() -> None:
    assert set(OWN) == {DARK_THEME, LIGHT_THEME, "aimltui-dusk", "aimltui-paper"}
    assert OWN[DARK_THEME].dark
    assert not OWN[LIGHT_THEME].dark
    assert load_themes().problems == ()


@pytest.mark.parametrize("name", sorted(OWN))
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_has_enough_contrast(name: str, text: str, ground: str) -> None:
    colors = OWN[name].to_color_system().generate()
    ratio = contrast(Color.parse(colors[text]), Color.parse(colors[ground]))
    assert ratio >= 4.5, f"{name}: {text} on {ground} has {ratio:.2f}:1"


ALL = {theme.name: theme for theme in [*BUILTIN_THEMES.values(), *OWN.values()]}


@pytest.mark.parametrize("name", sorted(name for name, theme in ALL.items() if not theme.ansi))
def test_every_shipped_theme_is_readable_as_it_is_used(name: str) -> None:
    colors = readable_variables(ALL[name].to_color_system().generate())
    pairs = [(text, ground) for text in DERIVED_TEXTS for ground in GROUNDS]
    pairs += [(text, CURSOR) for text in CURSOR_TEXTS] + list(DERIVED_PAIRS)
    low = {
        f"{text} on {ground}": round(ratio, 2)
        for text, ground in pairs
        if (ratio := contrast(Color.parse(colors[text]), Color.parse(colors[ground]))) < 4.5
    }
    assert not low
    surface, foreground = Color.parse(colors["surface"]), Color.parse(colors["foreground"])
    field = surface.blend(foreground, 0.05, alpha=1)
    assert min(contrast(Color.parse(colors[text]), field) for text in DERIVED_TEXTS) >= 4.4, (
        "the field with the focus"
    )
    cursor, panel = Color.parse(colors[CURSOR]), Color.parse(colors["panel"])
    assert contrast(cursor, panel) > 1.03, "the row under the cursor looks like the others"
    muted = Color.parse(colors["text-muted"])
    assert contrast(foreground, muted) >= 1.4, "headings of a list look like its rows"
    chosen = Color.parse(colors["block-cursor-foreground"])
    assert contrast(chosen, cursor) >= contrast(foreground, cursor), "the row under the cursor is the weakest"
    key, word = (Color.parse(colors[f"footer-{part}-foreground"]) for part in ("key", "description"))
    assert key != word, "keys in the footer look like words"
    background = Color.parse(colors["background"])
    assert contrast(word, background) <= contrast(foreground, background), (
        "the footer is stronger than the text"
    )


@pytest.mark.parametrize("name", sorted(OWN))
def test_a_readable_theme_keeps_its_colours(name: str) -> None:
    before = OWN[name].to_color_system().generate()
    after = readable_variables(before)
    assert {key: value.lower() for key, value in after.items()} == {
        key: value.lower() for key, value in before.items()
    }


@pytest.mark.parametrize("name", ["ansi-dark", "ansi-light"])
def test_a_panel_in_the_terminals_colours_hides_what_is_behind_it(name: str) -> None:
    colors = readable_variables(ALL[name].to_color_system().generate())
    assert {colors["panel"], colors["surface"], colors["background"]} == {"ansi_default"}


def test_a_users_theme_is_loaded_after_the_bundled_ones(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('primary = "#123456"\n[variables]\nborder = "#333333"\n')
    (tmp_path / "dark.toml").write_text(f'name = "{DARK_THEME}"\nprimary = "red"\n')
    found = load_themes(tmp_path)
    assert found.problems == ()
    assert [theme.name for theme in found.themes][len(OWN) :] == [DARK_THEME, "mine"]
    assert found.themes[-1].variables == {"border": "#333333"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('primary = "#12345g"', ["primary", "#12345g", "no colour"]),
        ('secondary = "red"', ["primary is missing"]),
        ('primary = "red"\nprimray = "red"', ["'primray'", "not a key", "luminosity_spread"]),
        ('primary = "red"\ndark = "yes"', ["dark", "true or false"]),
        ('primary = "red"\ntext_alpha = 7', ["text_alpha", "from 0 to 1"]),
        ('primary = "red"\nvariables = 7', ["variables", "table"]),
        ('primary = "red"\n[variables]\nborder = 3', ["variables", "texts"]),
        ('primary = "red"\n[variables]\nborder = "#zz"', ["variables.border", "no colour"]),
        ('primary = "red"\n[variables]\nlink-style = "shiny"', ["variables.link-style", "not a text style"]),
        ('primary = "red"\n[variables]\n"a;b" = "red"', ["a;b"]),
        ('primary = "red"\naccent = "#zz"', ["bad.toml, line 2: accent", "no colour"]),
        ('primary = "red"\n[variables]\n# a\nborder = "#zz"', ["bad.toml, line 4: variables.border"]),
        ('primary = "red"\nprimray = "red"', ["bad.toml, line 2", "Did you mean primary?"]),
        ('primary = 5\nname = "x"', ["primary", "text"]),
        ("primary = ", ["line 1, column"]),
        ('primary = "red"\nname = "a\\u001b[0m"', ["name", "printable"]),
    ],
)
def test_a_bad_theme_file_is_a_sentence_with_file_and_key(tmp_path: Path, text: str, said: list[str]) -> None:
    (tmp_path / "bad.toml").write_text(text)
    found = load_themes(tmp_path)
    assert len(found.themes) == len(OWN)
    (problem,) = found.problems
    assert str(tmp_path / "bad.toml") in problem
    for part in said:
        assert part in problem
    assert "\x1b" not in problem


def test_variables_of_textuals_own_themes_would_be_accepted(tmp_path: Path) -> None:
    for name, theme in BUILTIN_THEMES.items():
        lines = [f"{key} = {value!r}" for key, value in theme.variables.items()]
        (tmp_path / f"{name}.toml").write_text(
            f"primary = {theme.primary!r}\n[variables]\n" + "\n".join(lines)
        )
    assert load_themes(tmp_path).problems == ()


def test_a_missing_user_directory_is_no_problem(tmp_path: Path) -> None:
    assert load_themes(tmp_path / "none").problems == ()


def test_auto_follows_the_shade_and_an_unknown_name_is_said() -> None:
    assert theme_for("auto", "dark", ["nord"]) == (DARK_THEME, None)
    assert theme_for("auto", "light", ["nord"]) == (LIGHT_THEME, None)
    assert theme_for("nord", "light", ["nord"]) == ("nord", None)
    name, problem = theme_for("nrod", "light", ["nord", "dracula"])
    assert name == LIGHT_THEME
    assert problem == "There is no theme 'nrod'. Did you mean nord? All themes: ctrl+p, “Choose the theme”."


@pytest.mark.parametrize(
    ("value", "shade"),
    [("15;0", "dark"), ("0;15", "light"), ("0;default;7", "light"), ("", "dark"), ("x", "dark")],
)
def test_the_environment_gives_a_first_guess(value: str, shade: str) -> None:
    assert guessed_shade({"COLORFGBG": value}) == shade


@pytest.mark.parametrize(
    ("rgb", "shade"),
    [((0, 0, 0), "dark"), ((1, 1, 1), "light"), ((0, 0.17, 0.21), "dark"), ((0.99, 0.96, 0.89), "light")],
)
def test_the_shade_of_a_background(rgb: tuple[float, float, float], shade: str) -> None:
    assert shade_of(*rgb) == shade


def test_the_theme_builds_a_whole_colour_system() -> None:
    for theme in OWN.values():
        assert isinstance(theme, Theme)
        for value in theme.to_color_system().generate().values():
            assert value
