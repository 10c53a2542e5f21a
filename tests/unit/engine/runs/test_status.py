from __future__ import annotations

import pytest

from aimltui.engine.runs.status import MOVES, IllegalMove, moved
from aimltui.wire.runs import (
    STATUSES,
    TERMINAL,
    LastError,
    RequiredAction,
    Run,
    SubmitToolOutputsAction,
    Usage,
)

NOW = 1_800_000_000
ACTION = RequiredAction(submit_tool_outputs=SubmitToolOutputsAction())
LEGAL = [(start, to) for start, ends in MOVES.items() for to in sorted(ends)]
ILLEGAL = [(start, to) for start in STATUSES for to in STATUSES if to not in MOVES[start]]


def a_run(status: str) -> Run:
    return Run(id="run_1", status=status, expires_at=NOW + 600)


def test_the_table_knows_all_nine_statuses() -> None:
    assert set(MOVES) == set(STATUSES)
    assert all(to in STATUSES for ends in MOVES.values() for to in ends)


@pytest.mark.parametrize(("start", "to"), LEGAL)
def test_a_legal_move_reaches_its_status(start: str, to: str) -> None:
    assert moved(a_run(start), to, NOW).status == to


@pytest.mark.parametrize(("start", "to"), ILLEGAL)
def test_an_illegal_move_is_refused(start: str, to: str) -> None:
    with pytest.raises(IllegalMove, match=start):
        moved(a_run(start), to, NOW)


def test_nothing_leads_out_of_a_terminal_status() -> None:
    assert all(not MOVES[status] for status in TERMINAL)


def test_an_active_run_can_always_be_ended_by_time() -> None:
    assert all("expired" in MOVES[status] for status in STATUSES if status not in TERMINAL)


def test_starting_stamps_the_start_once() -> None:
    started = moved(a_run("queued"), "in_progress", NOW)
    waiting = moved(started, "requires_action", NOW + 1, action=ACTION)
    again = moved(moved(waiting, "queued", NOW + 2), "in_progress", NOW + 3)
    assert (started.started_at, again.started_at) == (NOW, NOW)


def test_the_required_action_is_there_only_while_it_is_required() -> None:
    waiting = moved(a_run("in_progress"), "requires_action", NOW, action=ACTION)
    assert waiting.required_action is not None
    assert moved(waiting, "queued", NOW).required_action is None
    assert moved(waiting, "expired", NOW).required_action is None


@pytest.mark.parametrize(
    ("start", "to", "stamp"),
    [
        ("in_progress", "completed", "completed_at"),
        ("in_progress", "failed", "failed_at"),
        ("cancelling", "cancelled", "cancelled_at"),
    ],
)
def test_an_end_stamps_its_time_and_takes_the_deadline_away(start: str, to: str, stamp: str) -> None:
    ended = moved(a_run(start), to, NOW, usage=Usage(total_tokens=3), duration_ms=7)
    assert getattr(ended, stamp) == NOW
    assert (ended.expires_at, ended.duration_ms) == (None, 7)
    assert ended.usage == Usage(total_tokens=3)


def test_a_failed_run_says_why() -> None:
    assert moved(a_run("queued"), "failed", NOW, error=LastError(message="no")).last_error == LastError(
        message="no"
    )


def test_an_incomplete_run_says_why() -> None:
    ended = moved(a_run("in_progress"), "incomplete", NOW, reason="max_prompt_tokens")
    assert ended.incomplete_details is not None
    assert ended.incomplete_details.reason == "max_prompt_tokens"
