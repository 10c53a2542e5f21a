"""The user's keys: which keys commands have in place of those of the table, and which keys cannot be given."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.tui.commands.command import Command
from aimltui.tui.commands.table import COMMANDS

NO_KEY: Final = "none"
"""The value that takes a command's keys away."""
_SCOPES: Final = ("main", "app")
_NAMED: Final = frozenset(
    {"home", "end", "pageup", "pagedown", "insert", *(f"f{number}" for number in range(1, 25))}
)
_ARROWS: Final = frozenset({"up", "down", "left", "right"})
_KEY: Final = pattern(r"(?:(?:ctrl|alt|shift|super|hyper|meta)\+)*(?:[a-z0-9]|[a-z_]+[0-9]*)")
_RESERVED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("enter", "ctrl+m", "ctrl+j", "shift+enter", "alt+enter"), "sends or breaks lines"),
    **dict.fromkeys(("escape", "ctrl+left_square_bracket"), "closes and stops"),
    **dict.fromkeys(("tab", "shift+tab", "ctrl+i"), "moves to the next part"),
    **dict.fromkeys(
        (
            "backspace",
            "delete",
            "ctrl+h",
            "ctrl+w",
            "ctrl+u",
            "ctrl+k",
            "ctrl+z",
            "ctrl+y",
            "ctrl+x",
            "ctrl+v",
        ),
        "edits the prompt",
    ),
    **dict.fromkeys(("ctrl+a", "ctrl+e", "alt+b", "alt+f", "alt+d", "f7"), "edits the prompt"),
    **dict.fromkeys(("up", "down", "left", "right", "ctrl+left", "ctrl+right"), "moves the cursor"),
    **dict.fromkeys(("ctrl+c", "ctrl+d", "ctrl+q"), "clears or quits"),
}
"""Keys that no command can get, with what they do."""


def keys_of(item: Command) -> tuple[str, ...]:
    """Return the keys of a command: the user's, else those of the table."""
    return _current.keys.get(item.id, item.keys)


def use(wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Use the user's keys for this program.

    Args:
        wanted: Keys by a command's id, several separated by spaces, or `none`.

    Returns:
        A sentence for each entry that cannot be used.
    """
    _current.keys, problems = resolved(wanted)
    return problems


def chosen() -> dict[str, tuple[str, ...]]:
    """Return the keys that the user chose, by the ids of commands."""
    return dict(_current.keys)


def textual_keymap() -> dict[str, str]:
    """Return the user's keys as Textual wants them, by the ids of bindings."""
    return {name: ",".join(keys) or _unused(name) for name, keys in _current.keys.items()}


def bound_keys(item: Command) -> str:
    """Return the keys for a binding; a command without one gets a name that no terminal sends, for the user's keys."""
    return ",".join(item.keys) or _unused(item.id)


def _unused(name: str) -> str:
    return f"no_key_{name}"


def can_change(item: Command) -> bool:
    """Whether the user can choose the command's keys: not where a widget handles them, or where letters act."""
    return bool(item.action) and item.scope in _SCOPES and not set(item.keys) & _RESERVED.keys()


def resolved(wanted: Mapping[str, str]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the entries that can be used, and a sentence for each of the others."""
    found: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for name, text in wanted.items():
        if problem := _problem_of_name(name):
            problems.append(problem)
        else:
            found[name] = () if text.strip() == NO_KEY else tuple(text.lower().split())
    for name in list(found):
        keys, others = found[name], found.keys() - {name}
        problem = next(
            filter(None, (problem_of(name, key, {one: found[one] for one in others}) for key in keys)), ""
        )
        if problem:
            problems.append(f"keys.{name}: {problem}")
            del found[name]
    return found, tuple(problems)


def problem_of(name: str, key: str, chosen: Mapping[str, tuple[str, ...]] | None = None) -> str:
    """Return why a command cannot have a key, as a sentence; empty if it can.

    Args:
        name: The command's id.
        key: The key as Textual names it.
        chosen: The user's keys of other commands; those in use if None.
    """
    chosen = _current.keys if chosen is None else chosen
    last = key.rpartition("+")[2]
    if not _KEY.fullmatch(key) or (len(last) > 1 and last not in _NAMED | _ARROWS and key not in _RESERVED):
        return f"{key[:40]!r} is not the name of a key. Write it like ctrl+g, alt+1 or f6."
    if key in _RESERVED:
        return f"{key} {_RESERVED[key]}, so no command can have it. Choose another key."
    if ("+" not in key and key not in _NAMED) or (key.startswith("shift+") and len(last) == 1):
        return f"{key} types into the prompt. Choose a key with ctrl or alt, or a function key."
    for item in COMMANDS:
        if item.id != name and key in chosen.get(item.id, item.keys):
            return f"{key} is the key of “{item.title}”. Choose another key, or change that one first."
    return ""


def _problem_of_name(name: str) -> str:
    item = next((one for one in COMMANDS if one.id == name), None)
    if item is None:
        near = difflib.get_close_matches(name, [one.id for one in COMMANDS if can_change(one)], n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        return f"keys.{name[:40]}: there is no such command.{meant}"
    if not can_change(item):
        return f"keys.{name}: the keys of “{item.title}” cannot be changed."
    return ""


@dataclass
class _Current:
    """The user's keys, by command."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_current = _Current()
