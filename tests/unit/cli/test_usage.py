"""`aimltui usage`: the report in a plain terminal."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from aimltui.cli.main import main
from aimltui.engine.models.base import ChatUsage, ModelInfo, Price
from aimltui.formatting.money import Cost, context_text, cost_text, money_text
from aimltui.formatting.usage_table import UsageLine, UsageTable, csv_text, numbers_text, summary_text
from tests.support.builders import opened, play
from tests.support.fake_model import FakeModel, says

INFO = ModelInfo("fake", price=Price(prompt=1e-5, completion=1e-4))


async def spend(data_dir: Path) -> None:
    model = FakeModel(says("Hi", usage=ChatUsage(100, 20, 120)))
    async with opened(data_dir, model, info=INFO) as engine:
        await play(engine, "Ships and sails")
    async with opened(data_dir, model) as engine:
        await play(engine, "Ships and sails", model="local")


@pytest.fixture
def spent(tmp_path: Path) -> list[str]:
    asyncio.run(spend(tmp_path / "data"))
    (tmp_path / "config.toml").write_text("[budget]\nper_day_usd = 2\nper_run_tokens = 5000\n")
    return ["--data-dir", str(tmp_path / "data"), "--config", str(tmp_path / "config.toml")]


def test_the_report_needs_no_key_and_tells_sums_and_budget(
    spent: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["usage", "--by", "model", *spent]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["Model", "runs", "in", "cached", "out", "cost", "unknown"]
    assert sorted(line.split()[0] for line in said[1:3]) == ["fake", "local"]
    assert "Total: 2 runs, ≈ $0.0030 + 1 run of unknown cost" in said
    assert (
        "Budget: today $0.0030 of $2.00 (per_day_usd); each run up to 5,000 tokens (per_run_tokens)" in said
    )


def test_the_report_is_json_for_programs(spent: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["usage", "--by", "thread", "--json", "--since", "2020-01-01", *spent]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [row["label"] for row in report["rows"]] == ["Ships and sails", "Ships and sails"]
    assert report["total"]["cost_usd"] == pytest.approx(0.003)
    assert report["budget"]["per_day_usd"] == 2


def test_a_title_drives_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def title() -> None:
        async with opened(tmp_path, FakeModel(says("Hi"))) as engine:
            await play(engine, "a\x1b]0;owned\x07b\x9b2Jc\u202ed")

    asyncio.run(title())
    for form in ([], ["--json"]):
        assert main(["usage", "--by", "thread", *form, "--data-dir", str(tmp_path)]) == 0
        said = capsys.readouterr().out
        assert all(sign.isprintable() or sign == "\n" for sign in said)
    assert "owned" in json.loads(said)["rows"][0]["label"]


def test_an_error_drives_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--connection", "x\x1b]0;owned\x07\x9b2J", "--data-dir", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "x" in said
    assert all(sign.isprintable() or sign == "\n" for sign in said)


def test_the_budget_is_raised_for_today(spent: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["usage", "--raise-usd", "1.5", *spent]) == 0
    assert "of $3.50 (per_day_usd)" in capsys.readouterr().out
    assert main(["usage", "--raise-usd", "-1", *spent]) == 2
    assert main(["usage", "--raise-tokens", "5", *spent]) == 1
    said = capsys.readouterr().err
    assert "above 0" in said
    assert "per_day_tokens is not set" in said


def test_the_balance_of_another_provider_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data-dir", str(tmp_path), "--base-url", "http://127.0.0.1:9/v1"]
    assert main(["usage", "--balance", *where]) == 1
    assert "Only the AI/ML API reports a balance" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (Cost(), "–"),
        (Cost(0.0), "$0"),
        (Cost(0.0, is_computed=True), "$0"),
        (Cost(0.0043), "$0.0043"),
        (Cost(0.0043, is_computed=True), "≈\u00a0$0.0043"),
        (Cost(0.0043, is_partial=True), "over\u00a0$0.0043"),
        # some of the runs are known to be free, which says nothing of all
        (Cost(0.0, is_partial=True), "–"),
        (Cost(1234.5), "$1,234.50"),
        (Cost(0.0000012), "$0.000001"),
    ],
)
def test_a_cost_says_how_sure_it_is(cost: Cost, text: str) -> None:
    assert cost_text(cost) == text


def test_money_that_is_owed_has_its_sign_before_it() -> None:
    assert money_text(-0.5) == "-$0.500"


@pytest.mark.parametrize(
    ("used", "length", "text"),
    [
        (3_900, 128_000, "ctx\u00a03\u00a0%"),
        (5, 128_000, "ctx\u00a0<1\u00a0%"),
        (None, 128_000, ""),
        (5, None, ""),
    ],
)
def test_the_context_is_told_where_it_is_known(used: int | None, length: int | None, text: str) -> None:
    assert context_text(used, length) == text


def test_a_spreadsheet_takes_no_title_for_a_formula() -> None:
    line = UsageLine("thread_1", '=HYPERLINK("http://x.test","y")', 1, cost=Cost(0.5))
    text = csv_text(UsageTable("thread", (line,), line, line))
    assert "\"'=HYPERLINK" in text
    assert text.splitlines()[1].startswith("thread_1,")


def test_columns_stay_in_line_whatever_is_unknown() -> None:
    lines = [UsageLine("a", "a", 1), UsageLine("b", "b", 12, 10**6, 5, 7, True, Cost(1e5, True, True), 30)]
    for width in (20, 45, 60, 70, 100):
        assert len({len(numbers_text(line, width)) for line in lines}) == 1


def test_a_sum_names_what_is_not_in_it() -> None:
    assert summary_text("Today", UsageLine("", "")) == "Today: no runs"
    assert summary_text("Today", UsageLine("", "", 1)) == "Today: 1 run, cost unknown"
    known = UsageLine("", "", 3, cost=Cost(0.25, is_partial=True), runs_without_cost=2)
    assert summary_text("Total", known) == "Total: 3 runs, $0.250 + 2 runs of unknown cost"
