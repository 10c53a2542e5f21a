"""Budgets stop before the spend, and say what, how much, which setting, and what to do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.accounting.budget import (
    BudgetLimits,
    OverBudget,
    Reservation,
    Spent,
    TurnEstimate,
    longest_answer,
    reserve,
    used_up,
)
from aimltui.engine.models.base import ChatUsage, ModelInfo, Price
from aimltui.wire.clients import CURRENT, ClientBudget, ServedClient
from aimltui.wire.errors import BadRequest, Forbidden
from aimltui.wire.events import Notice
from aimltui.wire.messages import TextContent
from aimltui.wire.runs import Run
from aimltui.wire.usage import RaiseBudget, UsageParams
from tests.support.builders import TestClock, a_run_wanted, messages_of, opened, play, run_of, until
from tests.support.fake_model import FakeModel, calls, says

PRICE = Price(prompt=1e-5, completion=1e-4)
INFO = ModelInfo("fake", price=PRICE, output_limit=1_000)


def told(prompt: int, completion: int, cost: float | None = None) -> ChatUsage:
    return ChatUsage(prompt, completion, prompt + completion, cost_usd=cost)


def given(found: Reservation | OverBudget) -> Reservation:
    assert isinstance(found, Reservation), found
    return found


def refused(found: Reservation | OverBudget | None) -> OverBudget:
    assert isinstance(found, OverBudget), found
    return found


def test_without_limits_nothing_is_capped() -> None:
    found = given(reserve(BudgetLimits(), Spent(day_usd=1e9), TurnEstimate(10, 100, PRICE)))
    assert found.max_answer is None
    assert found.least_usd == pytest.approx(1e-4)


def test_an_answer_may_be_as_long_as_what_is_left_pays_for() -> None:
    found = given(reserve(BudgetLimits(per_run_usd=0.0111), Spent(), TurnEstimate(100, None, PRICE)))
    assert found.max_answer == 101
    assert found.usd == pytest.approx(0.001 + 101 * 1e-4)


def test_the_tightest_limit_rules() -> None:
    limits = BudgetLimits(per_run_usd=1.0, per_day_usd=0.05, per_run_tokens=1_000, per_day_tokens=400)
    found = given(reserve(limits, Spent(), TurnEstimate(100, None, PRICE)))
    assert found.max_answer == 300
    assert "per_day_tokens" in found.binding


def test_an_answer_that_fits_anyway_is_not_capped() -> None:
    assert (
        given(reserve(BudgetLimits(per_day_usd=5.0), Spent(), TurnEstimate(100, 500, PRICE))).max_answer
        is None
    )


def test_a_question_that_would_go_over_is_not_asked() -> None:
    limit = reserve(BudgetLimits(per_day_usd=1.0), Spent(day_usd=0.9995), TurnEstimate(100, None, PRICE))
    message = refused(limit).message
    assert "$0.9995 of $1.00 are spent today" in message
    assert "[budget] per_day_usd" in message
    assert "takes about $0.0010" in message
    assert "was not asked" in message
    assert "Raise it for today" in refused(limit).remedy


def test_what_others_have_set_aside_is_not_there_to_be_spent() -> None:
    found = refused(
        reserve(BudgetLimits(per_day_tokens=1_000), Spent(open_tokens=950), TurnEstimate(100, None, PRICE))
    )
    assert "950 tokens are reserved by active runs" in found.message


def test_an_unknown_price_leaves_the_dollars_alone_until_they_are_gone() -> None:
    limits = BudgetLimits(per_day_usd=1.0, per_day_tokens=1_000)
    found = given(reserve(limits, Spent(day_usd=0.99), TurnEstimate(100, None, None)))
    assert (found.max_answer, found.least_usd) == (900, None)
    assert "used up" in refused(reserve(limits, Spent(day_usd=1.0), TurnEstimate(100, None, None))).message


def test_what_costs_nothing_needs_no_budget() -> None:
    free = Price(prompt=0.0, completion=0.0)
    assert (
        given(reserve(BudgetLimits(per_run_usd=0.01), Spent(), TurnEstimate(10**6, None, free))).max_answer
        is None
    )


def test_a_day_is_used_up_by_what_is_spent_and_not_by_the_runs_limit() -> None:
    limits = BudgetLimits(per_run_usd=0.1, per_day_usd=1.0)
    assert used_up(limits, Spent(run_usd=5.0, day_usd=0.5)) is None
    assert used_up(limits, Spent(day_usd=1.0, added_usd=0.5)) is None
    assert "per_day_usd" in refused(used_up(limits, Spent(day_usd=1.5, added_usd=0.5))).message


async def test_the_model_is_told_how_long_the_answer_may_get(tmp_path: Path) -> None:
    model = FakeModel(says("Hi", usage=told(10, 5)))
    async with opened(tmp_path, model, info=INFO, limits=BudgetLimits(per_run_usd=0.05)) as engine:
        assert run_of(await play(engine)).status == "completed"
    assert 400 < (model.requests[0].max_tokens or 0) < 500


async def test_an_answer_that_the_budget_cuts_off_stays_and_says_why(tmp_path: Path) -> None:
    model = FakeModel(says("Once upon a", finish="length", usage=told(10, 5)))
    async with opened(tmp_path, model, info=INFO, limits=BudgetLimits(per_run_usd=0.05)) as engine:
        run = run_of(await play(engine))
        kept = (await messages_of(engine, run.thread_id))[-1]
    assert run.last_error is not None
    assert (run.status, run.last_error.kind) == ("failed", "budget")
    assert "cut off" in run.last_error.message
    assert "per_run_usd" in run.last_error.message
    assert kept.content[0].text.value == "Once upon a"  # type: ignore[union-attr]


async def test_a_run_ends_before_the_turn_that_would_go_over(tmp_path: Path) -> None:
    model = FakeModel(calls(("nothing_like_it", "{}"), usage=told(10, 5, cost=0.0499)), says("never"))
    async with opened(tmp_path, model, info=INFO, limits=BudgetLimits(per_run_usd=0.05)) as engine:
        run = run_of(await play(engine))
    assert len(model.requests) == 1
    assert run.last_error is not None
    assert "$0.0499 of $0.0500 are spent by this run" in run.last_error.message
    assert "new run" in (run.last_error.remedy or "")


async def test_on_a_used_up_day_no_run_begins_and_a_raise_lets_it(tmp_path: Path) -> None:
    clock = TestClock()
    model = FakeModel(says("Hi", usage=told(10, 5, cost=1.25)))
    limits = BudgetLimits(per_day_usd=1.0)
    async with opened(tmp_path, model, info=INFO, limits=limits, clock=clock) as engine:
        assert run_of(await play(engine)).status == "completed"
        wanted = await a_run_wanted(engine)
        with pytest.raises(Forbidden, match=r"\$1\.25 of \$1\.00 are spent today") as refusal:
            await engine.runs.create_run(wanted)
        assert refusal.value.code == "budget_used_up"
        budget = await engine.usage.raise_budget(RaiseBudget(usd=2.0))
        assert (budget.added_usd, budget.spent_usd, budget.per_day_usd) == (2.0, 1.25, 1.0)
        assert run_of(await play(engine)).status == "completed"
        clock.advance(86_400)
        assert run_of(await play(engine)).status == "completed"
        assert (await engine.usage.usage(UsageParams())).budget.added_usd == 0.0


async def test_only_a_budget_that_exists_can_be_raised(tmp_path: Path) -> None:
    async with opened(tmp_path, limits=BudgetLimits(per_day_usd=1.0)) as engine:
        for params in (RaiseBudget(), RaiseBudget(tokens=5)):
            with pytest.raises(BadRequest):
                await engine.usage.raise_budget(params)


async def test_tokens_hold_where_no_price_is_known_and_that_is_said_once(tmp_path: Path) -> None:
    model = FakeModel(says("Hi", usage=told(10, 5)))
    limits = BudgetLimits(per_day_usd=1.0, per_day_tokens=1_000)
    async with opened(tmp_path, model, limits=limits) as engine:
        remarks = []
        for _ in range(2):
            log = None
            run = await engine.runs.create_run(await a_run_wanted(engine))
            log = engine._runtime.supervisor.log_of(run.id)
            assert log is not None
            async for event in log.follow():
                if isinstance(event.data, Notice) and event.data.kind == "remark":
                    remarks.append(event.data.text)
    assert len(remarks) == 1
    assert "The price of fake is unknown" in remarks[0]
    assert "tokens" in remarks[0]
    assert 900 < (model.requests[0].max_tokens or 0) < 1_000


async def test_two_programs_on_one_store_share_the_day(tmp_path: Path) -> None:
    gate = asyncio.Event()
    busy = FakeModel([gate, *says("Hi", usage=told(10, 5))])
    limits, info = BudgetLimits(per_day_tokens=500), replace(INFO, output_limit=None)
    async with (
        opened(tmp_path, busy, info=info, limits=limits) as one,
        opened(tmp_path, FakeModel(), info=info, limits=limits) as other,
    ):
        first = await one.runs.create_run(await a_run_wanted(one))
        await until(lambda: busy.requests)
        wanted = await a_run_wanted(other)
        with pytest.raises(Forbidden, match="reserved by active runs"):
            await other.runs.create_run(wanted)
        gate.set()

        async def free() -> bool:
            return (await other.usage.usage(UsageParams())).budget.spent_tokens == 15

        await until(free)
        run: Any = await other.runs.create_run(wanted)
        assert isinstance(run, Run)
        assert first.id != run.id


async def test_a_turn_beyond_the_budget_of_a_client_is_not_asked(tmp_path: Path) -> None:
    model = FakeModel(says("Hi", usage=told(10, 5)))
    client = ServedClient("alice", ClientBudget(per_day_tokens=15))
    async with opened(tmp_path, model) as engine:
        mark = CURRENT.set(client)
        try:
            assert run_of(await play(engine)).status == "completed"
            run = run_of(await play(engine))
        finally:
            CURRENT.reset(mark)
        assert run.last_error is not None
        assert run.last_error.message == (
            "You exceeded your current quota: the 15 tokens of today are used up."
        )
        # what nobody with a token asked for belongs to no client
        assert run_of(await play(engine)).status == "completed"
        assert (await engine.spent_by(client)).day_tokens == 15
        assert len(model.requests) == 2


@pytest.mark.parametrize(
    ("most", "usd", "tokens", "answer"),
    [
        (None, None, None, None),
        (None, None, 1_000_000, None),
        (None, None, 110, 100),
        (None, None, 12, 16),
        (8, None, 12, 8),
        (None, 0.0101, None, 100),
        (None, 0.0101, 60, 50),
        (50, 0.0101, None, None),
    ],
)
def test_an_answer_is_as_long_as_the_rest_of_a_quota_pays_for(
    most: int | None, usd: float | None, tokens: int | None, answer: int | None
) -> None:
    assert longest_answer(TurnEstimate(10, most, PRICE), usd, tokens) == answer
    if tokens is None:
        assert longest_answer(TurnEstimate(10, most), usd, tokens) is None, "the price is unknown"


async def test_an_answer_ends_where_the_quota_of_its_client_ends(tmp_path: Path) -> None:
    model = FakeModel(says("The begin", finish="length", usage=told(10, 5)))
    client = ServedClient("alice", ClientBudget(per_day_tokens=1_000, per_month_tokens=200))
    async with opened(tmp_path, model) as engine:
        mark = CURRENT.set(client)
        try:
            run = run_of(await play(engine))
        finally:
            CURRENT.reset(mark)
        answer = (await messages_of(engine, run.thread_id))[-1].content[0]
    assert isinstance(answer, TextContent)
    assert answer.text.value == "The begin"
    asked = model.requests[0].max_tokens
    assert asked is not None
    assert 100 < asked < 200
    assert run.last_error is not None
    assert run.last_error.message.startswith("You exceeded your current quota: the answer was cut off")
