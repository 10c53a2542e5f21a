"""The usage report as table lines, sentences and CSV. Pure."""

from __future__ import annotations

import csv
import io
from dataclasses import field, replace
from typing import TYPE_CHECKING

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.money import Cost, cost_text, money_text
from aimltui.formatting.numbers import short_count
from aimltui.formatting.spreadsheet import harmless_cell

if TYPE_CHECKING:
    from aimltui.wire.usage import Balance, Budget, UsageReport, UsageRow, UsageSum

HEADINGS = {
    "day": "Day",
    "model": "Model",
    "thread": "Thread",
    "connection": "Connection",
    "client": "Client",
}
DELETED = "a deleted thread"
NONE = "·"
"""Stands for zero in a cell; a dash would mean unknown."""


@dataclass(frozen=True, slots=True)
class UsageLine:
    """One line of the report."""

    key: str
    label: str
    runs: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    tokens_are_partial: bool = False
    cost: Cost = field(default_factory=Cost)
    runs_without_cost: int = 0


@dataclass(frozen=True, slots=True)
class UsageTable:
    """A usage report as text and numbers for a table."""

    by: str
    lines: tuple[UsageLine, ...]
    total: UsageLine
    today: UsageLine
    budget: tuple[str, ...] = ()
    """A sentence for each limit."""


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    width: int
    least: int
    """The table width, in cells, from which on the column is shown."""


_COLUMNS = (
    _Column("runs", 6, 0),
    _Column("in", 7, 44),
    _Column("cached", 7, 66),
    _Column("out", 7, 50),
    _Column("cost", 12, 0),
    _Column("unknown", 11, 74),
)


def sum_cost(of: UsageSum) -> Cost:
    """Return the cost of a sum of runs."""
    return Cost(of.cost_usd, of.computed_usd > 0, of.cost_usd is not None and of.runs_without_cost > 0)


def table_of(report: UsageReport) -> UsageTable:
    """Return the table of a report, for the screen and for the plain terminal."""
    return UsageTable(
        report.by,
        tuple(_usage_line(row, row.key, _label(report.by, row)) for row in report.rows),
        _usage_line(report.total),
        _usage_line(report.today),
        budget_lines(report.budget),
    )


def budget_lines(budget: Budget) -> tuple[str, ...]:
    """Return a short text for each limit that is set."""
    found = []
    if budget.per_day_usd is not None:
        limit = budget.per_day_usd + budget.added_usd
        found.append(day_budget_text("per_day_usd", limit, budget.spent_usd, in_dollars=True))
    if budget.per_day_tokens is not None:
        tokens = budget.per_day_tokens + budget.added_tokens
        found.append(day_budget_text("per_day_tokens", tokens, budget.spent_tokens, in_dollars=False))
    if budget.per_run_usd is not None:
        found.append(run_budget_text("per_run_usd", budget.per_run_usd, in_dollars=True))
    if budget.per_run_tokens is not None:
        found.append(run_budget_text("per_run_tokens", budget.per_run_tokens, in_dollars=False))
    return tuple(found)


def balance_text(balance: Balance) -> str:
    """Return the balance as a sentence."""
    if balance.usd is None:
        return f"{balance.host} answered, but its balance could not be read."
    return f"{money_text(balance.usd)} left on the account at {balance.host}."


def _usage_line(of: UsageSum, key: str = "", label: str = "") -> UsageLine:
    return UsageLine(
        key,
        label,
        of.runs,
        of.prompt_tokens,
        of.cached_tokens,
        of.completion_tokens,
        of.runs_without_tokens > 0,
        sum_cost(of),
        of.runs_without_cost,
    )


def _label(by: str, row: UsageRow) -> str:
    if by == "thread":
        return clean_line(row.label or DELETED)
    nameless = {"connection": "the default", "client": "no client with a token"}
    return clean_line(row.key) or nameless.get(by, "–")


def columns_text(width: int) -> str:
    """Return the headings of the number columns, each aligned with its column."""
    return "".join(f"{column.title:>{column.width}}" for column in _columns(width))


def numbers_text(line: UsageLine, width: int) -> str:
    """Return the numbers of a line, as wide as `columns_text`."""
    over = "+" if line.tokens_are_partial else ""
    unknown = line.runs_without_cost
    rest = f"+ {short_count(unknown)} run{'' if unknown == 1 else 's'}" if unknown else NONE
    cells = {
        "runs": short_count(line.runs),
        "in": short_count(line.prompt_tokens) + over,
        "cached": short_count(line.cached_tokens) if line.cached_tokens else NONE,
        "out": short_count(line.completion_tokens) + over,
        "cost": _known_text(line.cost),
        "unknown": rest,
    }
    return "".join(f"{cells[column.title]:>{column.width}}" for column in _columns(width))


def summary_text(name: str, line: UsageLine) -> str:
    """Return a sum as text: `Today: 3 runs, $0.0431 + 1 run of unknown cost`."""
    if not line.runs:
        if line.cost.usd is None and not line.runs_without_cost:
            return f"{name}: no runs"
        cost = "cost unknown" if line.cost.usd is None else _known_text(line.cost)
        return f"{name}: no runs, {cost} for the text of files"
    runs = f"{line.runs:,} run{'' if line.runs == 1 else 's'}"
    cost = _known_text(line.cost)
    if line.cost.usd is None:
        return f"{name}: {runs}, cost unknown"
    unknown = line.runs_without_cost
    rest = f" + {unknown:,} run{'' if unknown == 1 else 's'} of unknown cost" if unknown else ""
    return f"{name}: {runs}, {cost}{rest}"


def day_budget_text(name: str, limit: float, spent: float, *, in_dollars: bool) -> str:
    """Return a daily limit as text: `today $0.62 of $1.00 (per_day_usd)`."""
    unit = "" if in_dollars else " tokens"
    gone = money_text(spent) if in_dollars else f"{round(spent):,}"
    return f"today {gone} of {limit_text(limit, in_dollars=in_dollars)}{unit} ({name})"


def run_budget_text(name: str, limit: float, *, in_dollars: bool) -> str:
    """Return a limit per run as text: `each run up to $0.50 (per_run_usd)`."""
    unit = "" if in_dollars else " tokens"
    return f"each run up to {limit_text(limit, in_dollars=in_dollars)}{unit} ({name})"


def limit_text(limit: float, *, in_dollars: bool = True) -> str:
    """Return the amount of a limit: `$0.50`, or a number of tokens."""
    if not in_dollars:
        return f"{round(limit):,}"
    return f"${limit:,.2f}" if round(limit, 2) == round(limit, 9) else money_text(limit)


def csv_text(table: UsageTable) -> str:
    """Return the report as CSV for a spreadsheet; an unknown cost is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [
            table.by,
            "title",
            "runs",
            "prompt_tokens",
            "cached_tokens",
            "completion_tokens",
            "cost_usd",
            "cost_has_computed_part",
            "runs_of_unknown_cost",
        ]
    )
    for line in table.lines:
        title = line.label if table.by == "thread" else ""
        writer.writerow(
            [
                harmless_cell(line.key),
                harmless_cell(title),
                line.runs,
                line.prompt_tokens,
                line.cached_tokens,
                line.completion_tokens,
                "" if line.cost.usd is None else f"{line.cost.usd:.8f}".rstrip("0").rstrip("."),
                "yes" if line.cost.is_computed else "no",
                line.runs_without_cost,
            ]
        )
    return out.getvalue()


def _known_text(cost: Cost) -> str:
    """Return the known part of a cost; the number of runs of unknown cost is shown beside it."""
    return cost_text(replace(cost, is_partial=False)).replace("\u00a0", " ")


def _columns(width: int) -> list[_Column]:
    return [column for column in _COLUMNS if width >= column.least]
