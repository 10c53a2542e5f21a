"""Money on the screen, over the real engine: receipt, report, budget; and what is said while nothing comes."""

# ruff: noqa: ASYNC240
# a test may wait for the disk

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.accounting.budget import BudgetLimits
from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatUsage, ModelError, ModelInfo, Price
from aimltui.engine.options import RetryPolicy
from aimltui.tui.startup import Connected
from aimltui.tui.state.entries import Added, NoticeEntry
from tests.support.builders import TestClock, options
from tests.support.fake_model import FakeModel, FakeModels, says
from tests.support.fake_transport import FakeTransport
from tests.support.screen import NoMistakes, Seat, seat

INFO = ModelInfo("demo", context_length=1_000, price=Price(prompt=1e-5, completion=1e-4))
TOLD = ChatUsage(100, 20, 120)


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


@asynccontextmanager
async def window(data: Path, model: FakeModel, **changes: Any) -> AsyncGenerator[Seat, None]:
    async def connect() -> Connected:
        engine = await Engine.open(options(data, **changes), FakeModels(model, info=INFO))
        return Connected(AssistantsClient(EmbeddedTransport(engine)), "test", "demo")

    async with seat(FakeTransport(), data / "drafts", connect=connect, clock=changes.get("clock")) as here:
        yield here


async def ask(here: Seat, text: str) -> None:
    await here.write(text)
    await here.until(lambda: here.workspace.current.view.runs.latest is not None)
    await here.idle()


def remarks(here: Seat) -> str:
    """What the toasts say."""
    return "\n".join(notification.message for notification in here.app._notifications)


async def test_the_receipt_the_status_line_and_the_report_tell_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with window(tmp_path / "data", FakeModel(says("Hello", usage=TOLD))) as here:
        await ask(here, "Ships and sails")
        await here.until(lambda: "≈\u00a0$0.0030 · ctx\u00a010\u00a0%" in here.shown())
        await ask(here, "Once more")
        await here.until(
            lambda: (
                "thread ↑200 ↓40 · ≈\u00a0$0.0060 · ctx\u00a010\u00a0% · today ≈\u00a0$0.0060" in here.shown()
            )
        )
        here.screen.action_show_usage()
        await here.until(lambda: "Total: 2 runs, ≈ $0.0060" in here.shown())
        await here.pilot.press("s", "right")
        await here.until(lambda: "Saved as" in remarks(here))
        await here.until(lambda: "demo" in here.shown() and "Model" in here.shown())
        await here.pilot.press("right")
        await here.until(
            lambda: "Ships and sails" in here.app.screen.query_one("PickList").render_line(0).text
        )
        await here.pilot.press("enter")
        await here.until(lambda: len(here.app.screen_stack) == 1)
    (saved,) = tmp_path.glob("aimltui-usage-by-day*.csv")
    (row,) = csv.DictReader(saved.read_text().splitlines())
    assert (row["runs"], row["prompt_tokens"], row["cost_usd"]) == ("2", "200", "0.006")
    assert row["cost_has_computed_part"] == "yes"


async def test_an_empty_report_says_what_will_be_in_it(tmp_path: Path) -> None:
    async with window(tmp_path, FakeModel()) as here:
        here.screen.action_show_usage()
        await here.until(lambda: "No runs yet." in here.shown())
        await here.pilot.press("s", "escape")
        await here.until(lambda: len(here.app.screen_stack) == 1)
    assert not list(tmp_path.glob("*.csv"))


async def test_a_used_up_day_is_a_card_and_can_be_raised(tmp_path: Path) -> None:
    model = FakeModel(says("Hello", usage=ChatUsage(100, 20, 120, cost_usd=1.25)))
    async with window(tmp_path, model, limits=BudgetLimits(per_day_usd=1.0)) as here:
        await ask(here, "One")
        await here.write("Two")
        await here.until(lambda: "The run was not started" in here.shown())
        assert "$1.25 of $1.00 are spent today" in here.shown()
        assert len(model.requests) == 1
        here.screen.action_raise_budget()
        await here.until(lambda: "$1.00 more" in here.shown())
        await here.pilot.press("down", "down", "enter")
        await here.until(lambda: "today $1.25 of $2.00 (per_day_usd)" in remarks(here))
        await ask(here, "Three")
        assert len(model.requests) == 2


async def test_without_a_days_budget_there_is_nothing_to_raise(tmp_path: Path) -> None:
    async with window(tmp_path, FakeModel()) as here:
        here.screen.action_raise_budget()
        await here.until(lambda: "No daily budget is set" in remarks(here))


async def test_a_silence_is_told_counted_and_stopped_at_once(tmp_path: Path) -> None:
    model, clock = FakeModel([asyncio.Event()]), TestClock()
    async with window(tmp_path, model, first_byte_notice_s=0.05, clock=clock) as here:
        await here.write("Anybody there?")
        await here.until(lambda: "No answer from the model for 0 s · esc to stop" in here.shown())
        clock.advance(1)
        await here.until(lambda: "No answer from the model for 1 s · esc to stop" in here.shown())
        await here.pilot.press("escape")
        await here.until(lambda: here.screen.prompt.draft == "Anybody there?", "the text, given back")
        await here.until(lambda: "No answer" not in here.shown())
        assert model.closed_early == 1


async def test_a_retry_is_counted_down_on_the_screen(tmp_path: Path) -> None:
    busy = ModelError("llm.test is busy.", retryable=True)
    later = ModelError("llm.test is busy.", retryable=True, retry_after_s=30.0)
    model, clock = FakeModel([later], [busy], says("Hello", usage=TOLD)), TestClock()
    retry = RetryPolicy(3, base_s=0.01, cap_s=60.0)
    async with window(tmp_path, model, retry=retry, clock=clock) as here:
        await here.write("Hi")
        await here.until(lambda: "! llm.test is busy · retrying in 30 s (2/3) · esc to stop" in here.shown())
        clock.advance(29)
        await here.until(lambda: "retrying in 1 s (2/3)" in here.shown())
        await here.pilot.press("escape")
        await here.until(lambda: here.screen.prompt.draft == "Hi", "the text, given back")
        await here.pilot.press("enter")
        await here.until(lambda: "completed" in here.shown())
        assert "retrying" not in here.shown()


async def test_a_countdown_begins_with_its_own_seconds_after_a_long_rest(tmp_path: Path) -> None:
    server = FakeTransport()
    async with seat(server, tmp_path) as here:
        server.now += 100
        notice = NoticeEntry("n", "Busy", "warning", until=server.now + 2, attempt="2/3")
        here.screen.transcript.apply([Added(0, notice)])
        await here.until(lambda: "Busy · retrying in 2 s (2/3) · esc to stop" in here.shown())
