"""What is derived from the command table: key bindings, palette, footer, slash words, the README's table."""

from __future__ import annotations

import re
from collections.abc import Iterable

from textual.binding import Binding

from aimltui.common.patterns import pattern
from aimltui.tui.commands.command import GROUPS, STATE_WORDS, STOP, Command, FooterItem, Scope, State
from aimltui.tui.commands.key_map import bound_keys, can_change, keys_of
from aimltui.tui.commands.table import COMMANDS

__all__ = [
    "COMMANDS",
    "GROUPS",
    "STATE_WORDS",
    "Command",
    "FooterItem",
    "State",
    "bindings",
    "by_group",
    "command",
    "footer_items",
    "key_label",
    "key_table_markdown",
    "palette_commands",
    "slash_action",
    "slash_argument",
    "slash_command",
    "slash_meant",
    "suggested",
    "ways_to",
]


MAX_FOOTER_ITEMS = 6
_SLASH = pattern(r"(/[A-Za-z_]+)(?:[ \t]+(\S.*))?", re.DOTALL)
_LEAST_MISSPELT = 4
"""Letters of a word that may be a misspelt command; shorter ones are like too many words."""
_MUCH_LIKE = 0.8
"""How much of it has to be the same, of 1."""
_FOOTER_FIRST = frozenset(
    {
        "change_goal",
        "view_attached",
        "remove_attached",
        "review_call",
        "choose",
        "block_up",
        "copy_block",
        "copy_part",
        "run_again",
        "save",
        "open_file",
        "view_block",
        "edit_block",
        "answer_again",
        "fork_here",
        "branch_before",
        "branch_behind",
        "delete_message",
        "copy_id",
        "show_raw",
        "end",
    }
)

_SUGGESTED = (
    "stop",
    "continue",
    "new_thread",
    "threads",
    "model",
    "assistant",
    "copy_answer",
    "attach",
    "connections",
    "settings",
)
_CARD_HIDES = frozenset({"review_call", "stop"})
"""Commands whose keys go back to the prompt while the card about a function call has the focus."""
_BLOCK_BACK = FooterItem("esc", "Back", "stop")
_CARD_BACK = FooterItem("esc", "Back to the prompt", "review_call")

_KEY_NAMES = {
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "delete": "del",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def command(command_id: str) -> Command:
    """The command with this id.

    Raises:
        KeyError: There is none.
    """
    for candidate in COMMANDS:
        if candidate.id == command_id:
            return candidate
    raise KeyError(command_id)


def bindings(scope: Scope) -> list[Binding]:
    """The Textual bindings of this scope's commands."""
    return [
        Binding(
            bound_keys(item),
            item.action,
            item.title,
            show=False,
            id=item.id,
            priority=item.priority,
            tooltip=item.help,
        )
        for item in COMMANDS
        if item.scope == scope and item.action and (item.keys or can_change(item))
    ]


def key_label(key: str) -> str:
    """A key as users read it: `ctrl+n`, `esc`, `pgup`."""
    *modifiers, last = key.split("+")
    return "+".join([*modifiers, _KEY_NAMES.get(last, last)])


def ways_to(item: Command) -> list[str]:
    """A command's keys and slash word as users read them; none if only the palette offers it."""
    return [*map(key_label, keys_of(item)), *([f"{item.slash} {item.takes}".rstrip()] if item.slash else [])]


def palette_commands(state: State) -> list[Command]:
    """The commands that the palette offers in this state."""
    return [item for item in COMMANDS if item.palette and item.action and item.is_available(state)]


def suggested(commands: Iterable[Command]) -> list[Command]:
    """Those of the commands that users want most often, in the order of their use."""
    by_id = {item.id: item for item in commands}
    return [by_id[name] for name in _SUGGESTED if name in by_id]


def footer_items(state: State) -> list[FooterItem]:
    """What the footer shows in this state, the most urgent first: at most six items, more on a marked block."""
    in_list = "list" in state
    chosen = [
        item
        for item in COMMANDS
        if item.footer and keys_of(item) and item.is_available(state) and (item.scope != "list" or in_list)
    ]
    chosen.sort(key=lambda item: item.id not in _FOOTER_FIRST)
    on_card = "card" in state
    if "letters" in state:
        # what acts on the marked block, and nothing between it and the way back
        chosen = [item for item in chosen if item.scope == "transcript"]
    items = [
        FooterItem(key_label(_key_now(item, state)), item.label or item.title, item.action)
        for item in chosen
        if not (on_card and item.id in _CARD_HIDES)
    ]
    if "letters" in state:
        return [*items, _BLOCK_BACK]
    # what stops stands last, where the footer gives it a fixed place
    stop = [item for item in items if item.action == STOP]
    rest = [*([_CARD_BACK] if on_card else []), *(item for item in items if item.action != STOP)]
    return [*rest[: MAX_FOOTER_ITEMS - len(stop)], *stop]


def _key_now(item: Command, state: State) -> str:
    """The key of a command that acts in this state; the prompt's text takes the first one from the end of the thread."""
    return keys_of(item)[-1 if item.id == "end" and "typed" in state else 0]


def by_group(commands: Iterable[Command] = COMMANDS) -> dict[str, list[Command]]:
    """Commands under the names of their groups, in the order of `GROUPS`."""
    groups: dict[str, list[Command]] = {name: [] for name in GROUPS}
    for item in commands:
        groups[item.group].append(item)
    return groups


def slash_command(text: str) -> Command | str | None:
    """Find the command whose slash word was sent as a message.

    Args:
        text: The message.

    Returns:
        The command; the word itself if no command has it and it stands alone, or is much like one; None if the text is
        a message.
    """
    match = _SLASH.fullmatch(text.rstrip())
    if match is None:
        return None
    found = next((item for item in COMMANDS if item.slash == match[1].lower()), None)
    if found is None and (match[2] is None or slash_meant(match[1]) is not None):
        return match[1]
    # a known command is never a message, whatever stands behind it
    return found


def slash_meant(word: str) -> Command | None:
    """The command that an unknown slash word may mean: one that has it as its other word, or one written much like it."""
    name = word.lower().removeprefix("/")
    offered = {item.slash: item for item in COMMANDS if item.slash}
    if other := next((item for item in offered.values() if name in item.also.split()), None):
        return other
    if len(name) < _LEAST_MISSPELT:
        return None
    from difflib import get_close_matches

    close = get_close_matches(f"/{name}", offered, 1, _MUCH_LIKE)
    return offered[close[0]] if close else None


def slash_argument(text: str) -> str:
    """What stands behind the slash word of a message; empty for nothing."""
    match = _SLASH.fullmatch(text.rstrip())
    return (match[2] or "") if match is not None else ""


def slash_action(text: str, item: Command) -> str:
    """The Textual action of a command that a message asks for, with what stands behind its slash word."""
    match = _SLASH.fullmatch(text.rstrip())
    argument = match[2] if match is not None and item.takes else None
    return f"{item.action}({argument!r})" if argument else item.action


def key_table_markdown() -> str:
    """The README's table of keys, while the user has chosen none."""
    lines = ["| Key | Command | What it does |", "|---|---|---|"]
    for name, commands in by_group().items():
        lines.append(f"| | **{name}** | |")
        for item in commands:
            keys = " ".join(f"`{way}`" for way in ways_to(item)) or "palette"
            lines.append(f"| {keys} | {item.title} | {item.help} |")
    return "\n".join(lines) + "\n"
