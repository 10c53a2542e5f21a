"""What a run has cost: the provider's word, list prices, or unknown; and the usage records that outlive it."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.accounting.usage import added, list_price_of, usage_of
from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatChunk, ChatUsage, ModelError, ModelInfo, Price, ToolCallDelta
from aimltui.engine.store import migrations
from aimltui.wire.runs import RunParams, Usage
from aimltui.wire.threads import ThreadParams
from aimltui.wire.usage import UsageParams, UsageReport
from tests.support.builders import TestClock, a_run_wanted, finished, opened, play, run_of, until
from tests.support.fake_model import FakeModel, calls, says

PRICED = ModelInfo("fake", context_length=1_000, price=Price(prompt=2e-6, completion=8e-6, cached=1e-6))
FREE = ModelInfo("fake", price=Price(prompt=0.0, completion=0.0))


async def report(engine: Engine, by: Any = "day", since: str | None = None) -> UsageReport:
    return await engine.usage.usage(UsageParams(by=by, since=since))


def told(prompt: int, completion: int, **more: Any) -> ChatUsage:
    return ChatUsage(prompt, completion, prompt + completion, **more)


def test_the_providers_own_word_goes_before_list_prices() -> None:
    usage = usage_of(told(100, 10, cost_usd=0.5), PRICED)
    assert usage is not None
    assert (usage.cost_usd, usage.cost_is_computed) == (0.5, None)


def test_list_prices_give_a_cost_that_is_marked_as_computed() -> None:
    usage = usage_of(told(100, 10, cached_tokens=40), PRICED)
    assert usage is not None
    assert usage.cost_usd == pytest.approx(60 * 2e-6 + 40 * 1e-6 + 10 * 8e-6)
    assert usage.cost_is_computed is True
    assert (usage.context_tokens, usage.context_length) == (100, 1_000)


@pytest.mark.parametrize(
    "info", [None, ModelInfo("x"), ModelInfo("x", price=Price()), ModelInfo("x", price=Price(prompt=1e-6))]
)
def test_without_a_whole_price_the_cost_is_unknown_and_not_zero(info: ModelInfo | None) -> None:
    usage = usage_of(told(100, 10), info)
    assert usage is not None
    assert usage.cost_usd is None
    assert "cost_usd" not in usage.to_json()


def test_a_listed_price_of_zero_is_a_cost_of_zero() -> None:
    usage = usage_of(told(100, 10), FREE)
    assert usage is not None
    assert usage.cost_usd == 0.0


def test_tokens_from_the_cache_cost_as_others_where_they_have_no_price() -> None:
    assert list_price_of(Price(prompt=1.0, completion=2.0), 10, 1, cached=5) == 12.0
    assert list_price_of(Price(prompt=1.0, completion=2.0, cached=0.5), 3, 0, cached=5) == 1.5


def test_a_cost_without_tokens_is_a_cost_and_the_tokens_are_marked_as_not_whole() -> None:
    usage = usage_of(ChatUsage(cost_usd=0.01), PRICED)
    assert usage is not None
    assert (usage.cost_usd, usage.tokens_are_partial) == (0.01, True)


def test_a_sum_says_what_it_is_made_of() -> None:
    known = Usage(prompt_tokens=10, cost_usd=0.1)
    computed = Usage(prompt_tokens=20, cost_usd=0.2, cost_is_computed=True, context_tokens=20)
    unknown = Usage(prompt_tokens=40)
    both, some = added(known, computed), added(computed, unknown)
    assert both is not None
    assert some is not None
    assert (both.cost_usd, both.cost_is_computed, both.cost_is_partial) == (pytest.approx(0.3), True, None)
    assert (some.cost_usd, some.cost_is_partial, some.context_tokens) == (0.2, True, 20)
    rest = added(unknown, unknown)
    assert rest is not None
    assert (rest.cost_usd, rest.cost_is_partial) == (None, None)


async def test_a_run_tells_its_computed_cost_and_how_full_the_context_is(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(says("Hi", usage=told(100, 10))), info=PRICED) as engine:
        usage = run_of(await play(engine)).usage
    assert usage is not None
    assert usage.cost_usd == pytest.approx(100 * 2e-6 + 10 * 8e-6)
    assert (usage.cost_is_computed, usage.context_tokens, usage.context_length) == (True, 100, 1_000)


async def test_a_run_of_which_the_provider_tells_nothing_has_no_usage_but_is_in_the_report(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, FakeModel(says("Hi", usage=None)), info=PRICED) as engine:
        assert run_of(await play(engine)).usage is None
        total = (await report(engine)).total
    assert (total.runs, total.runs_without_tokens, total.runs_without_cost) == (1, 1, 1)
    assert (total.prompt_tokens, total.cost_usd) == (0, None)


async def test_the_report_sums_by_day_model_and_thread(tmp_path: Path) -> None:
    clock = TestClock()
    model = FakeModel(says("a", usage=told(10, 1, cost_usd=0.25)), says("b", usage=told(20, 2)))
    async with opened(tmp_path, model, clock=clock) as engine:
        first = run_of(await play(engine, "Ships and sails"))
        clock.advance(86_400)
        await play(engine, model="other")
        days, models = await report(engine), await report(engine, "model")
        threads = await report(engine, "thread")
        later = await report(engine, since=days.rows[0].key)
    assert [(row.runs, row.prompt_tokens, row.cost_usd) for row in days.rows] == [
        (1, 20, None),
        (1, 10, 0.25),
    ]
    assert days.rows[0].key > days.rows[1].key
    assert (days.total.runs, days.total.cost_usd, days.total.runs_without_cost) == (2, 0.25, 1)
    assert (days.today.runs, days.today.cost_usd) == (1, None)
    assert [row.key for row in models.rows] == ["other", "fake"]
    assert threads.rows[1].key == first.thread_id
    assert threads.rows[1].label == "Ships and sails"
    assert (later.total.runs, later.today.runs) == (1, 1)


async def test_a_deleted_thread_leaves_its_sums_and_none_of_its_words(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(says("a", usage=told(10, 1, cost_usd=0.25)))) as engine:
        run = run_of(await play(engine, "Unmistakable words"))
        await engine.threads.delete_thread(ThreadParams(thread_id=run.thread_id))
        (row,) = (await report(engine, "thread")).rows
        dump = await engine._runtime.read(
            lambda conn: [tuple(r) for r in conn.execute("SELECT * FROM usage")]
        )
    assert (row.key, row.label, row.cost_usd) == (run.thread_id, None, 0.25)
    assert "Unmistakable" not in str(dump)


async def test_all_turns_of_a_run_count_as_one_run(tmp_path: Path) -> None:
    model = FakeModel(
        calls(("nothing_like_it", "{}"), usage=told(10, 5, cost_usd=0.1)), says("done", usage=told(30, 5))
    )
    async with opened(tmp_path, model) as engine:
        usage = run_of(await play(engine)).usage
        total = (await report(engine)).total
    assert usage is not None
    assert (usage.cost_usd, usage.cost_is_partial, usage.context_tokens) == (0.1, True, 30)
    assert (total.runs, total.prompt_tokens, total.cost_usd, total.runs_without_cost) == (1, 40, 0.1, 1)


async def test_a_run_that_is_stopped_in_the_middle_counts_as_one_of_unknown_cost(tmp_path: Path) -> None:
    model = FakeModel([ChatChunk(text="Once"), asyncio.Event()])
    async with opened(tmp_path, model, info=PRICED) as engine:
        run = await engine.runs.create_run(await a_run_wanted(engine))
        await until(lambda: model.requests)
        await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
        await finished(engine, run)
        found = await report(engine)
    assert (found.total.runs, found.total.runs_without_cost, found.total.cost_usd) == (1, 1, None)
    assert found.budget.spent_usd > 0


@pytest.mark.parametrize(
    "chunk",
    [
        ChatChunk(text="word " * 800),
        ChatChunk(reasoning="word " * 800),
        ChatChunk(tool_calls=[ToolCallDelta(0, id="call_1", name="f", arguments="word " * 800)]),
    ],
)
async def test_what_a_stopped_run_has_streamed_counts_against_the_budget(
    tmp_path: Path, chunk: ChatChunk
) -> None:
    model = FakeModel([chunk, asyncio.Event()])
    async with opened(tmp_path, model, info=PRICED) as engine:
        run = await engine.runs.create_run(await a_run_wanted(engine))
        await until(lambda: model.stood)
        await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
        await finished(engine, run)
        budget = (await report(engine)).budget
    assert budget.spent_tokens >= 1_000
    assert budget.spent_usd >= 1_000 * 8e-6
    assert budget.spent_usd < 1_100 * 8e-6


async def test_the_thoughts_of_a_model_that_tells_no_usage_count_against_the_budget(tmp_path: Path) -> None:
    model = FakeModel([ChatChunk(reasoning="word " * 800), ChatChunk(text="Yes.", finish_reason="stop")])
    async with opened(tmp_path, model, info=PRICED) as engine:
        await play(engine)
        assert (await report(engine)).budget.spent_tokens >= 1_000


async def test_a_refused_question_is_not_in_the_report(tmp_path: Path) -> None:
    model = FakeModel([ModelError("no", status=401)])
    async with opened(tmp_path, model, info=PRICED) as engine:
        assert run_of(await play(engine)).status == "failed"
        found = await report(engine)
    assert (found.rows, found.total.runs, found.budget.spent_usd) == ([], 0, 0.0)


def test_runs_from_before_the_ledger_are_in_it(tmp_path: Path) -> None:
    first = Path(__file__).parents[1] / "fixtures" / "schema_1.sql"
    conn = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    conn.row_factory = sqlite3.Row
    conn.executescript(first.read_text(encoding="utf-8"))
    conn.execute("PRAGMA user_version = 1")
    body = '{"model": "m", "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10, "cost_usd": 0.5}}'
    conn.execute(
        "INSERT INTO threads (id, created_at, activity, last_active_at, body) VALUES ('t', 0, 1, 0, '{}')"
    )
    for run_id, status, text in (("a", "completed", body), ("b", "completed", "{}"), ("c", "failed", body)):
        conn.execute(
            "INSERT INTO runs (id, thread_id, status, created_at, body) VALUES (?, 't', ?, 1800000000, ?)",
            (run_id, status, text),
        )
    migrations.migrate(conn, tmp_path / "old.db")
    rows = conn.execute("SELECT run_id, model, prompt_tokens, told_usd, held_tokens FROM usage").fetchall()
    conn.close()
    assert sorted(tuple(row) for row in rows) == [("a", "m", 7, 0.5, 10), ("c", "m", 7, 0.5, 10)]
