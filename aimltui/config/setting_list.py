"""Every setting with a title, a sentence, its value, and where the value comes from: for the settings screen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConfigError
from aimltui.config.settings import (
    ENVIRONMENT,
    FLAGS,
    SECTIONS,
    Value,
    check_value,
    checked,
    kinds,
)
from aimltui.config.toml_file import read_config

Kind = Literal["choice", "switch", "number", "text"]


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """What a setting is."""

    key: str
    """Its place in the file, such as `ui.theme`."""
    title: str
    help: str
    unset: str = ""
    """What holds without a value."""
    is_live: bool = False
    """Whether a change takes effect at once; others take effect at the next start."""

    @property
    def kind(self) -> Kind:
        """How its value is entered."""
        if self.key in kinds().allowed:
            return "choice"
        if self.key in kinds().booleans:
            return "switch"
        return "number" if self.key in kinds().numbers else "text"

    @property
    def choices(self) -> tuple[Value, ...]:
        """The values of a choice or a switch."""
        return (True, False) if self.kind == "switch" else kinds().allowed.get(self.key, ())


@dataclass(frozen=True, slots=True)
class SettingState:
    """A setting with its value."""

    info: SettingInfo
    value: Value | None
    """The value in effect; None if it has none."""
    source: str
    """Where it comes from: `default`, `file`, or the name of a variable or a flag."""


_LOOK, _THREADS, _CODE, _TOOLS = "Look", "Threads", "Code and functions", "Folders and services"
_MONEY, _CONNECTION = "Budget", "Connection"

GROUPS: Final[Mapping[str, tuple[SettingInfo, ...]]] = {
    _LOOK: (
        SettingInfo(
            "ui.theme",
            "Theme",
            "Colours of the screen; auto is dark or light like the terminal.",
            is_live=True,
        ),
        SettingInfo(
            "ui.glyphs",
            "Signs",
            "ascii draws with plain characters, for fonts that have no others.",
            is_live=True,
        ),
        SettingInfo("ui.motion", "Motion", "With reduced, nothing slides or fades.", is_live=True),
        SettingInfo("ui.timestamps", "Times", "Show when each message was written.", is_live=True),
        SettingInfo(
            "ui.wrap",
            "Fold code",
            "Fold long lines of code and outputs; off cuts them at the edge with ›, and a click on it shows all.",
            is_live=True,
        ),
        SettingInfo(
            "ui.pictures",
            "Pictures",
            "Draw pictures in threads: auto as sharply as the terminal can, blocks with coloured half blocks.",
            is_live=True,
        ),
        SettingInfo(
            "ui.plain",
            "Plain",
            "No colours, borders or motion, like --plain. For screen readers there is also aimltui chat.",
        ),
        SettingInfo(
            "ui.sidebar",
            "Thread list",
            "auto shows the list where the terminal is wide enough.",
            is_live=True,
        ),
        SettingInfo(
            "ui.alerts",
            "Alerts",
            "When a run ends or needs you while another window is in front: a bell, or a bell and a message.",
            is_live=True,
        ),
        SettingInfo(
            "ui.title",
            "Terminal title",
            "Show the thread and its state in the terminal's title, and progress where the terminal can.",
            is_live=True,
        ),
        SettingInfo(
            "ui.auto_copy",
            "Copy on selection",
            "Copy text as soon as the mouse has selected it.",
            is_live=True,
        ),
    ),
    _THREADS: (
        SettingInfo(
            "threads.compact_at",
            "Summarize at",
            "Percent of the context at which a thread is summarized by itself, as /compact does; 0 never.",
        ),
        SettingInfo(
            "threads.trash_days",
            "Days in the trash",
            "Days for which a deleted thread can be restored; 0 deletes it at once.",
        ),
    ),
    _CODE: (
        SettingInfo(
            "interpreter.sandbox",
            "Sandbox",
            "Where a model's Python runs: auto takes the strongest sandbox that works here, off runs no code.",
        ),
        SettingInfo(
            "interpreter.unconfined",
            "Code without a sandbox",
            "If no sandbox works: off, or ask before each piece of code.",
        ),
        SettingInfo(
            "functions.policy",
            "Calls of functions",
            "Before a function or a tool of a server runs: ask you, allow it, or deny it.",
        ),
        SettingInfo(
            "functions.offer",
            "Who gets functions",
            "Which assistants may call your functions: the program's own, all, or none.",
        ),
        SettingInfo(
            "functions.timeout_s", "Time of a function", "Seconds after which a function is stopped.", "60"
        ),
        SettingInfo(
            "functions.wait_s", "Time to decide", "Seconds for which a run waits for your decision.", "3600"
        ),
    ),
    _MONEY: (
        SettingInfo("budget.per_run_usd", "Dollars per run", "A run stops before it costs more.", "no limit"),
        SettingInfo(
            "budget.per_day_usd", "Dollars per day", "Runs stop before a day costs more.", "no limit"
        ),
        SettingInfo(
            "budget.per_run_tokens", "Tokens per run", "The limit for models of unknown price.", "no limit"
        ),
        SettingInfo(
            "budget.per_day_tokens",
            "Tokens per day",
            "The daily limit for models of unknown price.",
            "no limit",
        ),
    ),
    _TOOLS: (
        SettingInfo(
            "assistants.folder",
            "Folder of assistants",
            "Assistants as TOML files; a relative path begins at the folder of the configuration file.",
            "assistants",
        ),
        SettingInfo(
            "functions.folder", "Folder of functions", "A second folder with your functions.", "none"
        ),
        SettingInfo(
            "skills.folder", "Folder of skills", "A project whose .agents/skills are used, too.", "none"
        ),
        SettingInfo(
            "memory.use",
            "Memory",
            "Notes of /remember go with the instructions of each run, and models may propose more.",
            "off",
        ),
        SettingInfo("web.searxng_url", "Web search", "The address of a SearXNG server.", "no search"),
        SettingInfo(
            "search.embedding_model",
            "Embedding model",
            "Searches files by meaning, where you allow it.",
            "the usual one",
        ),
    ),
    _CONNECTION: (
        SettingInfo(
            "connection.base_url",
            "Address",
            "An OpenAI-compatible endpoint; named connections are under Connections.",
            "none",
        ),
        SettingInfo(
            "connection.api_key_env",
            "Variable of the key",
            "The environment variable that holds the key.",
            "none",
        ),
        SettingInfo("connection.model", "Model", "The model of new threads.", "the connection's"),
    ),
}
"""The settings in the order in which they are shown."""


def setting_states(
    file: Path | None,
    flags: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> list[SettingState]:
    """Return every setting with its value. It reads the file, so call it in a worker thread.

    Args:
        file: The configuration file; None or a missing file sets nothing.
        flags: The values that were given as flags, by dotted key.
        environment: The variables; `os.environ` if None.

    Raises:
        ConfigError: The file has an error.
    """
    environment = os.environ if environment is None else environment
    in_file = checked(read_config(file), origin=str(file)) if file is not None else {}
    return [_state(info, in_file, flags or {}, environment) for group in GROUPS.values() for info in group]


def _state(
    info: SettingInfo, in_file: Mapping[str, Value], flags: Mapping[str, str], environment: Mapping[str, str]
) -> SettingState:
    variable = ENVIRONMENT.get(info.key, "")
    if flags.get(info.key):
        return SettingState(info, _of_text(info, flags[info.key]), FLAGS.get(info.key, "flag"))
    if said := environment.get(variable, "").strip():
        return SettingState(info, _of_text(info, said), variable)
    if info.key in in_file:
        return SettingState(info, in_file[info.key], "file")
    return SettingState(info, default_of(info.key), "default")


def _of_text(info: SettingInfo, text: str) -> Value:
    """Return the value that a flag or a variable gives: a switch is on or off, and not a text."""
    return text.lower() == "true" if info.kind == "switch" else text


def default_of(key: str) -> Value | None:
    """Return the value that a setting has without a line in the file."""
    section, _, name = key.partition(".")
    value: Value | None = getattr(SECTIONS[section](), name)
    return value


def parsed_value(info: SettingInfo, text: str) -> Value | None:
    """Return what the user typed as a value; None for an empty text, which removes the line.

    Raises:
        ConfigError: The value is not allowed.
    """
    text = text.strip()
    if not text:
        return None
    value: Value = text
    if info.kind == "number":
        try:
            value = int(text) if text.lstrip("+-").isdecimal() else float(text)
        except ValueError:
            raise ConfigError("Type a number, or nothing to use the default.") from None
    check_value(info.key, value)
    return value
