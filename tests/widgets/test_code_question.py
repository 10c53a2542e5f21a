"""Questions about code: answered on purpose, never by a key that was meant for something else."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from textual.app import App
from textual.widgets import Static

from aimltui.client.client import AssistantsClient
from aimltui.tui.code_consent import ConsentState, PendingCode
from aimltui.tui.screens.dialogs.question import AgreeQuestion, CodeQuestion, OptionLine, visible
from aimltui.tui.startup import Connected
from tests.support.fake_transport import FakeTransport
from tests.support.screen import seat


class QuestionApp(App[None]):
    def __init__(self, screen: CodeQuestion | AgreeQuestion) -> None:
        super().__init__()
        self.question = screen
        self.results: list[str | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.question, self.results.append)


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(["escape"], None), (["down", "down", "enter"], "skip"), (["up", "enter"], "stop")],
)
async def test_every_answer_can_be_given(keys: list[str], answer: str | None) -> None:
    app = QuestionApp(CodeQuestion("print(1)\n" * 200))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("pagedown", *keys)
    assert app.results == [answer]


async def test_allowing_code_at_all_is_not_the_first_answer() -> None:
    app = QuestionApp(AgreeQuestion("None works here."))
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        await pilot.press("down")
        await pilot.press("enter")
    assert app.results == ["off"]


def test_no_character_of_the_code_can_hide() -> None:
    hostile = "a = 1 # \x1b]0;\nimport os; os.system('x')\n# \x07\rb\u202e\u200b = '\u2028'\t# tab"
    shown = visible(hostile)
    assert "import os; os.system('x')" in shown
    for mark in (r"\x1b", r"\x07", r"\r", r"\u202e", r"\u200b", r"\u2028"):
        assert mark in shown
    assert all(character.isprintable() or character == "\n" for character in shown)


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (80, 24), (200, 60)])
async def test_the_answers_are_seen_in_any_size_and_with_any_code(size: tuple[int, int]) -> None:
    app = QuestionApp(CodeQuestion("[/] [@click=app.quit]x[/]\n" * 100 + "y" * 5000, "[b]thread"))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        last = list(app.question.query(OptionLine))[-1]
        if size[1] >= 12:
            assert last.region.bottom <= size[1]
            assert last.region.height == 1


class FakeConsent:
    """A machine without a sandbox."""

    def __init__(self) -> None:
        self.allowed: list[bool] = []
        self.ask: object = None

    async def state(self) -> ConsentState:
        return ConsentState("asked" if self.allowed[-1:] == [True] else "off", "None works here.")

    async def allow(self, allowed: bool) -> str:
        self.allowed.append(allowed)
        return ""

    def set_approver(self, ask: object) -> None:
        self.ask = ask


async def test_the_question_says_until_when_the_run_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.localtime", time.gmtime)
    for expires_at, words in ((1_800_000_600, "your decision until 08:10."), (None, "")):
        app = QuestionApp(CodeQuestion("print(1)", expires_at=expires_at))
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause()
            told = "".join(str(part.content) for part in app.question.query(Static))
            assert words in told
            assert (expires_at is None) is ("Waiting" not in told)


class Code:
    thread_id, run_id, code, expires_at = "thread_other", "run_1", "print(1)", None


async def test_the_screen_asks_one_thing_after_the_other_and_takes_back_what_is_settled(
    tmp_path: Path,
) -> None:
    consent = FakeConsent()

    async def connect() -> Connected:
        return Connected(AssistantsClient(FakeTransport()), "here", "m", consent=consent)

    async with seat(FakeTransport(), tmp_path, connect=connect) as here:
        await here.until(lambda: consent.ask is not None)
        code: PendingCode = Code()
        ask = here.screen.ask_about_code
        first, second, third = (asyncio.create_task(ask(code)) for _ in range(3))
        await here.until(lambda: isinstance(here.app.screen, CodeQuestion))
        one = here.app.screen
        assert isinstance(one, CodeQuestion)
        await here.alive()
        await here.pilot.press("down", "enter")
        assert await first is True
        await here.until(lambda: here.app.screen is not one and isinstance(here.app.screen, CodeQuestion))
        second.cancel()
        two = here.app.screen
        await here.until(lambda: here.app.screen is not two and isinstance(here.app.screen, CodeQuestion))
        three = here.app.screen
        assert isinstance(three, CodeQuestion)
        await here.alive()
        await here.pilot.press("escape")
        assert await third is False
        here.screen.action_code_consent()
        await here.until(lambda: isinstance(here.app.screen, AgreeQuestion))
        agree = here.app.screen
        assert isinstance(agree, AgreeQuestion)
        await here.alive()
        await here.pilot.press("down", "down", "enter")
        await here.until(lambda: consent.allowed == [True])


async def test_an_assistant_with_the_tool_offers_it_once_and_only_where_there_is_no_sandbox(
    tmp_path: Path,
) -> None:
    consent = FakeConsent()

    async def connect() -> Connected:
        return Connected(AssistantsClient(FakeTransport()), "here", "m", consent=consent)

    async with seat(FakeTransport(), tmp_path, connect=connect) as here:
        offer = here.workspace.before_run
        assert offer is not None
        await offer(frozenset({"file_search"}))
        here.screen.spawn(offer(frozenset({"code_interpreter"})), "test")
        await here.until(lambda: isinstance(here.app.screen, AgreeQuestion))
        question = here.app.screen
        assert isinstance(question, AgreeQuestion)
        await here.alive()
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is here.screen)
        await offer(frozenset({"code_interpreter"}))
        assert here.app.screen is here.screen, "it is offered once"
        assert consent.allowed == []
