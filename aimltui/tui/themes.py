"""Themes: reads the bundled ones and the user's TOML files, and decides which one `auto` means.

A theme file holds the fields of `textual.theme.Theme`, with its variables in a table `[variables]`. In the bundled
themes `primary` is the assistant's accent and `accent` the user's.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from textual.color import Color, ColorParseError
from textual.theme import Theme

import aimltui
from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConfigError
from aimltui.config.toml_file import parse_toml

AUTO = "auto"
DARK_THEME = "aimltui-dark"
LIGHT_THEME = "aimltui-light"

Shade = Literal["dark", "light"]

_LIMIT_BYTES = 200_000
_FLAGS = frozenset({"dark", "ansi"})
_NUMBERS = frozenset({"luminosity_spread", "text_alpha"})
_NOT_COLOURS = _FLAGS | _NUMBERS | {"name", "variables"}
_FIELDS = frozenset(item.name for item in fields(Theme))


@dataclass(frozen=True, slots=True)
class ThemeSet:
    """The themes of the theme directories."""

    themes: tuple[Theme, ...]
    """In the order of their registration: a user's theme comes after the bundled one of the same name."""
    problems: tuple[str, ...]
    """A sentence for each file that cannot be used."""


@dataclass(frozen=True, slots=True)
class ThemeChoice:
    """How a screen reads and changes the app's theme."""

    current: Callable[[], str]
    """The theme's name, or `auto` while the app follows the terminal."""
    choose: Callable[[str], None]
    """Uses a theme, or follows the terminal with `auto`."""


def load_themes(user_directory: Path | None = None) -> ThemeSet:
    """Read the bundled themes and the user's; a bad file becomes a sentence in `problems`.

    Args:
        user_directory: The directory of the user's `*.toml` theme files, such as `config_dir() / "themes"`.
    """
    themes: list[Theme] = []
    problems: list[str] = []
    for directory in (_bundled_directory(), user_directory):
        for file in _theme_files(directory):
            try:
                themes.append(read_theme(file))
            except ConfigError as error:
                problems.append(f"A theme was skipped. {error}")
    return ThemeSet(tuple(themes), tuple(problems))


def read_theme(file: Path) -> Theme:
    """Read a theme from its file.

    Raises:
        ConfigError: It cannot be read or used; the text names the file and the key.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(_LIMIT_BYTES)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}.") from error
    document = parse_toml(content, file)
    source = _Source(file, content.decode("utf-8", "replace"))
    unknown = [key for key in document if key not in _FIELDS]
    if unknown:
        key = unknown[0]
        near = difflib.get_close_matches(key, sorted(_FIELDS), n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        known = ", ".join(sorted(_FIELDS))
        raise ConfigError(f"{source.at(key)}: {key!r} is not a key of a theme.{meant} The keys are: {known}.")
    if "primary" not in document:
        raise ConfigError(f'{file}: primary is missing. Add a colour, as primary = "#82aaf0".')
    values: dict[str, Any] = {"name": file.stem}
    for key, value in document.items():
        _check(source, key, value)
        values[key] = value
    theme = Theme(**values)
    _check_variables(source, theme)
    return theme


@dataclass(frozen=True, slots=True)
class _Source:
    """A theme's file with its text."""

    file: Path
    text: str

    def at(self, dotted: str) -> str:
        """Return the file, with the line of the key if it stands in one."""
        table, _, key = dotted.rpartition(".")
        heading, wanted = "", re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
        for number, line in enumerate(self.text.splitlines(), 1):
            if line.lstrip().startswith("["):
                heading = line.partition("#")[0].strip().strip("[] ")
                if heading == dotted:
                    return f"{self.file}, line {number}"
            elif heading == table and wanted.match(line):
                return f"{self.file}, line {number}"
        return str(self.file)


def theme_for(setting: str, shade: Shade, known: Iterable[str]) -> tuple[str, str | None]:
    """The name of the theme that a setting means on a terminal of this shade.

    Args:
        setting: `auto`, or a theme's name.
        shade: The shade of the terminal's background.
        known: The registered names.

    Returns:
        The name, and a sentence if the setting names a theme that does not exist.
    """
    own = DARK_THEME if shade == "dark" else LIGHT_THEME
    if setting == AUTO:
        return own, None
    names = sorted(known)
    if setting in names:
        return setting, None
    near = difflib.get_close_matches(setting, [AUTO, *names], n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return own, f"There is no theme {setting!r}.{meant} All themes: ctrl+p, “Choose the theme”."


def guessed_shade(environment: Mapping[str, str] | None = None) -> Shade:
    """The shade of the terminal's background by the environment, until the terminal has answered.

    Some terminals set `COLORFGBG` to `foreground;background` as numbers of the 16 ANSI colours.
    """
    environment = os.environ if environment is None else environment
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return "light" if background in {"7", "15"} else "dark"


def shade_of(red: float, green: float, blue: float) -> Shade:
    """The shade of a colour whose parts go from 0 to 1: `dark` needs light text on it.

    The limit is where black and white text have the same contrast to it.
    """
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "light" if luminance > 0.179 else "dark"


def _bundled_directory() -> Path:
    package = Path(aimltui.__file__).parent
    inside = package / "themes"
    # a checkout has them beside the package, the wheel inside
    return inside if inside.is_dir() else package.parent / "themes"


def _theme_files(directory: Path | None) -> list[Path]:
    if directory is None:
        return []
    try:
        return sorted(file for file in directory.glob("*.toml") if file.is_file())
    except OSError:
        return []


def _check(source: _Source, key: str, value: object) -> None:
    if key in _FLAGS:
        if not isinstance(value, bool):
            raise ConfigError(f"{source.at(key)}: {key} has to be true or false.")
    elif key in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ConfigError(f"{source.at(key)}: {key} has to be a number from 0 to 1.")
    elif key == "variables":
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise ConfigError(
                f'{source.at(key)}: variables has to be a table of texts, as border = "#334455".'
            )
    elif not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{source.at(key)}: {key} has to be a text.")
    elif key == "name" and not (value.isprintable() and len(value) <= 60):
        raise ConfigError(f"{source.at(key)}: name has to be at most 60 printable characters.")
    elif key not in _NOT_COLOURS:
        _check_colour(source, key, value)


def _check_colour(source: _Source, key: str, value: str) -> None:
    try:
        Color.parse(value)
    except ColorParseError as error:
        raise ConfigError(
            f'{source.at(key)}: {key} is {value[:40]!r}, which is no colour. Write it as "#82aaf0".'
        ) from error


_STYLE_WORDS = frozenset(
    {"none", "bold", "dim", "italic", "underline", "reverse", "strike", "not", "b", "i", "u"}
)


def _check_variables(source: _Source, theme: Theme) -> None:
    """Check the variables here: a bad one would break the whole stylesheet later, far from its file."""
    for name, value in theme.variables.items():
        # the second question generates all colours of the theme, so it is asked only about an odd name
        if not name.replace("-", "").isalnum() and name not in theme.to_color_system().generate():
            raise ConfigError(f"{source.at(f'variables.{name}')}: variables.{name} is not a variable's name.")
        if name.endswith("style"):
            strange = set(value.split()) - _STYLE_WORDS
            if strange or not value.strip():
                raise ConfigError(
                    f"{source.at(f'variables.{name}')}: variables.{name} is {value[:40]!r}, which is not a text style."
                )
        else:
            colour, _, alpha = value.removeprefix("auto").strip().partition(" ")
            if value.startswith("auto"):
                alpha, colour = colour, "white"
            if alpha and not alpha.removesuffix("%").replace(".", "", 1).isdecimal():
                raise ConfigError(
                    f"{source.at(f'variables.{name}')}: variables.{name} is {value[:40]!r}, which is no colour."
                )
            _check_colour(source, f"variables.{name}", colour)
