"""The command table is whole, and what is derived from it agrees with it."""

from __future__ import annotations

import pytest

from aimltui.tui.commands.command import FooterItem
from aimltui.tui.commands.derived import (
    COMMANDS,
    GROUPS,
    MAX_FOOTER_ITEMS,
    STATE_WORDS,
    bindings,
    by_group,
    command,
    footer_items,
    key_label,
    key_table_markdown,
    palette_commands,
)
from aimltui.tui.state.bars import fit_items

NEVER = {
    "ctrl+i",
    "ctrl+m",
    "ctrl+[",
    "ctrl+left_square_bracket",
    "ctrl+h",
    "ctrl+z",
    "ctrl+\\",
    "ctrl+backslash",
}


def test_ids_are_unique_and_every_command_explains_itself() -> None:
    ids = [item.id for item in COMMANDS]
    assert len(ids) == len(set(ids))
    for item in COMMANDS:
        assert item.help.endswith("."), item.id
        assert item.title[0].isupper(), item.id
        assert item.group in GROUPS
        assert item.keys or item.palette, f"{item.id} cannot be reached"
        assert {word.removeprefix("!") for word in item.when} <= STATE_WORDS


def test_keys_that_terminals_take_for_others_are_never_bound() -> None:
    for item in COMMANDS:
        assert not NEVER & set(item.keys), item.id


def test_no_key_means_two_things_in_one_scope() -> None:
    seen: dict[tuple[str, str], str] = {}
    for item in COMMANDS:
        for key in item.keys:
            scope = "main" if item.scope == "app" else item.scope
            assert (scope, key) not in seen, f"{key}: {item.id} and {seen[scope, key]}"
            seen[scope, key] = item.id


def test_bindings_carry_id_and_tooltip_and_leave_out_what_widgets_do_themselves() -> None:
    (quit_binding,) = bindings("app")
    assert (quit_binding.key, quit_binding.action, quit_binding.id) == ("ctrl+q", "app.quit", "quit")
    main = {binding.id: binding for binding in bindings("main")}
    assert main["toggle_sidebar"].key == "ctrl+b"
    assert main["new_thread"].tooltip == command("new_thread").help
    assert main["theme"].key == "no_key_theme", "only for a key that the user gives it"
    assert "stop" in main
    assert "send" not in main
    assert bindings("prompt") == []
    assert {binding.id for binding in bindings("list")} == {
        "rename_thread",
        "delete_thread",
        "undo_delete",
        "pin_thread",
    }


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (
            set(),
            ["ctrl+n New", "ctrl+s Threads", "ctrl+l Model", "ctrl+o Details", "f1 Help", "ctrl+p Palette"],
        ),
        (
            {"running", "thread"},
            ["ctrl+n New", "ctrl+s Threads", "ctrl+l Model", "ctrl+o Details", "f1 Help", "esc Stop"],
        ),
        (
            {"list", "thread"},
            ["enter Open", "ctrl+r Rename", "del Delete", "ctrl+f Pin", "esc Back", "f1 Help"],
        ),
        (
            {"list", "thread", "undo", "running"},
            ["enter Open", "ctrl+r Rename", "del Delete", "ctrl+u Undo", "ctrl+f Pin", "esc Back"],
        ),
        (
            {"call", "running", "thread"},
            [
                "tab Answer",
                "ctrl+n New",
                "ctrl+s Threads",
                "ctrl+l Model",
                "ctrl+o Details",
                "esc Stop",
            ],
        ),
        (
            {"call", "card", "running", "thread"},
            [
                "esc Back to the prompt",
                "ctrl+n New",
                "ctrl+s Threads",
                "ctrl+l Model",
                "ctrl+o Details",
                "f1 Help",
            ],
        ),
    ],
)
def test_the_footer_shows_at_most_six_for_the_state(state: set[str], expected: list[str]) -> None:
    items = footer_items(frozenset(state))
    assert len(items) <= MAX_FOOTER_ITEMS
    assert [f"{item.key} {item.label}" for item in items] == expected


def test_the_way_back_to_the_end_comes_first_and_stop_has_its_place_at_the_end() -> None:
    at_rest = [item.label for item in footer_items(frozenset({"thread"}))]
    items = footer_items(frozenset({"running", "thread"}))
    assert [item.label for item in items[:-1]] == at_rest[: len(items) - 1]
    assert items[-1].label == "Stop"
    away = footer_items(frozenset({"running", "away", "thread"}))
    assert (away[0].label, away[-1].label) == ("Latest", "Stop")


def test_the_way_back_from_a_marked_message_stays_in_a_narrow_footer() -> None:
    state = frozenset(
        {"letters", "block", "message", "said", "mine", "own", "siblings", "copyable", "thread"}
    )
    items = footer_items(state)
    shown = fit_items(items, 40)
    assert len(items) > len(shown) > 2
    assert [item.label for item in shown] == [item.label for item in (*items[: len(shown) - 1], items[-1])]
    assert shown[-1].label == "Back"
    assert sum(len(f"{item.key} {item.label}") + 2 for item in shown) - 2 <= 40
    assert fit_items(items, 5) == []


def test_keys_that_have_no_room_in_a_panel_are_one_key_away() -> None:
    items = [FooterItem(key, key.title(), key) for key in ("enter", "tab", "ctrl+n", "ctrl+o", "esc")]
    more = FooterItem("f1", "More", "help")
    assert fit_items(items, 80, more) == items
    assert [item.key for item in fit_items(items, 40, more)] == ["enter", "tab", "f1", "esc"]
    assert [item.key for item in fit_items(items[:-1], 40, more)] == ["enter", "tab", "f1"]
    # where the word itself would drive out all others, it goes
    assert fit_items(items, 12, more) == fit_items(items, 12)


def test_the_palette_offers_only_what_makes_sense() -> None:
    ids = {item.id for item in palette_commands(frozenset())}
    assert {"theme", "quit", "new_thread", "assistant"} <= ids
    assert not {"stop", "rename_thread", "undo_delete", "copy_answer", "palette", "send"} & ids
    assert "rename_thread" in {item.id for item in palette_commands(frozenset({"thread"}))}


def test_every_command_is_in_a_group_and_in_the_readme_table() -> None:
    assert sum(len(items) for items in by_group().values()) == len(COMMANDS)
    table = key_table_markdown()
    for item in COMMANDS:
        assert f"| {item.title} | {item.help} |" in table
    assert "`ctrl+b` |" in table
    assert "| palette | Raise today's budget |" in table
    assert "| `/theme NAME` | Choose the theme |" in table


@pytest.mark.parametrize(
    ("key", "label"), [("escape", "esc"), ("ctrl+n", "ctrl+n"), ("ctrl+pageup", "ctrl+pgup"), ("up", "↑")]
)
def test_keys_are_written_for_people(key: str, label: str) -> None:
    assert key_label(key) == label
