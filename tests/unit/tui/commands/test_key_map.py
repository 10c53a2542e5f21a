"""The user's keys: used where they can be, refused with a sentence where they cannot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aimltui.tui.commands import key_map
from aimltui.tui.commands.derived import COMMANDS, command, footer_items, ways_to


@pytest.fixture(autouse=True)
def own_keys() -> Iterator[None]:
    yield
    key_map.use({})


def test_the_users_keys_are_shown_everywhere_and_bound() -> None:
    assert key_map.use({"new_thread": "Alt+N f6", "usage": "ctrl+g", "edit_outside": "none"}) == ()
    assert ways_to(command("new_thread"))[:2] == ["alt+n", "f6"]
    assert ways_to(command("usage")) == ["ctrl+g", "/usage"]
    assert "alt+n" in [item.key for item in footer_items(frozenset())]
    assert key_map.textual_keymap() == {
        "new_thread": "alt+n,f6",
        "usage": "ctrl+g",
        "edit_outside": "no_key_edit_outside",
    }


def test_two_commands_can_change_places() -> None:
    assert key_map.use({"model": "ctrl+n", "new_thread": "ctrl+l"}) == ()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"new_thraed": "f6"}, "no such command. Did you mean new_thread?"),
        ({"send": "f6"}, "cannot be changed"),
        ({"copy_block": "f6"}, "cannot be changed"),
        ({"quit": "f6"}, "cannot be changed"),
        ({"usage": "u"}, "types into the prompt"),
        ({"usage": "shift+u"}, "types into the prompt"),
        ({"usage": "enter"}, "sends or breaks lines"),
        ({"usage": "ctrl+u"}, "edits the prompt"),
        ({"usage": "ctrl+c"}, "clears or quits"),
        ({"usage": "ctrl+n"}, "the key of “New thread”"),
        ({"usage": "f6 ctrl+n"}, "the key of “New thread”"),
        ({"usage": "control-n"}, "not the name of a key"),
        ({"usage": "f99"}, "not the name of a key"),
        ({"usage": "\x1b]0;x\x07"}, "not the name of a key"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_changes_nothing(wanted: dict[str, str], said: str) -> None:
    (problem,) = key_map.use(wanted)
    assert said in problem
    assert "\x1b" not in problem
    assert key_map.textual_keymap() == {}


def test_the_same_key_for_two_commands_is_refused_for_the_first() -> None:
    (problem,) = key_map.use({"usage": "f6", "balance": "f6"})
    assert "the key of “Balance”" in problem
    assert key_map.textual_keymap() == {"balance": "f6"}


def test_every_key_that_can_be_changed_could_be_given_again_where_it_is_not_shared() -> None:
    changeable = [item for item in COMMANDS if key_map.can_change(item)]
    assert len(changeable) > 30
    for item in changeable:
        for key in item.keys:
            problem = key_map.problem_of(item.id, key)
            assert not problem or "the key of" in problem, (item.id, problem)
