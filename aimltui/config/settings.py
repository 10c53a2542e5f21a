"""The program's settings: one tree, read from a TOML file, overridden by the environment and by flags.

```toml
default_connection = "work"               # one of the connections below; above all tables

[connection]
base_url = "https://api.aimlapi.com/v1"   # any OpenAI-compatible endpoint
api_key_env = "AIMLAPI_API_KEY"           # the variable's name; the key itself is never in this file
model = "gpt-4o"

[connections.work]                        # as many as wanted, each with a name of its own
base_url = "https://api.openai.com/v1"
key = "keychain"                          # keychain or file: the program keeps it; or api_key_env as above
model = "gpt-4.1-mini"
kind = "models"                           # models, or assistants: a server of the Assistants API

[ui]
theme = "auto"          # auto, or the name of a theme
glyphs = "unicode"      # unicode, ascii
auto_copy = true        # copy what the mouse selects
sidebar = "auto"        # auto, shown, hidden

[interpreter]
sandbox = "auto"        # where a model's Python runs: auto, off, or one sandbox by its name
unconfined = "off"      # where no sandbox holds: off, or ask before each run

[budget]                # no limit where none is written
per_run_usd = 0.50
per_day_usd = 5.00
per_run_tokens = 200000 # for models whose price is not known
per_day_tokens = 2000000
```

What a key in the file is called is what the field here is called. Keys this version does not know stay in the
file when it is written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from aimltui.common.errors import ConfigError
from aimltui.config.connection_tables import NamedConnection, default_name, named_connections, refuse_keys
from aimltui.config.toml_file import change_document, check_text, read_config, type_sentence


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
class BudgetSettings:
    """What may be spent; a run that would go over is stopped before it does. None is no limit."""

    per_run_usd: float | None = None
    """Dollars of one run, for models whose price is known."""
    per_day_usd: float | None = None
    """Dollars of a calendar day, of all programs that share a data directory."""
    per_run_tokens: int | None = None
    """Tokens of one run, prompts and answers together; holds for every model."""
    per_day_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings after file, environment and flags were laid over each other."""

    connection: ConnectionSettings = field(default_factory=ConnectionSettings)
    """The values that hold, whatever place they come from; `connection_levels` keeps the places apart."""
    ui: UiSettings = field(default_factory=UiSettings)
    interpreter: InterpreterSettings = field(default_factory=InterpreterSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    connection_levels: tuple[ConnectionSettings, ...] = ()
    """What flags, environment and file said, in this order: a key belongs to the endpoint named with it."""
    file: Path | None = None
    """The configuration file that was read, or would be written."""
    connections: tuple[NamedConnection, ...] = ()
    """The file's own, in its order."""
    default_connection: str | None = None
    """The name of the one for new threads, as the file says it."""


_Section = type[ConnectionSettings] | type[UiSettings] | type[InterpreterSettings] | type[BudgetSettings]
_SECTIONS: dict[str, _Section] = {
    "connection": ConnectionSettings,
    "ui": UiSettings,
    "interpreter": InterpreterSettings,
    "budget": BudgetSettings,
}

_HINTS: dict[str, Any] = {
    f"{section}.{name}": hint
    for section, cls in _SECTIONS.items()
    for name, hint in get_type_hints(cls).items()
}
_ALLOWED = {key: get_args(hint) for key, hint in _HINTS.items() if get_origin(hint) is Literal}
_BOOLEANS = frozenset(key for key, hint in _HINTS.items() if hint is bool)
_NUMBERS = {key: hint == int | None for key, hint in _HINTS.items() if hint in (int | None, float | None)}
"""Settings that are numbers, and whether they have to be whole."""
_MOST = 1e12

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
    document = read_config(file, must_exist=must_exist)
    in_file = _checked(document, origin=str(file))
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
    budget = replace(BudgetSettings(), **_section(merged, "budget"))
    named = named_connections(document, str(file))
    default = default_name(document, named, str(file))
    return Settings(_connection(merged), ui, interpreter, budget, levels, file, named, default)


def write_config(file: Path, changes: Mapping[str, str | bool]) -> None:
    """Change some settings in the file and leave everything else in it as it is, the user's comments with it.

    It blocks: where there is an event loop, it runs in a thread.

    Args:
        file: The configuration file; made if missing, and then its owner's alone (0600).
        changes: New values by dotted key, as `{"ui.theme": "nord"}`.

    Raises:
        ConfigError: the present file is broken (then it is left alone), a value is wrong, the disk refuses.
    """

    def change(document: dict[str, Any]) -> None:
        for dotted, value in changes.items():
            section, _, key = dotted.partition(".")
            table = document.setdefault(section, {})
            if not isinstance(table, dict):
                raise ConfigError(type_sentence(str(file), section, table, "a table"))
            table[key] = value
        _checked(document, origin=str(file))

    change_document(file, change)


def _checked(document: Mapping[str, Any], *, origin: str) -> dict[str, Any]:
    """The known values of a document by dotted key, each of its type and among the allowed ones."""
    values: dict[str, Any] = {}
    for section, cls in _SECTIONS.items():
        table = document.get(section, {})
        if not isinstance(table, Mapping):
            raise ConfigError(type_sentence(origin, section, table, f"a table, written [{section}]"))
        for item in fields(cls):
            if item.name in table:
                dotted = f"{section}.{item.name}"
                _check(origin, dotted, table[item.name])
                values[dotted] = table[item.name]
        if section == "connection":
            refuse_keys(origin, section, table)
    return values


def _check(origin: str, dotted: str, value: object) -> None:
    if dotted in _NUMBERS:
        _check_number(origin, dotted, value, is_whole=_NUMBERS[dotted])
    elif dotted not in _BOOLEANS:
        check_text(origin, dotted, value, _ALLOWED.get(dotted))
    elif not isinstance(value, bool):
        raise ConfigError(type_sentence(origin, dotted, value, "true or false"))


def _check_number(origin: str, dotted: str, value: object, *, is_whole: bool) -> None:
    wanted = "a whole number above 0" if is_whole else "a number above 0, without a currency sign"
    is_number = isinstance(value, int) or (isinstance(value, float) and not is_whole)
    if isinstance(value, bool) or not is_number:
        raise ConfigError(type_sentence(origin, dotted, value, wanted))
    if not 0 < float(str(value)) <= _MOST:
        raise ConfigError(
            f"{origin}: {dotted} is {value}, but has to be {wanted}. Without the line there is no limit."
        )


def _section(values: Mapping[str, Any], section: str) -> dict[str, Any]:
    prefix = f"{section}."
    return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}


def _connection(values: Mapping[str, Any]) -> ConnectionSettings:
    return ConnectionSettings(**_section(values, "connection"))
