"""Options for the next run and for a thread: what is sent, what is saved, when they are used up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aimltui.tui.state.run_options import (
    EXAMPLE,
    OptionState,
    RunOptions,
    from_metadata,
    metadata_of,
    problems_of,
)
from aimltui.wire.constraints import check_pairs, check_params
from aimltui.wire.runs import CreateRun

FULL = RunOptions(EXAMPLE, "Be brief.\n", "gpt-4o", "work", "0,2", "4000", "256", "6")


def test_all_options_reach_the_run() -> None:
    params = CreateRun(
        thread_id="thread_1", assistant_id="asst_1", **OptionState(next=FULL).plan(is_addressed=False)
    )
    check_params(params)
    given = params.given()
    assert given.pop("truncation_strategy") == {"type": "last_messages", "last_messages": 6}
    assert given == {
        "thread_id": "thread_1",
        "assistant_id": "asst_1",
        "additional_instructions": EXAMPLE,
        "instructions": "Be brief.\n",
        "model": "gpt-4o",
        "connection": "work",
        "temperature": 0.2,
        "max_prompt_tokens": 4000,
        "max_completion_tokens": 256,
    }


def test_options_for_one_run_come_before_those_of_the_thread_and_are_used_once() -> None:
    thread = RunOptions(additional="Be kind.", temperature="1.5", instructions="You are Bob.")
    state = OptionState(thread, RunOptions(additional="Be quick.", temperature="0"))
    assert state.plan(is_addressed=False) == {
        "additional_instructions": "Be kind.\nBe quick.",
        "instructions": "You are Bob.",
        "temperature": 0.0,
    }
    # nothing was started yet: they hold for the next try
    assert state.next
    state.started()
    assert not state.next
    assert state.plan(is_addressed=True) == {"additional_instructions": "Be kind.", "temperature": 1.5}


def test_options_that_were_changed_while_a_run_started_are_for_the_next_one() -> None:
    state = OptionState(next=RunOptions(temperature="0"))
    state.plan(is_addressed=False)
    state.next = RunOptions(temperature="2")
    state.started()
    assert state.next.temperature == "2"


def test_the_threads_options_come_back_from_its_metadata() -> None:
    long = replace(FULL, instructions="x" * 1_200)
    metadata = metadata_of(long)
    check_pairs("metadata", metadata)
    assert len(metadata) == 3
    assert from_metadata(metadata) == long
    shorter = {**metadata, **metadata_of(FULL, long)}
    assert from_metadata(shorter) == FULL
    assert from_metadata({**shorter, **metadata_of(RunOptions(), FULL)}) == RunOptions()
    for text in ("{", "[1]", '{"temperature": "hot"}', '{"last_messages": "0"}'):
        assert from_metadata({"run_options_1": text}) == RunOptions()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", "3"),
        ("max_prompt", "255"),
        ("max_completion", "1e3"),
        ("last_messages", "0"),
        ("last_messages", "²"),
        ("instructions", "x" * 256_001),
    ],
)
def test_what_cannot_be_used_is_named(field: str, value: str) -> None:
    assert list(problems_of(replace(FULL, **{field: value}), is_for_thread=False)) == [field]


def test_a_thread_holds_less_than_a_run() -> None:
    options = RunOptions(instructions="x" * 2_000)
    assert problems_of(options, is_for_thread=False) == {}
    assert list(problems_of(options, is_for_thread=True)) == ["instructions"]


def test_the_status_says_what_is_set() -> None:
    state = OptionState(RunOptions(last_messages="1"), RunOptions(additional=EXAMPLE, temperature=" 0 "))
    assert state.told == "next run: more instructions, temperature 0 · thread: last 1 message"
    assert OptionState().told == ""
