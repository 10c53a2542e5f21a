"""Code that no sandbox contains waits for a decision, and a decision that nobody needs any more does nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aimltui.tui.code_consent import CodeDecision
from aimltui.tui.controllers.code_approvals import CodeApprovals
from aimltui.tui.state.call_card import REJECT, answers_for, body_lines, whole_text
from aimltui.tui.state.pending_calls import PendingCall


class Code:
    expires_at = None
    call_id = ""

    def __init__(self, code: str = "print(1)", thread_id: str = "thread_1", run_id: str = "run_1") -> None:
        self.code, self.thread_id, self.run_id = code, thread_id, run_id


class Screen:
    """Counts what is posted."""

    def __init__(self) -> None:
        self.posted: list[Any] = []
        self.approvals = CodeApprovals(self.posted.append)

    async def ask(self, code: Code | None = None) -> asyncio.Task[CodeDecision]:
        task = asyncio.create_task(self.approvals.request(code or Code()))
        await asyncio.sleep(0)
        return task

    def shown(self, thread_id: str = "thread_1") -> PendingCall:
        return self.approvals.calls_of(thread_id)[0]


async def test_each_piece_of_code_gets_the_answer_that_was_given_for_it() -> None:
    screen = Screen()
    first, second = await screen.ask(Code("1")), await screen.ask(Code("2"))
    assert len(screen.posted) == 2
    screen.approvals.reject(screen.approvals.calls_of("thread_1")[1], "why?")
    assert await second == CodeDecision(False, "why?")
    screen.approvals.approve(screen.shown(), in_thread=False)
    assert await first == CodeDecision(True)
    assert screen.approvals.threads_asking == frozenset()
    third = await screen.ask(Code("1"))
    assert not third.done(), "once is for one piece of code, also if the same comes again"
    third.cancel()


async def test_always_holds_in_one_thread_until_it_is_reconsidered() -> None:
    screen = Screen()
    first, second = await screen.ask(Code("1")), await screen.ask(Code("2"))
    elsewhere = await screen.ask(Code("3", thread_id="thread_2"))
    screen.approvals.approve(screen.shown(), in_thread=True)
    assert (await first, await second) == (CodeDecision(True), CodeDecision(True))
    assert await screen.approvals.request(Code("4")) == CodeDecision(True)
    assert not elsewhere.done()
    screen.approvals.ask_again()
    again = await screen.ask(Code("5"))
    assert screen.approvals.threads_asking == {"thread_1", "thread_2"}
    for task in (elsewhere, again):
        task.cancel()


async def test_a_cancelled_request_is_withdrawn_and_an_answer_that_comes_too_late_does_nothing() -> None:
    screen = Screen()
    task = await screen.ask()
    call = screen.shown()
    task.cancel()
    await asyncio.wait([task])
    assert screen.approvals.calls_of("thread_1") == []
    screen.approvals.approve(call, in_thread=True)
    screen.approvals.reject(call, "late")
    assert task.cancelled()
    following = await screen.ask()
    assert not following.done(), "nor does it allow anything"
    following.cancel()


async def test_no_character_of_the_code_can_hide_on_the_card() -> None:
    screen = Screen()
    hostile = "a = 1 # \x1b]0;\nimport os; os.system('x')\n# \x07\rb\u202e\u200b = '\u2028'\t# tab"
    task = await screen.ask(Code(hostile))
    shown = whole_text(screen.shown())
    assert "import os; os.system('x')" in shown
    for mark in (r"\x1b", r"\x07", r"\r", r"\u202e", r"\u200b", r"\u2028"):
        assert mark in shown
    assert all(character.isprintable() or character == "\n" for character in shown)
    task.cancel()


async def test_the_card_offers_no_output_by_hand_and_no_other_arguments_for_code() -> None:
    screen = Screen()
    task = await screen.ask()
    call = screen.shown()
    assert [answer.label for answer in answers_for(call, [call])] == [
        "Run once",
        "Always in this thread, until you quit",
        "Reject with a reason",
    ]
    assert answers_for(call, [call])[-1].id == REJECT
    text = "\n".join("".join(part for part, _ in line) for line in body_lines(call))
    assert text.startswith("Run this code without a sandbox?  1 line · your files, your network\n")
    assert "your rights" in text
    task.cancel()


@pytest.mark.parametrize("tools", [{"file_search"}, set()])
async def test_the_interpreter_is_offered_once_and_only_for_an_assistant_that_has_it(tools: set[str]) -> None:
    approvals = Screen().approvals
    assert not approvals.claim_offer(frozenset(tools))
    assert approvals.claim_offer(frozenset({"code_interpreter", *tools}))
    assert not approvals.claim_offer(frozenset({"code_interpreter"}))
