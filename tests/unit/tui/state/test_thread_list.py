from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aimltui.tui.state.thread_list import ThreadListState, first_words
from aimltui.wire.threads import TRASHED_AT, LatestRun, Thread, ThreadSummary

NOON = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86_400


def thread(name: str, age: int = 0, status: str = "completed", **metadata: str) -> ThreadSummary:
    return ThreadSummary(
        id=name,
        last_active_at=NOON - age,
        preview=f"About {name}",
        latest_run=LatestRun(id=f"run_{name}", status=status),
        metadata=metadata,
    )


def state(*threads: ThreadSummary) -> ThreadListState:
    result = ThreadListState(UTC)
    result.load(threads)
    return result


def test_threads_stand_in_groups_by_day_and_newest_first() -> None:
    rows = state(
        thread("old", 40 * DAY),
        thread("now"),
        thread("kept", 9 * DAY, pinned="true"),
        thread("morning", 5 * HOUR),
        thread("late", 13 * HOUR),
        thread("two", 2 * DAY),
        thread("ancient", 700 * DAY),
    ).rows(NOON)
    assert [(row.id, row.group, row.age, row.time) for row in rows] == [
        ("kept", "Pinned", "1 w", "13 Nov"),
        ("now", "Today", "", "12:00"),
        ("morning", "Today", "", "07:00"),
        ("late", "Yesterday", "", "23:00"),
        ("two", "Older", "Fri", "20 Nov"),
        ("old", "Older", "5 w", "13 Oct"),
        ("ancient", "Older", "1 y", "2024-12"),
    ]


@pytest.mark.parametrize(
    ("status", "mark"),
    [
        ("queued", "running"),
        ("in_progress", "running"),
        ("cancelling", "running"),
        ("requires_action", "needs_you"),
        ("failed", "failed"),
        ("completed", "none"),
        ("cancelled", "none"),
    ],
)
def test_the_newest_run_marks_its_thread(status: str, mark: str) -> None:
    assert state(thread("a", status=status)).rows(NOON)[0].mark == mark


def test_a_run_that_ends_unseen_leaves_its_thread_unread_until_it_is_opened() -> None:
    threads = state(thread("a", status="in_progress"))
    threads.note_run("a", "run_a", "completed", is_open=False)
    assert threads.rows(NOON)[0].mark == "unread"
    threads.mark_read("a")
    assert threads.rows(NOON)[0].mark == "none"


def test_a_run_that_another_window_ended_is_unread_but_not_in_the_open_thread() -> None:
    threads = state(thread("a", status="in_progress"), thread("b", status="in_progress"))
    threads.load([thread("a"), thread("b")], open_thread="b")
    assert {row.id: row.mark for row in threads.rows(NOON)} == {"a": "unread", "b": "none"}


def test_a_title_is_what_was_given_else_the_first_words() -> None:
    threads = state(thread("a", title=" Corn "), thread("b", title=""))
    assert (threads.title("a"), threads.title("b"), threads.title(None)) == ("Corn", "About b", "New thread")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", ""),
        ("short", "short"),
        ("a\n  b\tc", "a b c"),
        ("one two three four", "one two three…"),
        ("one two three, four", "one two three…"),
        ("x" * 40, "x" * 15 + "…"),
    ],
)
def test_first_words_are_cut_at_a_word(text: str, title: str) -> None:
    assert first_words(text, 15) == title


def test_a_thread_in_the_trash_is_not_shown() -> None:
    trashed = thread("a", **{TRASHED_AT: "5.0"})
    threads = state(thread("a"), thread("b"))
    threads.put(trashed)
    assert [row.id for row in threads.rows(NOON)] == ["b"]
    threads.merge([thread("a")])
    assert "a" in threads
    threads.load([trashed, thread("b")])
    assert "a" not in threads
    threads.load([thread("a", **{TRASHED_AT: ""})])
    assert [row.id for row in threads.rows(NOON)] == ["a"]


def test_the_neighbour_is_the_next_one_and_at_the_end_the_one_before() -> None:
    threads = state(thread("a", 0), thread("b", 10), thread("c", 20))
    assert threads.neighbour("a", NOON) == "b"
    assert threads.neighbour("c", NOON) == "b"
    assert state(thread("a")).neighbour("a", NOON) is None


def test_a_new_thread_gets_its_title_from_the_first_message() -> None:
    threads = state()
    threads.put(Thread(id="n", created_at=NOON))
    threads.note_message("n", "What is  corn?", NOON + 5)
    threads.note_message("n", "And flakes?", NOON + 9)
    row = threads.rows(NOON)[0]
    assert row.title == "What is corn?"
