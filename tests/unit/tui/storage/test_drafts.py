"""Drafts survive a restart, and their loss never raises."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aimltui.tui.storage.drafts import NEW_THREAD, DraftStore


@pytest.fixture
def store(tmp_path: Path) -> DraftStore:
    return DraftStore(tmp_path / "drafts")


def test_a_draft_is_found_again_by_another_store(store: DraftStore) -> None:
    assert store.save("thread_1", "half a sentence\nwith ümlaut 🦔") is None
    assert store.save(NEW_THREAD, "another") is None
    store.end()
    again = DraftStore(store.directory)
    assert again.open("thread_1") == "half a sentence\nwith ümlaut 🦔"
    assert again.open(NEW_THREAD) == "another"
    assert again.open("thread_2") == ""


def test_what_a_window_saves_after_its_end_is_open_to_others_too(store: DraftStore) -> None:
    store.save("thread_1", "typed")
    store.end()
    assert store.save("thread_1", "typed at the last moment") is None
    assert DraftStore(store.directory).open("thread_1") == "typed at the last moment"


def test_reading_makes_nothing(store: DraftStore) -> None:
    assert store.open("thread_1") == ""
    assert store.last_thread() is None
    assert not store.directory.exists()


def test_an_empty_draft_leaves_no_file(store: DraftStore) -> None:
    store.save("thread_1", "x")
    store.save("thread_1", "")
    assert [file for file in store.directory.iterdir() if file.is_file()] == []
    assert store.save("thread_1", "") is None


def test_drafts_are_their_owners_alone(store: DraftStore) -> None:
    store.save("thread_1", "secret")
    (file,) = store.directory.glob("*.draft")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700


@pytest.mark.parametrize("thread_id", ["../../evil", "a/b", "", ".", "x" * 500, "nul\0", "\ud800"])
def test_a_strange_id_stays_inside_the_directory(store: DraftStore, thread_id: str) -> None:
    assert store.save(thread_id, "text") is None
    assert store.open(thread_id) == "text"
    (file,) = (file for file in store.directory.iterdir() if file.is_file())
    assert file.parent == store.directory


def test_a_lone_surrogate_in_the_text_is_no_failure(store: DraftStore) -> None:
    assert store.save("thread_1", "a\ud800b") is None
    assert store.open("thread_1") == "a?b"


def test_the_last_thread_is_remembered(store: DraftStore) -> None:
    store.note_last_thread("thread_7")
    assert DraftStore(store.directory).last_thread() == "thread_7"
    store.note_last_thread(None)
    assert store.last_thread() is None


def test_a_failure_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("a file where the directory should be")
    sentence = DraftStore(tmp_path / "drafts").save("thread_1", "x")
    assert sentence is not None
    assert "could not be saved" in sentence
    assert str(tmp_path) in sentence


def test_a_queue_that_an_ended_window_left_becomes_part_of_its_draft(store: DraftStore) -> None:
    store.save("thread_1", "typed")
    store.save_queue("thread_1", ["first", "second"])
    assert store.open("thread_1") == "typed", "it waits in this window"
    store.end()
    again = DraftStore(store.directory)
    assert again.open("thread_1") == "first\n\nsecond\n\ntyped"
    assert again.open("thread_1") == "first\n\nsecond\n\ntyped"
    assert not list(store.directory.glob("*.queue"))


def test_each_of_two_windows_has_its_draft_and_its_queue(store: DraftStore) -> None:
    other = DraftStore(store.directory)
    store.save("thread_1", "mine")
    store.save_queue("thread_1", ["waits"])
    assert other.open("thread_1") == ""
    (offered,) = other.others("thread_1")
    assert (offered.text, offered.is_elsewhere) == ("mine", True)
    other.save("thread_1", "theirs")
    assert store.open("thread_1") == "mine"
    assert other.take("thread_1", offered.name) == "mine"
    assert store.open("thread_1") == "mine", "a draft that stands in another window is copied"
    store.save("thread_1", "mine, longer")
    assert other.open("thread_1") == "mine"
    assert {draft.text for draft in other.others("thread_1")} == {"theirs", "mine, longer"}


def test_of_two_windows_that_have_ended_the_newest_draft_opens_and_the_other_is_offered(
    store: DraftStore,
) -> None:
    second, third = DraftStore(store.directory), DraftStore(store.directory)
    store.save("thread_1", "older")
    second.save("thread_1", "newer")
    for place, file in enumerate(sorted(store.directory.glob("*.draft"), key=lambda file: file.read_text())):
        os.utime(file, (1_000 - place, 1_000 - place))
    store.end()
    second.release("thread_1")
    assert third.open("thread_1") == "newer"
    (older,) = third.others("thread_1")
    assert (older.text, older.is_elsewhere) == ("older", False)
    assert third.take("thread_1", older.name) == "older"
    assert [draft.text for draft in third.others("thread_1")] == ["newer"]
    assert third.open("thread_1") == "older"
    third.release("thread_1")
    assert third.take("thread_1", "gone") is None
    assert sorted(draft.text for draft in third.others("thread_1")) == ["newer", "older"]


def test_a_draft_opens_in_one_window_only(store: DraftStore) -> None:
    store.save("thread_1", "text")
    store.release("thread_1")
    windows = [DraftStore(store.directory) for _ in range(3)]
    with ThreadPoolExecutor() as threads:
        opened = list(threads.map(lambda window: window.open("thread_1"), windows))
    assert sorted(opened) == ["", "", "text"]


def test_windows_that_leave_a_thread_at_once_overwrite_no_draft(
    store: DraftStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = DraftStore(store.directory)
    store.save("thread_1", "mine")
    other.save("thread_1", "theirs")
    free = store.directory / "thread_1.draft"
    exists = Path.exists

    def missing(path: Path) -> bool:
        # each window looks before the other has moved its draft
        return path != free and exists(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", missing)
        assert store.release("thread_1") is None
        assert other.release("thread_1") is None
    assert {draft.text for draft in DraftStore(store.directory).others("thread_1")} == {"mine", "theirs"}
    assert len(list(store.directory.glob("*.draft"))) == 2


def test_a_draft_is_released_where_files_cannot_be_linked(
    store: DraftStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: object, target: object) -> None:
        raise PermissionError("this disk has no links")

    monkeypatch.setattr(os, "link", refuse)
    store.save("thread_1", "text")
    assert store.release("thread_1") is None
    assert DraftStore(store.directory).open("thread_1") == "text"


def test_text_for_a_thread_that_is_not_open_here_joins_its_draft(store: DraftStore) -> None:
    other = DraftStore(store.directory)
    other.save("thread_1", "in another prompt")
    assert store.add("thread_1", before="returned") is None
    assert store.add("thread_1", before="first") is None
    assert other.open("thread_1") == "in another prompt"
    assert store.open("thread_1") == "first\n\nreturned"


def test_the_drafts_of_a_deleted_thread_go_but_not_those_in_other_windows(store: DraftStore) -> None:
    other = DraftStore(store.directory)
    store.save("thread_1", "released")
    store.release("thread_1")
    store.save("thread_1", "own")
    other.save("thread_1", "in another prompt")
    assert store.forget("thread_1") is None
    assert [draft.text for draft in store.others("thread_1")] == ["in another prompt"]


def test_windows_that_ended_leave_no_locks(store: DraftStore) -> None:
    store.save("thread_1", "text")
    (lock,) = (store.directory / "windows").iterdir()
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    (store.directory / "windows" / "killed.lock").touch()
    DraftStore(store.directory).save("thread_2", "text")
    assert lock in (store.directory / "windows").iterdir()
    store.end()
    assert not lock.exists()
    assert not (store.directory / "windows" / "killed.lock").exists()


def test_an_empty_queue_leaves_no_file(store: DraftStore) -> None:
    store.save_queue("thread_1", ["waits"])
    store.save_queue("thread_1", [])
    assert not list(store.directory.glob("*.queue"))
