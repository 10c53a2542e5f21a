"""What runs have used, and the budgets that stop them. All of it is an extension of the API."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from aimltui.wire.base import Params, Wire, extension

Grouping = Literal["day", "model", "connection", "thread"]


class UsageSum(Wire):
    """Tokens and cost of some runs. Only what was told, or follows from list prices; nothing is guessed."""

    runs: int = 0
    runs_without_tokens: int = 0
    """Runs with a turn for which the provider told no tokens: more was used than the sums say."""
    runs_without_cost: int = 0
    """Runs with a turn whose cost is unknown: the sum is without it."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompt tokens."""
    completion_tokens: int = 0
    cost_usd: float | None = None
    """Dollars; none if nothing is known, which is not zero."""
    computed_usd: float = 0.0
    """The part of it that was computed from list prices; the provider told the rest."""


class UsageRow(UsageSum):
    """One line of a report."""

    key: str = ""
    """The day as `2026-11-22`, the id of the model or the thread, the name of the connection."""
    label: str | None = extension()
    """The thread's title; none if it was deleted, or has none."""


class Budget(Wire):
    """What may be spent, and what of it is spent. A limit of none is no limit."""

    per_run_usd: float | None = None
    per_run_tokens: int | None = None
    per_day_usd: float | None = None
    """As configured; what was added for today is not in it."""
    per_day_tokens: int | None = None
    added_usd: float = 0.0
    """What was added to today's limit."""
    added_tokens: int = 0
    spent_usd: float = 0.0
    """Today, with estimates where nobody told the cost, and with what runs at work hold."""
    spent_tokens: int = 0
    unheld_runs: int = 0
    """Today's runs whose cost is unknown and cannot be estimated: no limit in dollars counts them."""


class UsageReport(Wire):
    """The answer to `usage`."""

    object: str = "usage.report"
    by: str = "day"
    rows: list[UsageRow] = Field(default_factory=list)
    """The newest day first; of models, connections and threads those that were used last."""
    total: UsageSum = Field(default_factory=UsageSum)
    today: UsageSum = Field(default_factory=UsageSum)
    """Of the calendar day on the machine that runs the engine, whatever `since` says."""
    budget: Budget = Field(default_factory=Budget)


class UsageParams(Params):
    """GET /usage."""

    by: Grouping | None = None
    """The default is `day`."""
    since: Annotated[str | None, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] = None
    """The first day that counts."""


class RaiseBudget(Params):
    """POST /usage/budget: more may be spent today. It ends with the day."""

    usd: Annotated[float | None, Field(gt=0, le=100_000)] = None
    tokens: Annotated[int | None, Field(gt=0, le=1_000_000_000_000)] = None


class BalanceParams(Params):
    """GET /usage/balance."""

    connection: str | None = None
    """The connection's name; none for the default one."""


class Balance(Wire):
    """What is left on the account at the provider."""

    object: str = "usage.balance"
    host: str = ""
    usd: float | None = None
    """Dollars; none if the provider told it in a way that this program does not know."""
