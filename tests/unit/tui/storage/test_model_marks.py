"""Recent models and favourites over restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.tui.storage.model_marks import MOST_RECENT, ModelMarks

KEY = ("AI/ML API", "openai/gpt-4o")


def test_both_survive_a_restart_in_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "state" / "models.json"
    marks = ModelMarks(file)
    assert marks.note_use(("", "demo")) is None
    assert marks.note_use(KEY) is None
    assert marks.note_use(("", "demo")) is None
    assert marks.set_favourite(KEY, is_favourite=True) is None
    again = ModelMarks(file)
    again.load()
    assert again.recent == (("", "demo"), KEY)
    assert again.favourites == (KEY,)
    assert file.stat().st_mode & 0o777 == 0o600


def test_two_windows_do_not_undo_each_others_favourites(tmp_path: Path) -> None:
    one, other = ModelMarks(tmp_path / "m"), ModelMarks(tmp_path / "m")
    one.set_favourite(KEY, is_favourite=True)
    other.set_favourite(("", "demo"), is_favourite=True)
    one.load()
    assert one.favourites == (KEY, ("", "demo"))
    one.set_favourite(KEY, is_favourite=False)
    other.load()
    assert other.favourites == (("", "demo"),)


def test_only_the_latest_are_kept() -> None:
    marks = ModelMarks()
    for number in range(50):
        marks.note_use(("x", str(number)))
    assert len(marks.recent) == MOST_RECENT
    assert marks.recent[0] == ("x", "49")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "5",
        '{"recent": 5, "favourites": [["a"], [1, 2], ["", ""], ["a\\u001b", "b"]]}',
        "[" * 9999,
    ],
)
def test_a_damaged_file_is_an_empty_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "m").write_text(content)
    marks = ModelMarks(tmp_path / "m")
    marks.load()
    assert (marks.recent, marks.favourites) == ((), ())
    assert marks.note_use(KEY) is None


def test_what_cannot_be_kept_is_said_and_holds_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    marks = ModelMarks(tmp_path / "file" / "m")
    said = marks.set_favourite(KEY, is_favourite=True)
    assert said is not None
    assert "could not be saved" in said
    assert marks.favourites == (KEY,)
