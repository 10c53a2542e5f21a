"""The usage of runs, and the budgets that limit it. An extension of the API."""

from typing import Annotated, Literal

from pydantic import Field

from aimltui.wire.base import Params, Wire, empty_list, extension

Grouping = Literal["day", "model", "connection", "thread", "client"]


class UsageSum(Wire):
    """Tokens and cost of some runs: what providers reported or list prices give; nothing is guessed."""

    runs: int = 0
    runs_without_tokens: int = 0
    """Runs with a turn without reported tokens: more was used than the sums show."""
    runs_without_cost: int = 0
    """Runs with a turn whose cost is unknown: the sum does not contain it."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Prompt tokens from the provider's cache."""
    completion_tokens: int = 0
    cost_usd: float | None = None
    """Dollars; None if nothing is known, which is not zero."""
    computed_usd: float = 0.0
    """The part that was computed from list prices; providers reported the rest."""


class UsageRow(UsageSum):
    """One line of a report."""

    key: str = ""
    """The day as `2026-11-22`, the id of the model or the thread, or the name of the connection or of the server's client."""
    label: str | None = extension()
    """The thread's title; None if it was deleted, or has none."""


class Budget(Wire):
    """The budget and what has been spent. A limit of None is no limit."""

    per_run_usd: float | None = None
    per_run_tokens: int | None = None
    per_day_usd: float | None = None
    """The configured limit, without what was added for today."""
    per_day_tokens: int | None = None
    added_usd: float = 0.0
    """The amount that was added to today's limit."""
    added_tokens: int = 0
    spent_usd: float = 0.0
    """Spent today, with estimates where no cost was reported, and with the reservations of active runs."""
    spent_tokens: int = 0
    unheld_runs: int = 0
    """Today's runs whose cost is unknown and cannot be estimated: no limit in dollars counts them."""


class UsageReport(Wire):
    """The answer to `usage`."""

    object: str = "usage.report"
    by: str = "day"
    rows: list[UsageRow] = Field(default_factory=empty_list)
    """The newest day first; models, connections and threads by their last use."""
    total: UsageSum = Field(default_factory=UsageSum)
    today: UsageSum = Field(default_factory=UsageSum)
    """The current calendar day on the engine's machine, independent of `since`."""
    budget: Budget = Field(default_factory=Budget)


class UsageParams(Params):
    """GET /usage."""

    by: Grouping | None = None
    """The default is `day`."""
    since: Annotated[str | None, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] = None
    """The first day of the report."""


class RaiseBudget(Params):
    """POST /usage/budget: raises today's budget until midnight."""

    usd: Annotated[float | None, Field(gt=0, le=100_000)] = None
    tokens: Annotated[int | None, Field(gt=0, le=1_000_000_000_000)] = None


class BalanceParams(Params):
    """GET /usage/balance."""

    connection: str | None = None
    """The connection's name; None for the default one."""


class Balance(Wire):
    """The balance of the account at the provider."""

    object: str = "usage.balance"
    host: str = ""
    usd: float | None = None
    """Dollars; None if the provider reported it in a form that this program does not know."""
