"""Questions about code are answered one at a time, and a question that needs no answer goes away."""

from __future__ import annotations

import asyncio
from typing import Any

from aimltui.client.client import AssistantsClient
from aimltui.tui.code_consent import Question
from aimltui.tui.controllers.code_approvals import CodeApprovals
from aimltui.tui.controllers.messages import ApprovalRequested, ApprovalSettled
from tests.support.fake_transport import FakeTransport


class Code:
    expires_at = None

    def __init__(self, code: str = "print(1)", thread_id: str = "thread_1", run_id: str = "run_1") -> None:
        self.code, self.thread_id, self.run_id = code, thread_id, run_id


class Screen:
    """Queues what is posted, as the screen does."""

    def __init__(self) -> None:
        self.posted: list[Any] = []
        self.approvals = CodeApprovals(self.post)

    def post(self, message: Any) -> None:
        self.posted.append(message)
        if isinstance(message, ApprovalRequested):
            self.approvals.add(message.question)

    async def ask(self, code: Code | None = None) -> asyncio.Task[bool]:
        task = asyncio.create_task(self.approvals.request(code or Code()))
        await asyncio.sleep(0)
        return task


async def test_the_next_question_is_shown_when_the_one_before_is_closed() -> None:
    screen = Screen()
    first, second = await screen.ask(Code("1")), await screen.ask(Code("2"))
    shown = screen.approvals.show_next()
    assert shown is not None
    assert shown.code.code == "1"
    assert screen.approvals.show_next() is None, "one is on the screen"
    screen.approvals.close_shown()
    screen.approvals.answer(shown, is_allowed=True)
    assert await first is True
    following = screen.approvals.show_next()
    assert following is not None
    assert following.code.code == "2"
    screen.approvals.answer(following, is_allowed=False)
    assert await second is False


async def test_a_cancelled_request_is_withdrawn_and_the_screen_learns_of_it() -> None:
    screen = Screen()
    first, second = await screen.ask(), await screen.ask()
    shown = screen.approvals.show_next()
    for task in (first, second):
        task.cancel()
    await asyncio.wait([first, second])
    settled = [message.question for message in screen.posted if isinstance(message, ApprovalSettled)]
    assert [screen.approvals.withdraw(question) for question in settled] == [True, False]
    assert settled[0] is shown
    screen.approvals.close_shown()
    assert screen.approvals.show_next() is None
    screen.approvals.answer(settled[0], is_allowed=True)
    assert first.cancelled(), "an answer that comes too late does nothing"


async def test_stopping_the_run_answers_no_and_says_why_if_it_fails() -> None:
    screen, server = Screen(), FakeTransport()
    client = AssistantsClient(server)
    asked = await screen.ask(Code(thread_id="thread_9"))
    question = screen.approvals.show_next()
    assert isinstance(question, Question)
    problem = await screen.approvals.stop_run(question, client)
    assert await asked is False
    assert problem is not None
    assert problem.startswith("The run could not be stopped; its code is not run.")
    assert len(server.asked("cancel_run")) == 1


async def test_code_that_the_user_runs_again_belongs_to_no_run() -> None:
    screen, server = Screen(), FakeTransport()
    asked = await screen.ask(Code(run_id=""))
    question = screen.approvals.show_next()
    assert question is not None
    assert await screen.approvals.stop_run(question, AssistantsClient(server)) is None
    assert await asked is False
    assert server.calls == []


async def test_the_interpreter_is_offered_once_and_only_for_an_assistant_that_has_it() -> None:
    approvals = Screen().approvals
    assert not approvals.should_offer(frozenset({"file_search"}))
    assert approvals.should_offer(frozenset({"code_interpreter", "file_search"}))
    assert not approvals.should_offer(frozenset({"code_interpreter"}))
