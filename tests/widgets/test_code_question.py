"""Questions about code: answered on purpose, never by a key that was meant for something else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from textual.app import App

from aimltui.client.client import AssistantsClient
from aimltui.tui.code_consent import CodeDecision, ConsentState, PendingCode
from aimltui.tui.screens.dialogs.question import AgreeQuestion
from aimltui.tui.screens.dialogs.text_entry import TextEntry
from aimltui.tui.startup import Connected
from aimltui.tui.widgets.footer import FooterBar
from tests.support.builders import PATIENCE_S
from tests.support.fake_transport import FakeTransport
from tests.support.screen import seat


class QuestionApp(App[None]):
    def __init__(self, screen: AgreeQuestion) -> None:
        super().__init__()
        self.question = screen
        self.results: list[str | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.question, self.results.append)


async def test_allowing_code_at_all_is_not_the_first_answer() -> None:
    app = QuestionApp(AgreeQuestion("None works here."))
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        keys = app.question.query_one(FooterBar)
        assert "pgdn" not in [item.key for item in keys.items], "nothing to scroll"
        await pilot.resize_terminal(100, 9)
        async with asyncio.timeout(PATIENCE_S):
            while "pgdn" not in [item.key for item in keys.items]:
                await pilot.pause()
        await pilot.press("down")
        await pilot.press("enter")
    assert app.results == ["off"]


class FakeConsent:
    """A machine without a sandbox."""

    def __init__(self) -> None:
        self.allowed: list[bool] = []
        self.ask: Callable[[PendingCode], Coroutine[Any, Any, CodeDecision]] | None = None

    async def state(self) -> ConsentState:
        return ConsentState("asked" if self.allowed[-1:] == [True] else "off", "None works here.")

    async def allow(self, allowed: bool) -> str:
        self.allowed.append(allowed)
        return ""

    def set_approver(self, ask: Any) -> None:
        self.ask = ask


class Code:
    run_id, call_id = "run_1", ""

    def __init__(self, thread_id: str, code: str = "print(1)") -> None:
        self.thread_id, self.code, self.expires_at = thread_id, code, 1_800_000_600


async def test_code_is_asked_about_on_the_card_of_its_thread(tmp_path: Path) -> None:
    consent = FakeConsent()

    async def connect() -> Connected:
        return Connected(AssistantsClient(FakeTransport()), "here", "m", consent=consent)

    server = FakeTransport()
    async with seat(server, tmp_path, connect=connect, size=(100, 30)) as here:
        await here.until(lambda: consent.ask is not None)
        await here.write("Count.")
        await here.idle()
        thread_id, card = here.workspace.current.thread_id or "", here.screen.card()

        def ask(code: PendingCode) -> asyncio.Task[CodeDecision]:
            assert consent.ask is not None
            return asyncio.create_task(consent.ask(code))

        elsewhere = ask(Code("thread_other"))
        await here.until(lambda: here.workspace.decisions.threads)
        await here.pilot.pause()
        assert not card.display, "it belongs to another thread"
        first, second = ask(Code(thread_id, "first = 1")), ask(Code(thread_id, "second = 2"))
        await here.until(lambda: card.display)
        assert "first = 1" in here.shown()
        assert "expires in" in here.shown()
        assert here.rows()["Count."].mark == "needs_you"
        assert here.screen.focused is here.screen.prompt
        await here.pilot.press("tab")
        await here.until(lambda: card.is_alive)
        await here.pilot.press("o", "enter")
        assert await first == CodeDecision(True)
        # the next piece of code is another question, for which nothing is selected
        await here.until(lambda: card.shown_call is not None and "second" in card.shown_call.arguments)
        assert card.chosen is None
        await here.until(lambda: card.is_alive)
        await here.pilot.press("r", "enter")
        await here.until(lambda: isinstance(here.app.screen, TextEntry))
        await here.pilot.press(*"no", "ctrl+s")
        assert await second == CodeDecision(False, "no")
        await here.until(lambda: not card.display)
        assert here.rows()["Count."].mark != "needs_you"
        withdrawn = ask(Code(thread_id))
        await here.until(lambda: card.display)
        withdrawn.cancel()
        await here.until(lambda: not card.display)
        elsewhere.cancel()

        here.screen.action_code_consent()
        await here.until(lambda: isinstance(here.app.screen, AgreeQuestion))
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
        offer = here.workspace.planner.before_run
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
