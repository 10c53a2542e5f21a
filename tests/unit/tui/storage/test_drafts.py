"""Drafts survive a restart, and their loss never raises."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from aimltui.tui.storage.drafts import NEW_THREAD, DraftStore


@pytest.fixture
def store(tmp_path: Path) -> DraftStore:
    return DraftStore(tmp_path / "drafts")


def test_a_draft_is_found_again_by_another_store(store: DraftStore) -> None:
    assert store.save("thread_1", "half a sentence\nwith ümlaut 🦔") is None
    assert store.save(NEW_THREAD, "another") is None
    again = DraftStore(store.directory)
    assert again.load("thread_1") == "half a sentence\nwith ümlaut 🦔"
    assert again.load(NEW_THREAD) == "another"
    assert again.load("thread_2") == ""


def test_reading_makes_nothing(store: DraftStore) -> None:
    assert store.load("thread_1") == ""
    assert store.last_thread() is None
    assert not store.directory.exists()


def test_an_empty_draft_leaves_no_file(store: DraftStore) -> None:
    store.save("thread_1", "x")
    store.save("thread_1", "")
    assert list(store.directory.iterdir()) == []
    assert store.save("thread_1", "") is None


def test_drafts_are_their_owners_alone(store: DraftStore) -> None:
    store.save("thread_1", "secret")
    (file,) = store.directory.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700


@pytest.mark.parametrize("thread_id", ["../../evil", "a/b", "", ".", "x" * 500, "nul\0", "\ud800"])
def test_a_strange_id_stays_inside_the_directory(store: DraftStore, thread_id: str) -> None:
    assert store.save(thread_id, "text") is None
    assert store.load(thread_id) == "text"
    (file,) = store.directory.iterdir()
    assert file.parent == store.directory


def test_a_lone_surrogate_in_the_text_is_no_failure(store: DraftStore) -> None:
    assert store.save("thread_1", "a\ud800b") is None
    assert store.load("thread_1") == "a?b"


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


def test_a_queue_that_a_dead_process_left_becomes_part_of_the_draft(store: DraftStore) -> None:
    store.save("thread_1", "typed")
    store.save_queue("thread_1", ["first", "second"])
    assert store.load_with_queue("thread_1") == "typed", "it waits in this process"
    again = DraftStore(store.directory)
    assert again.load_with_queue("thread_1") == "first\n\nsecond\n\ntyped"
    assert again.load("thread_1") == "first\n\nsecond\n\ntyped"
    assert not list(store.directory.glob("*.queue"))


def test_a_queue_of_another_window_stays_there(store: DraftStore) -> None:
    store.save_queue("thread_1", ["waits"])
    (own,) = store.directory.glob("*.queue")
    theirs = own.rename(store.directory / f"thread_1.{os.getppid()}.queue")
    assert DraftStore(store.directory).load_with_queue("thread_1") == ""
    assert theirs.read_text() == "waits"


def test_an_empty_queue_leaves_no_file(store: DraftStore) -> None:
    store.save_queue("thread_1", ["waits"])
    store.save_queue("thread_1", [])
    assert not list(store.directory.glob("*.queue"))
