"""The program's settings: one tree, read from a TOML file, overridden by the environment and by flags.

```toml
[connection]
base_url = "https://api.aimlapi.com/v1"   # any OpenAI-compatible endpoint
api_key_env = "AIMLAPI_API_KEY"           # the variable's name; the key itself is never in this file
model = "gpt-4o"

[ui]
theme = "auto"          # auto, or the name of a theme
glyphs = "unicode"      # unicode, ascii
auto_copy = true        # copy what the mouse selects
sidebar = "auto"        # auto, shown, hidden

[interpreter]
sandbox = "auto"        # where a model's Python runs: auto, off, or one sandbox by its name
unconfined = "off"      # where no sandbox holds: off, or ask before each run
```

What a key in the file is called is what the field here is called. Keys this version does not know stay in the
file when it is written.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from aimltui.errors import ConfigError
from aimltui.paths import ensure_private_dir, write_private

_LIMIT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """Which endpoint, as far as one place (the file, the environment, the flags) says it."""

    base_url: str | None = None
    """The endpoint's root, as `https://api.aimlapi.com/v1`."""
    api_key_env: str | None = None
    """The name of the environment variable that holds the key."""
    model: str | None = None
    """The model of new threads."""


@dataclass(frozen=True, slots=True)
class UiSettings:
    """How the program looks and behaves on the screen."""

    theme: str = "auto"
    """`auto` follows the terminal's background; otherwise a theme's name."""
    glyphs: Literal["unicode", "ascii"] = "unicode"
    """The set of signs in the program's own text."""
    auto_copy: bool = True
    """Copy what the mouse has selected as soon as the button is released."""
    sidebar: Literal["auto", "shown", "hidden"] = "auto"
    """Whether the thread list stands beside the transcript; `auto` where there is room."""


@dataclass(frozen=True, slots=True)
class InterpreterSettings:
    """Where a model's Python runs."""

    sandbox: Literal["auto", "off", "bubblewrap", "namespaces", "landlock", "seatbelt", "wasm"] = "auto"
    """`auto` takes the strongest sandbox that holds on this machine; `off` runs no code at all."""
    unconfined: Literal["off", "ask"] = "off"
    """Where no sandbox holds: `ask` shows each piece of code before it is run with the user's rights."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings after file, environment and flags were laid over each other."""

    connection: ConnectionSettings = field(default_factory=ConnectionSettings)
    """The values that hold, whatever place they come from; `connection_levels` keeps the places apart."""
    ui: UiSettings = field(default_factory=UiSettings)
    interpreter: InterpreterSettings = field(default_factory=InterpreterSettings)
    connection_levels: tuple[ConnectionSettings, ...] = ()
    """What flags, environment and file said, in this order: a key belongs to the endpoint named with it."""
    file: Path | None = None
    """The configuration file that was read, or would be written."""


_SECTIONS: dict[str, type[ConnectionSettings] | type[UiSettings] | type[InterpreterSettings]] = {
    "connection": ConnectionSettings,
    "ui": UiSettings,
    "interpreter": InterpreterSettings,
}

_ALLOWED: dict[str, tuple[str, ...]] = {
    "ui.glyphs": ("unicode", "ascii"),
    "ui.sidebar": ("auto", "shown", "hidden"),
    "interpreter.unconfined": ("off", "ask"),
    "interpreter.sandbox": ("auto", "off", "bubblewrap", "namespaces", "landlock", "seatbelt", "wasm"),
}
_BOOLEANS = frozenset({"ui.auto_copy"})

_ENVIRONMENT: dict[str, str] = {
    "connection.base_url": "AIMLTUI_BASE_URL",
    "connection.api_key_env": "AIMLTUI_API_KEY_ENV",
    "connection.model": "AIMLTUI_MODEL",
    "ui.theme": "AIMLTUI_THEME",
}
"""The settings that have a variable of their own."""

_FLAGS: dict[str, str] = {
    "connection.base_url": "--base-url",
    "connection.api_key_env": "--api-key-env",
    "connection.model": "--model",
    "ui.theme": "--theme",
}


def load_settings(
    file: Path,
    *,
    must_exist: bool = False,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, str | None] | None = None,
) -> Settings:
    """Read the settings of this run.

    Args:
        file: The configuration file; a missing one is an empty one.
        must_exist: The user named the file, so a missing one is an error.
        environment: The variables to look at; `os.environ` if None.
        flags: Values by dotted key (`connection.base_url`, `ui.theme`, ...); None means not given.

    Raises:
        ConfigError: a syntax error, a value of the wrong type, a value that is not allowed.
    """
    environment = os.environ if environment is None else environment
    in_file = _checked(read_config(file, must_exist=must_exist), origin=str(file))
    in_environment = {
        key: environment[variable].strip()
        for key, variable in _ENVIRONMENT.items()
        if environment.get(variable, "").strip()
    }
    in_flags = {key: value.strip() for key, value in (flags or {}).items() if value is not None}
    for key, value in in_flags.items():
        if not value:
            raise ConfigError(f"{_FLAGS.get(key, key)} is empty. Give it a value or leave it out.")

    levels = tuple(_connection(values) for values in (in_flags, in_environment, in_file))
    merged: dict[str, Any] = {**in_file, **in_environment, **in_flags}
    ui = replace(UiSettings(), **_section(merged, "ui"))
    interpreter = replace(InterpreterSettings(), **_section(merged, "interpreter"))
    return Settings(_connection(merged), ui, interpreter, connection_levels=levels, file=file)


def read_config(file: Path, *, must_exist: bool = False) -> dict[str, Any]:
    """The raw content of a TOML file; empty if there is no such file.

    Raises:
        ConfigError: it cannot be read, or is not TOML; the text names file, line, column and a remedy.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(_LIMIT_BYTES + 1)
    except FileNotFoundError as error:
        if must_exist:
            raise ConfigError(f"There is no configuration file {file}. Check --config.") from error
        return {}
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"The configuration file {file} cannot be read: {reason}.") from error
    if len(content) > _LIMIT_BYTES:
        raise ConfigError(f"The configuration file {file} is over 1 MB; that is not one. Check --config.")
    return parse_toml(content, file)


def parse_toml(content: bytes, file: Path) -> dict[str, Any]:
    """TOML as a dictionary.

    Raises:
        ConfigError: it is not TOML; the text names file, line, column and a remedy.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{file}, line {line}: this is not UTF-8 text. Save the file as UTF-8.") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax_sentence(text, file, str(error))) from error


def write_config(file: Path, changes: Mapping[str, str | bool]) -> None:
    """Change some settings in the file and keep everything else that is in it.

    Comments are lost, as TOML writers cannot keep them; unknown keys and tables stay.

    Args:
        file: The configuration file; made if missing, always its owner's alone (0600).
        changes: New values by dotted key, as `{"ui.theme": "nord"}`.

    Raises:
        ConfigError: the present file is broken (then it is left alone), a value is wrong, the disk refuses.
    """
    # Needed only when something is written, never at start.
    import tomli_w

    document = read_config(file)
    for dotted, value in changes.items():
        section, _, key = dotted.partition(".")
        table = document.setdefault(section, {})
        if not isinstance(table, dict):
            raise ConfigError(_type_sentence(str(file), section, table, "a table"))
        table[key] = value
    _checked(document, origin=str(file))
    ensure_private_dir(file.parent)
    try:
        write_private(file, tomli_w.dumps(document).encode())
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"The configuration file {file} cannot be written: {reason}.") from error


def _checked(document: Mapping[str, Any], *, origin: str) -> dict[str, Any]:
    """The known values of a document by dotted key, each of its type and among the allowed ones."""
    values: dict[str, Any] = {}
    for section, cls in _SECTIONS.items():
        table = document.get(section, {})
        if not isinstance(table, Mapping):
            raise ConfigError(_type_sentence(origin, section, table, f"a table, written [{section}]"))
        for item in fields(cls):
            if item.name in table:
                dotted = f"{section}.{item.name}"
                _check(origin, dotted, table[item.name])
                values[dotted] = table[item.name]
    return values


def _check(origin: str, dotted: str, value: object) -> None:
    if dotted in _BOOLEANS:
        if not isinstance(value, bool):
            raise ConfigError(_type_sentence(origin, dotted, value, "true or false"))
        return
    allowed = _ALLOWED.get(dotted)
    wanted = "one of " + ", ".join(f'"{choice}"' for choice in allowed) if allowed else "a text in quotes"
    if not isinstance(value, str):
        raise ConfigError(_type_sentence(origin, dotted, value, wanted))
    if allowed and value not in allowed:
        raise ConfigError(f'{origin}: {dotted} is "{_short(value)}", but has to be {wanted}.')
    if not value.strip():
        raise ConfigError(f"{origin}: {dotted} is empty. Give it a value or remove the line.")


def _type_sentence(origin: str, dotted: str, value: object, wanted: str) -> str:
    return f"{origin}: {dotted} is {_type_name(value)}, but has to be {wanted}."


def _type_name(value: object) -> str:
    # The type and not the value: what stands in the wrong place may be a secret.
    names = {bool: "true or false", str: "a text", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date or time")


def _syntax_sentence(text: str, file: Path, message: str) -> str:
    place = re.search(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    what = message[: place.start()] if place else message
    if place and place[1]:
        line, column = int(place[1]), int(place[2])
    else:
        line = text.count("\n") + 1
        column = len(text) - (text.rfind("\n") + 1) + 1
    what = what.rstrip(".")
    return (
        f"{file}, line {line}, column {column}: {what}. "
        "Correct that line (texts stand in double quotes), or move the file away to start with the defaults."
    )


def _section(values: Mapping[str, Any], section: str) -> dict[str, Any]:
    prefix = f"{section}."
    return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}


def _connection(values: Mapping[str, Any]) -> ConnectionSettings:
    return ConnectionSettings(**_section(values, "connection"))


def _short(value: str) -> str:
    clean = "".join(character if character.isprintable() else "?" for character in value)
    return clean if len(clean) <= 60 else clean[:59] + "…"
