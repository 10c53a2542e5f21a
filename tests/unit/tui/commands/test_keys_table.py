"""Every key means what the table of keys says: one meaning per key and focus, in all screens and widgets."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from aimltui.tui import screens, widgets
from aimltui.tui.commands.derived import COMMANDS

LETTERS = {
    "c": "copy_block",
    "C": "copy_part",
    "s": "save",
    "r": "run_again",
    "e": "edit_block",
    "E": "open_in_editor",
    "g": "answer_again",
    "f": "fork_here",
    "y": "copy_id",
    "v": "view_block",
    "o": "open_file",
    "x": "show_raw",
    "delete": "delete_message",
    "p": "pin_message",
    # not letters: the branches of the marked message
    "left": "branch_before",
    "right": "branch_behind",
    "enter": "choose",
}
"""The keys that act while the block cursor is on, and on nothing but what it marks."""

MAIN = {
    "alt+up": "block_up",
    "alt+down": "block_down",
    "ctrl+b": "toggle_sidebar",
    "ctrl+c": "copy_or_clear",
    "ctrl+f": "find",
    "ctrl+g": "edit_outside",
    "ctrl+l": "model",
    "ctrl+n": "new_thread",
    "ctrl+o": "details",
    "ctrl+p": "palette",
    "ctrl+q": "quit",
    "ctrl+r": "search_history",
    "ctrl+s": "threads",
    "ctrl+t": "thoughts",
    "escape": "stop",
    "end": "end",
    "ctrl+end": "end",
    "home": "top",
    "ctrl+home": "top",
    "pageup": "page_up",
    "pagedown": "page_down",
    "f1": "help",
    "f2": "settings",
    "f3": "files",
    "f4": "inspect",
    "f5": "assistant",
    # to the card about a function call, which has the letters of its own line
    "tab": "review_call",
}
"""The keys in the prompt and the transcript."""

LIST = {
    "enter": "open_thread",
    "ctrl+r": "rename_thread",
    "ctrl+f": "pin_thread",
    "ctrl+u": "undo_delete",
    "delete": "delete_thread",
    "escape": "leave_list",
}
"""The keys of the thread list."""

ELSEWHERE: dict[str, dict[str, str]] = {
    "ctrl+f": {"ModelPicker": "favourite", "ThreadSearch": "pin_thread"},
    "ctrl+g": {"AssistantEditor": "edit_outside", "RunOptionsScreen": "edit_outside"},
    "ctrl+l": {"ModelPicker": "cancel"},
    "ctrl+n": {
        "ConnectFormScreen": "use_better",
        # a new one of what the list holds, as on the main screen
        "AssistantsScreen": "ask('new')",
    },
    # the list of assistants has its files behind the two keys of files in other programs: open and save
    "ctrl+o": {"AssistantsScreen": "ask('import')"},
    "ctrl+p": {"PaletteScreen": "cancel"},
    "ctrl+r": {
        "ThreadSearch": "rename_thread",
        "ModelPicker": "refresh",
        # begin again with what the sheet shows: look, index, reset
        "ConnectScreen": "look_for_servers",
        "FilesScreen": "act('again')",
        "SettingsScreen": "reset",
        "RunOptionsScreen": "clear",
    },
    "ctrl+s": {
        "AgainScreen": "submit",
        "AssistantEditor": "save",
        "AssistantsScreen": "ask('export')",
        "ConnectFormScreen": "save_anyway",
        "FormScreen": "submit",
        "ModelPicker": "make_default",
        "RunOptionsScreen": "set",
        "TextEntry": "submit",
        # the sheet that ctrl+s has opened: on to the list
        "ThreadSearch": "go_to_list",
    },
    "ctrl+t": {
        "ConnectFormScreen": "test",
        # no thoughts are behind these two; their footers say what the key does
        "RunOptionsScreen": "example",
        "TrashScreen": "empty",
    },
    "ctrl+u": {"AssistantsScreen": "undo", "ThreadSearch": "undo_delete"},
    "delete": {
        "AssistantsScreen": "ask('delete')",
        "ConnectionsScreen": "remove",
        "FilesScreen": "act('delete')",
        "ThreadSearch": "delete_thread",
        "TrashScreen": "delete_now",
    },
    "f1": {"HelpScreen": "cancel", "Sheet": "help"},
    "f2": {"SettingsScreen": "cancel"},
    "f4": {"InspectorScreen": "cancel"},
    "f5": {"AssistantsScreen": "cancel"},
}
"""The meanings of these keys in sheets; a comment says why a meaning is another one than on the main screen."""

EVERYWHERE = {
    "alt+left": "word_left",
    "alt+b": "word_left",
    "alt+right": "word_right",
    "alt+f": "word_right",
    "alt+d": "delete_word_right",
    "ctrl+backspace": "delete_word_left",
}
"""The keys of text fields; actions are compared without the order of their words."""


def own_bindings() -> Iterator[tuple[str, str, str]]:
    """Yield the class, the key and the action of all bindings that are not made from the command table."""
    made = {item.id for item in COMMANDS}
    for package in (screens, widgets):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for name, kind in vars(module).items():
                if not (
                    isinstance(kind, type) and issubclass(kind, DOMNode) and kind.__module__ == found.name
                ):
                    continue
                for binding in kind.__dict__.get("BINDINGS", ()):
                    assert isinstance(binding, Binding)
                    if binding.id not in made:
                        yield from ((name, key, binding.action) for key in binding.key.split(","))


@pytest.mark.parametrize(
    ("scopes", "table"), [(("main", "app"), MAIN), (("list",), LIST), (("transcript",), LETTERS)]
)
def test_the_keys_of_commands_are_those_of_the_table(scopes: tuple[str, ...], table: dict[str, str]) -> None:
    assert {key: item.id for item in COMMANDS if item.scope in scopes for key in item.keys} == table


def test_a_key_of_the_table_means_in_a_sheet_what_the_table_says() -> None:
    keys = ELSEWHERE.keys() | {key for key in MAIN if "ctrl+" in key or key[1:].isdigit()}
    found: dict[str, dict[str, str]] = {}
    for name, key, action in own_bindings():
        if key in keys:
            found.setdefault(key, {})[name] = action
    assert found == ELSEWHERE


def test_every_text_field_has_the_keys_for_words() -> None:
    found = {
        (key, frozenset(action.removeprefix("cursor_").split("_")))
        for name, key, action in own_bindings()
        if name in ("LineInput", "PromptInput")
    }
    assert {(key, frozenset(action.split("_"))) for key, action in EVERYWHERE.items()} <= found
