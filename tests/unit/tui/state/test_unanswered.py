"""What belongs to a message that got no answer."""

from __future__ import annotations

import pytest

from aimltui.tui.state.entries import (
    Entry,
    ErrorEntry,
    MessageEntry,
    NoticeEntry,
    QueuedEntry,
    RunEntry,
    StepEntry,
)
from aimltui.tui.state.unanswered import unanswered

ASKED = MessageEntry("msg_1", "user", "You", "Why?")
STOPPED = RunEntry("run_1:run", "run_1", "cancelled")
EMPTY = MessageEntry("msg_2", "assistant", "Assistant")


def test_a_stopped_run_that_wrote_nothing_belongs_to_its_message() -> None:
    waiting = NoticeEntry("local:1", "waiting")
    later = QueuedEntry("local:2", "And?")
    before = RunEntry("run_0:run", "run_0", "completed")
    found = unanswered([before, ASKED, waiting, EMPTY, STOPPED, later], "msg_1")
    assert found is not None
    assert found.message_ids == ("msg_1", "msg_2")
    assert found.run_ids == ("run_1",)
    assert found.entry_ids == ("msg_1", "local:1", "msg_2", "run_1:run")


@pytest.mark.parametrize(
    "written",
    [
        MessageEntry("msg_2", "assistant", "Assistant", "Because"),
        StepEntry("step_1", "run_1", 1, "cancelled"),
        RunEntry("run_1:run", "run_1", "completed"),
        RunEntry("run_1:run", "run_1", "in_progress"),
        ErrorEntry("run_1:error", "It failed"),
        MessageEntry("msg_3", "user", "You", "Said elsewhere"),
    ],
)
def test_a_message_after_which_something_was_written_stays(written: Entry) -> None:
    assert unanswered([ASKED, written], "msg_1") is None


def test_a_message_that_is_gone_has_nothing() -> None:
    assert unanswered([STOPPED], "msg_1") is None
