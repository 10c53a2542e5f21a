"""The program's settings, read from a TOML file and overridden by environment variables and flags.

```toml
default_connection = "work"               # one of the connections below; stands above all tables

[connection]
base_url = "https://api.aimlapi.com/v1"   # any OpenAI-compatible endpoint
api_key_env = "AIMLAPI_API_KEY"           # the variable's name; the key itself is never in this file
model = "gpt-4o"

[connections.work]                        # any number of named connections
base_url = "https://api.openai.com/v1"
key = "keychain"                          # keychain or file: stored by the program; or api_key_env as above
model = "gpt-4.1-mini"
kind = "models"                           # models, or assistants: a server of the Assistants API

[ui]
theme = "auto"          # auto, or the name of a theme
glyphs = "unicode"      # unicode, ascii
alerts = "bell"         # when a run ends or needs you, and another window is in front: off, bell, notify
auto_copy = true        # copy text selected with the mouse
sidebar = "auto"        # auto, shown, hidden
title = true            # show the thread and its state in the terminal's title
motion = "full"         # full, or reduced: nothing slides or fades
timestamps = true       # show when each message was written
wrap = true             # fold long lines of code and outputs; false: cut them at the edge
pictures = "auto"       # pictures in threads: auto (as sharp as the terminal can), blocks, off
plain = false           # true: no colours, no borders, no motion

[keys]                  # other keys for commands: settings (F2) shows their names
new_thread = "alt+n"    # several keys with spaces between them; none for no key

[assistants]
folder = "~/work/bots"  # a folder of assistants as TOML files, in place of `assistants` in the configuration directory

[threads]
compact_at = 0          # percent of the context at which a thread is summarized by itself; 0 never
trash_days = 30         # days for which deleted threads stay in the trash; 0 deletes at once

[interpreter]
sandbox = "auto"        # where a model's Python runs: auto, off, or one sandbox by its name
unconfined = "off"      # if no sandbox works: off, or ask before each run

[functions]
policy = "ask"          # before a function or a server's tool runs: ask, allow, or deny
offer = "own"           # which assistants get them: own (the program's own assistant), all, or off
folder = "tools"        # a second folder with functions, beside `functions` in the configuration directory
timeout_s = 60          # seconds after which a function is stopped
wait_s = 3600           # seconds that a run waits for your decision; the limit over the API is 600

[functions.tools]       # the same policy for one function
get_time = "allow"

[skills]
folder = "~/work/site"  # skills in its .agents/skills, beside `skills` in the configuration directory and ~/.agents/skills

[mcp_servers.time]      # MCP servers; see config/mcp_servers.py
command = "uvx"
args = ["mcp-server-time"]

[memory]
use = false  # whether the notes of /remember go with the instructions of each run

[web]
searxng_url = "https://search.example"  # your SearXNG server, with which models search after /web on

[search]
embedding_model = "text-embedding-3-small"  # offered for searching files by meaning, too; you are asked before text is sent

[budget]                # a missing line means no limit
per_run_usd = 0.50
per_day_usd = 5.00
per_run_tokens = 200000 # for models of unknown price
per_day_tokens = 2000000

[serve.clients.alice]   # a client of `aimltui serve`; a missing line means no limit
token_env = "ALICE_TOKEN"
per_day_usd = 1.00      # also per_day_tokens, per_month_usd, per_month_tokens
```

A key in the file has the name of the field here. Unknown keys stay in the file when it is written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConfigError
from aimltui.config.connection_tables import NamedConnection, default_name, named_connections, refuse_keys
from aimltui.config.served_clients import ServedClientSettings, served_clients
from aimltui.config.toml_file import change_document, check_text, read_config, type_sentence
from aimltui.formatting.links import is_web_address


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """The endpoint as one source (file, environment or flags) gives it."""

    base_url: str | None = None
    """The base URL of the endpoint, such as `https://api.aimlapi.com/v1`."""
    api_key_env: str | None = None
    """The name of the environment variable that holds the key."""
    model: str | None = None
    """The model of new threads."""


@dataclass(frozen=True, slots=True)
class UiSettings:
    """Appearance and behaviour of the screen."""

    theme: str = "auto"
    """`auto` follows the terminal's background; otherwise the name of a theme."""
    glyphs: Literal["unicode", "ascii"] = "unicode"
    """The characters of the program's symbols."""
    alerts: Literal["off", "bell", "notify"] = "bell"
    """What happens when a run ends or needs the user while another window is in front; `notify`: a bell and a message."""
    auto_copy: bool = True
    """Copy the text selected with the mouse when the button is released."""
    sidebar: Literal["auto", "shown", "hidden"] = "auto"
    """Whether the thread list is shown; `auto`: if the terminal is wide enough."""
    title: bool = True
    """Show the thread and its state in the terminal's title, and progress where the terminal can."""
    motion: Literal["full", "reduced"] = "full"
    """`reduced`: nothing slides or fades."""
    timestamps: bool = True
    """Show when each message was written."""
    wrap: bool = True
    """Fold long lines of code and outputs; otherwise they are cut at the edge, and the viewer shows them whole."""
    plain: bool = False
    """No colours, no borders, no motion."""
    pictures: Literal["auto", "blocks", "off"] = "auto"
    """How pictures are drawn in threads: as sharply as the terminal can, with half blocks, or not at all."""


@dataclass(frozen=True, slots=True)
class AssistantSettings:
    """Where assistants are that live in files."""

    folder: str | None = None
    """A folder of TOML files, in place of `assistants` in the configuration directory; a relative path begins at the
    directory of this file."""


@dataclass(frozen=True, slots=True)
class ThreadSettings:
    """What happens to threads."""

    compact_at: int = 0
    """Percent of the model's context at which a thread is summarized by itself; 0 never."""
    trash_days: int = 30
    """Days for which a deleted thread stays in the trash; 0 deletes it at once."""


@dataclass(frozen=True, slots=True)
class InterpreterSettings:
    """Where a model's Python runs."""

    sandbox: Literal["auto", "off", "bubblewrap", "namespaces", "landlock", "wasm"] = "auto"
    """`auto` uses the strongest sandbox that works on this machine; `off` runs no code."""
    unconfined: Literal["off", "ask"] = "off"
    """If no sandbox works: `ask` shows each piece of code before it runs with the user's rights."""


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """Which of the user's functions a model may call, and how."""

    policy: Literal["ask", "allow", "deny"] = "ask"
    """Whether a call needs the user's approval, for all functions without their own policy."""
    offer: Literal["own", "all", "off"] = "own"
    """Which assistants may call functions that they do not define themselves: the program's own, all, or none."""
    folder: str | None = None
    """A second folder with functions; a relative path begins at the directory of this file."""
    timeout_s: int | None = None
    """Seconds after which a function is stopped; None means 60."""
    wait_s: int | None = None
    """Seconds that a run of this program waits for a decision about a call; None means 3600."""


@dataclass(frozen=True, slots=True)
class SkillSettings:
    """Where skills are, besides the configuration directory and `~/.agents/skills`."""

    folder: str | None = None
    """A folder, such as that of a project, whose `.agents/skills` has skills; a relative path begins at the directory of
    this file."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How models use the web, where the user switches it on."""

    searxng_url: str | None = None
    """The address of a SearXNG server, which searches the web; None offers no search."""


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """What assistants remember."""

    use: bool = False
    """Whether the notes in `memory/` go with the instructions of each run, and models may propose more."""


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How files are searched."""

    embedding_model: str | None = None
    """The model for searching by meaning, where the user switches that on; None for the usual one of the AI/ML API and of
    OpenAI."""


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """Spending limits; a run is stopped before it would exceed one. None means no limit."""

    per_run_usd: float | None = None
    """US dollars per run, for models of known price."""
    per_day_usd: float | None = None
    """US dollars per calendar day, for all programs that share a data directory."""
    per_run_tokens: int | None = None
    """Tokens per run, prompts and answers together, for every model."""
    per_day_tokens: int | None = None
    """Tokens per calendar day, for all programs that share a data directory."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in effect: file, environment and flags merged."""

    connection: ConnectionSettings = field(default_factory=ConnectionSettings)
    """The values in effect, from any source; `connection_levels` has them by source."""
    ui: UiSettings = field(default_factory=UiSettings)
    interpreter: InterpreterSettings = field(default_factory=InterpreterSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    functions: FunctionSettings = field(default_factory=FunctionSettings)
    assistants: AssistantSettings = field(default_factory=AssistantSettings)
    skills: SkillSettings = field(default_factory=SkillSettings)
    threads: ThreadSettings = field(default_factory=ThreadSettings)
    web: WebSettings = field(default_factory=WebSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    memory: MemorySettings = field(default_factory=MemorySettings)
    keys: Mapping[str, str] = field(default_factory=dict)
    """The user's keys by a command's name; see `tui.commands.key_map`."""
    tool_policies: Mapping[str, str] = field(default_factory=dict)
    """`ask`, `allow` or `deny` by the name of a function."""
    mcp_servers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The table of MCP servers as it is in the file; see `config.mcp_servers`. It may hold secrets."""
    connection_levels: tuple[ConnectionSettings, ...] = ()
    """The values of flags, environment and file, in this order. A key belongs to the endpoint of the same source."""
    file: Path | None = None
    """The configuration file."""
    connections: tuple[NamedConnection, ...] = ()
    """The named connections of the file, in its order."""
    default_connection: str | None = None
    """The name of the connection for new threads, if the file has one."""
    served_clients: tuple[ServedClientSettings, ...] = ()
    """The clients of `aimltui serve` with tokens and budgets."""


Value = str | bool | int | float
"""A value in the file."""

_Section = (
    type[ConnectionSettings]
    | type[UiSettings]
    | type[AssistantSettings]
    | type[ThreadSettings]
    | type[InterpreterSettings]
    | type[FunctionSettings]
    | type[SkillSettings]
    | type[WebSettings]
    | type[SearchSettings]
    | type[MemorySettings]
    | type[BudgetSettings]
)
SECTIONS: dict[str, _Section] = {
    "connection": ConnectionSettings,
    "ui": UiSettings,
    "assistants": AssistantSettings,
    "threads": ThreadSettings,
    "interpreter": InterpreterSettings,
    "functions": FunctionSettings,
    "skills": SkillSettings,
    "web": WebSettings,
    "search": SearchSettings,
    "memory": MemorySettings,
    "budget": BudgetSettings,
}

_MOST = 1e12


@dataclass(frozen=True, slots=True)
class Kinds:
    """What may stand in the settings, by dotted key."""

    allowed: Mapping[str, tuple[Any, ...]]
    """The words of those that are one of several."""
    booleans: frozenset[str]
    numbers: Mapping[str, bool]
    """Those that are numbers, and whether only whole numbers are allowed."""
    counts: frozenset[str]
    """Numbers that may be 0."""


@cache
def kinds() -> Kinds:
    """Return what may stand in the settings. Found out when it is needed: a start without a settings file needs it not."""
    hints: dict[str, Any] = {
        f"{section}.{name}": hint
        for section, cls in SECTIONS.items()
        for name, hint in get_type_hints(cls).items()
    }
    return Kinds(
        {key: get_args(hint) for key, hint in hints.items() if get_origin(hint) is Literal},
        frozenset(key for key, hint in hints.items() if hint is bool),
        {key: hint != float | None for key, hint in hints.items() if hint in (int, int | None, float | None)},
        frozenset(key for key, hint in hints.items() if hint is int),
    )


ENVIRONMENT: dict[str, str] = {
    "connection.base_url": "AIMLTUI_BASE_URL",
    "connection.api_key_env": "AIMLTUI_API_KEY_ENV",
    "connection.model": "AIMLTUI_MODEL",
    "ui.theme": "AIMLTUI_THEME",
}
"""Settings with an environment variable."""

FLAGS: dict[str, str] = {
    "connection.base_url": "--base-url",
    "connection.api_key_env": "--api-key-env",
    "connection.model": "--model",
    "ui.theme": "--theme",
    "ui.plain": "--plain",
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
        file: The configuration file; a missing file counts as empty.
        must_exist: True if the user named the file, so that a missing file is an error.
        environment: The variables to look at; `os.environ` if None.
        flags: Values by dotted key (`connection.base_url`, `ui.theme`, ...); None means not given.

    Raises:
        ConfigError: The file has a syntax error or a value that is not allowed.
    """
    environment = os.environ if environment is None else environment
    document = read_config(file, must_exist=must_exist)
    in_file = checked(document, origin=str(file))
    in_environment = {
        key: environment[variable].strip()
        for key, variable in ENVIRONMENT.items()
        if environment.get(variable, "").strip()
    }
    in_flags = {key: value.strip() for key, value in (flags or {}).items() if value is not None}
    for key, value in in_flags.items():
        if not value:
            raise ConfigError(f"{FLAGS.get(key, key)} is empty. Give it a value or leave it out.")

    levels = tuple(_connection(values) for values in (in_flags, in_environment, in_file))
    merged: dict[str, Any] = {**in_file, **in_environment, **in_flags}
    ui = UiSettings(**_section(merged, "ui"))
    interpreter = InterpreterSettings(**_section(merged, "interpreter"))
    budget = BudgetSettings(**_section(merged, "budget"))
    named = named_connections(document, str(file))
    return Settings(
        _connection(merged),
        ui,
        interpreter,
        budget,
        FunctionSettings(**_section(merged, "functions")),
        AssistantSettings(**_section(merged, "assistants")),
        SkillSettings(**_section(merged, "skills")),
        ThreadSettings(**_section(merged, "threads")),
        _web(merged, str(file)),
        SearchSettings(**_section(merged, "search")),
        MemorySettings(**_section(merged, "memory")),
        _keys(document, str(file)),
        _tool_policies(document, str(file)),
        {"mcp_servers": document["mcp_servers"]} if "mcp_servers" in document else {},
        levels,
        file,
        named,
        default_name(document, named, str(file)),
        served_clients(document, str(file)),
    )


def write_config(file: Path, changes: Mapping[str, Value | None]) -> None:
    """Change settings in the file and leave everything else in it unchanged, including the user's comments.

    It blocks, so call it in a worker thread where an event loop runs.

    Args:
        file: The configuration file; a missing file is created, readable only by its owner (0600).
        changes: New values by dotted key, such as `{"ui.theme": "nord"}`; None removes the line.

    Raises:
        ConfigError: The file has an error (then it is not changed), a value is not allowed, or writing failed.
    """

    def change(document: dict[str, Any]) -> None:
        for dotted, value in changes.items():
            section, _, key = dotted.partition(".")
            table = document.setdefault(section, {}) if value is not None else document.get(section, {})
            if not isinstance(table, dict):
                raise ConfigError(type_sentence(str(file), section, table, "a table"))
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value
        checked(document, origin=str(file))

    change_document(file, change)


def checked(document: Mapping[str, Any], *, origin: str) -> dict[str, Any]:
    """Return the known values of a document by dotted key.

    Raises:
        ConfigError: A value is not allowed.
    """
    values: dict[str, Any] = {}
    for section, cls in SECTIONS.items():
        if section not in document:
            continue
        table = document[section]
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


def check_value(dotted: str, value: Value) -> None:
    """Check a value that the user entered.

    Raises:
        ConfigError: It is not allowed.
    """
    _check("Not saved", dotted, value)
    if dotted == "web.searxng_url":
        _web({dotted: value}, "Not saved")


def _tool_policies(document: Mapping[str, Any], origin: str) -> dict[str, str]:
    table = document.get("functions", {}).get("tools", {})
    if not isinstance(table, Mapping):
        raise ConfigError(
            type_sentence(origin, "functions.tools", table, "a table, written [functions.tools]")
        )
    for name, policy in table.items():
        check_text(origin, f"functions.tools.{name}", policy, kinds().allowed["functions.policy"])
    return dict(table)


def _keys(document: Mapping[str, Any], origin: str) -> dict[str, str]:
    table = document.get("keys", {})
    if not isinstance(table, Mapping):
        raise ConfigError(type_sentence(origin, "keys", table, "a table, written [keys]"))
    for name, keys in table.items():
        check_text(origin, f"keys.{name}", keys)
    return dict(table)


def _check(origin: str, dotted: str, value: object) -> None:
    known = kinds()
    if dotted in known.numbers:
        _check_number(origin, dotted, value, is_whole=known.numbers[dotted])
    elif dotted not in known.booleans:
        check_text(origin, dotted, value, known.allowed.get(dotted))
    elif not isinstance(value, bool):
        raise ConfigError(type_sentence(origin, dotted, value, "true or false"))


def _check_number(origin: str, dotted: str, value: object, *, is_whole: bool) -> None:
    is_count = dotted in kinds().counts
    if is_count:
        wanted = "a whole number, 0 or above"
    else:
        wanted = "a whole number above 0" if is_whole else "a number above 0, without a currency sign"
    is_number = isinstance(value, int) or (isinstance(value, float) and not is_whole)
    if isinstance(value, bool) or not is_number:
        raise ConfigError(type_sentence(origin, dotted, value, wanted))
    number = float(str(value))
    if not (number > 0 or (is_count and number == 0)) or number > _MOST:
        end = "" if is_count else " Remove the line for no limit."
        raise ConfigError(f"{origin}: {dotted} is {value}, but must be {wanted}.{end}")


def _section(values: Mapping[str, Any], section: str) -> dict[str, Any]:
    prefix = f"{section}."
    return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}


def _web(values: Mapping[str, Any], origin: str) -> WebSettings:
    web = WebSettings(**_section(values, "web"))
    if web.searxng_url is not None and not is_web_address(web.searxng_url):
        raise ConfigError(
            f"{origin}: web.searxng_url must be the address of a SearXNG server that begins with http:// or https://, "
            "without a name or a password."
        )
    return web


def _connection(values: Mapping[str, Any]) -> ConnectionSettings:
    return ConnectionSettings(**_section(values, "connection"))
