"""Files attached to a draft."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.tui.state.attached_files import (
    AttachedFile,
    goal_of,
    in_words,
    parted,
    tools_of,
    with_files,
    with_next_goal,
)
from aimltui.tui.state.pastes import clean_input
from aimltui.tui.storage.drafts import DraftStore, joined

REPORT = AttachedFile("/home/ann/a report.pdf", "a report.pdf", 1_200, "file_search")
SALES = AttachedFile("/home/ann/sales.csv", "sales.csv", 48, "code_interpreter", "file-1")


@pytest.mark.parametrize(
    ("name", "sees", "goal"),
    [
        ("plot.PNG", True, "picture"),
        ("plot.png", False, "code_interpreter"),
        ("sales.csv", True, "code_interpreter"),
        ("book.xlsx", True, "code_interpreter"),
        ("report.pdf", True, "file_search"),
        ("notes", True, "file_search"),
        ("main.rs", True, "file_search"),
    ],
)
def test_the_kind_of_a_file_says_where_it_goes(name: str, sees: bool, goal: str) -> None:
    assert goal_of(name, sees_pictures=sees) == goal


def test_a_file_may_go_elsewhere_and_back() -> None:
    picture = AttachedFile("/p.png", "p.png", 1, "picture")
    assert [with_next_goal(file).goal for file in (REPORT, SALES, picture)] == [
        "code_interpreter",
        "file_search",
        "code_interpreter",
    ]
    assert with_next_goal(with_next_goal(picture)) == picture


def test_a_run_needs_the_tools_of_its_files_and_none_for_pictures() -> None:
    assert tools_of([REPORT, SALES, AttachedFile("/p.png", "p.png", 1, "picture")]) == {
        "file_search",
        "code_interpreter",
    }


def test_a_draft_keeps_its_files_when_it_is_joined_with_another_and_saved(tmp_path: Path) -> None:
    first, second = with_files("What is new?\n", [REPORT, SALES]), with_files("", [SALES])
    store = DraftStore(tmp_path)
    assert store.save("new", joined((first, second, "And why?"))) is None
    text, files = parted(store.open("new"))
    assert files == (REPORT, SALES)
    assert text.startswith("What is new?\n")
    assert text.endswith("\n\nAnd why?")


def test_a_draft_is_shown_without_what_it_is_stored_as() -> None:
    assert in_words(with_files("What is new?", [REPORT, SALES])) == "What is new? [a report.pdf] [sales.csv]"
    assert in_words("Hello") == "Hello"


@pytest.mark.parametrize("listed", ["", "[1]", "{}", '[{"path": 1, "new": 2}]', "[" * 50])
def test_a_list_that_cannot_be_read_loses_no_text(listed: str) -> None:
    assert parted(f"\x02{listed}\x03Hello") == ("Hello", ())


def test_a_paste_cannot_attach_a_file() -> None:
    assert parted(clean_input(with_files("Hello", [REPORT])))[1] == ()
