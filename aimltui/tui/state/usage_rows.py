"""The usage report as lines of a table, and as CSV. Pure."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace

from aimltui.tui.state.money import Cost, cost_text, money_text
from aimltui.tui.state.status import count_text

HEADINGS = {"day": "Day", "model": "Model", "thread": "Thread", "connection": "Connection"}
DELETED = "a deleted thread"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
    """A report that is ready to be shown."""

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
    """Cells of the whole table from which on it is shown."""


_COLUMNS = (
    _Column("runs", 6, 0),
    _Column("in", 7, 44),
    _Column("cached", 7, 66),
    _Column("out", 7, 50),
    _Column("cost", 12, 0),
    _Column("", 12, 74),
)


def columns_text(width: int) -> str:
    """The headings of the numbers, each over its column."""
    return "".join(f"{column.title:>{column.width}}" for column in _columns(width))


def numbers_text(line: UsageLine, width: int) -> str:
    """The numbers of a line, as wide as `columns_text`."""
    over = "+" if line.tokens_are_partial else ""
    rest = f"+ {count_text(line.runs_without_cost)} unknown" if line.runs_without_cost else ""
    if line.cost.usd is None:
        rest = ""
    cells = {
        "runs": count_text(line.runs),
        "in": count_text(line.prompt_tokens) + over,
        "cached": count_text(line.cached_tokens) if line.cached_tokens else "–",
        "out": count_text(line.completion_tokens) + over,
        "cost": _known_text(line.cost),
        "": rest,
    }
    return "".join(f"{cells[column.title]:>{column.width}}" for column in _columns(width))


def summary_text(name: str, line: UsageLine) -> str:
    """A sum in words: `Today: 3 runs, $0.0431 + 1 run of unknown cost`."""
    if not line.runs:
        return f"{name}: no runs"
    runs = f"{line.runs:,} run{'' if line.runs == 1 else 's'}"
    cost = _known_text(line.cost)
    if line.cost.usd is None:
        return f"{name}: {runs}, cost unknown"
    unknown = line.runs_without_cost
    rest = f" + {unknown:,} run{'' if unknown == 1 else 's'} of unknown cost" if unknown else ""
    return f"{name}: {runs}, {cost}{rest}"


def budget_text(name: str, limit: float, spent: float | None, *, in_dollars: bool) -> str:
    """A limit in words: `per_day_usd: $0.62 of $1.00`."""

    def amount(value: float) -> str:
        return money_text(value) if in_dollars else f"{round(value):,} tokens"

    return (
        f"{name}: {amount(limit)}" if spent is None else f"{name}: {amount(spent)} of {amount(limit)} spent"
    )


def csv_text(table: UsageTable) -> str:
    """The report for a spreadsheet; an unknown cost is an empty cell."""
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
                _cell(line.key),
                _cell(title),
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
    """The known part of a cost; how many runs are not in it stands beside it."""
    return cost_text(replace(cost, is_partial=False)).replace("\u00a0", " ")


def _columns(width: int) -> list[_Column]:
    return [column for column in _COLUMNS if width >= column.least]


def _cell(text: str) -> str:
    # A spreadsheet takes what begins like this for a formula, and titles are anybody's text.
    return f"'{text}" if text.startswith(_FORMULA) else text
