"""The user's messages as rows to choose from."""

from __future__ import annotations

from datetime import UTC, datetime

from aimltui.tui.state.entries import Attachment, MessageEntry
from aimltui.tui.state.own_messages import OwnMessage, own_messages

NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)


def at(day: int, hour: int) -> int:
    return int(NOW.replace(day=day, hour=hour).timestamp())


def test_the_newest_is_first_in_one_line_with_branch_files_and_time() -> None:
    entries = (
        MessageEntry("m1", "user", "You", "First\n\n  one?", created_at=at(27, 9)),
        MessageEntry("m2", "assistant", "Ada", "Answer.", created_at=at(27, 9)),
        MessageEntry(
            "m3",
            "user",
            "You",
            "Second?",
            created_at=at(28, 14),
            branch=(2, 3),
            attachments=(Attachment("f", "a.csv"),),
        ),
        MessageEntry("m4", "user", "You", "On its way", pending=True),
    )
    assert own_messages(entries, NOW.timestamp(), UTC) == [
        OwnMessage("m3", "Second?", "2/3 · 1 file · 14:00"),
        OwnMessage("m1", "First one?", "27 Nov"),
    ]


def test_a_server_may_send_no_text_a_long_text_and_a_time_that_is_none() -> None:
    entries = (
        MessageEntry("m1", "user", "You", " \n", created_at=10**30),
        MessageEntry("m2", "user", "You", "x" * 100_000),
    )
    assert own_messages(entries, NOW.timestamp(), UTC) == [
        OwnMessage("m2", "x" * 300, ""),
        OwnMessage("m1", "(no text)", ""),
    ]
