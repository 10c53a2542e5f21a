"""What was used today, for the line over the prompt; and the reports of the usage screen."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError
from aimltui.common.sanitize import clean_line
from aimltui.formatting.money import Cost, cost_text, money_text
from aimltui.formatting.usage_table import (
    DELETED,
    UsageLine,
    UsageTable,
    day_budget_text,
    limit_text,
    run_budget_text,
)
from aimltui.wire.errors import APIError
from aimltui.wire.usage import Balance, Budget, RaiseBudget, UsageParams, UsageReport, UsageRow, UsageSum

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient

_NEVER = "9999-12-31"
"""No day is that late: the rows stay away, what is asked for is today."""
_TIMES = (0.25, 0.5, 1.0, 2.0)
"""Of the configured limit."""

log = logging.getLogger(__name__)


class Purse:
    """Knows what today's runs have cost.

    Args:
        client: The server. One that has no report leaves the purse empty.
        on_change: Called when something else is known.
    """

    def __init__(self, client: AssistantsClient, on_change: Callable[[], object] = lambda: None) -> None:
        self._client = client
        self._on_change = on_change
        self._today: UsageSum | None = None
        self._budget = Budget()

    @property
    def today(self) -> str:
        """Today in a few words; empty if there is nothing to say."""
        if self._today is None or not self._today.runs:
            return ""
        limit, budget = self._budget.per_day_usd, self._budget
        if limit is not None:
            return f"today {money_text(budget.spent_usd)} of {limit_text(limit + budget.added_usd)}"
        cost = sum_cost(self._today)
        return "" if cost.usd is None else f"today {cost_text(cost)}"

    async def refresh(self) -> None:
        """Ask the server; one that cannot tell is no trouble."""
        try:
            report = await self._client.usage(UsageParams(by="day", since=_NEVER))
        except (APIError, TransportError) as error:
            log.info("what was used today is not known: %s", error)
            return
        self._take(report)

    async def table(self, by: str) -> UsageTable:
        """The sums of all time.

        Raises:
            APIError: The server refuses, or has no report.
            TransportError: It does not answer.
        """
        report = await self._client.usage(UsageParams.model_validate({"by": by}))
        self._take(report)
        return table_of(report)

    async def raises(self) -> list[tuple[str, str]]:
        """By how much today's budget can be raised: what `raise_today` takes, and words for it.

        Raises:
            APIError: The server refuses, or has no budget.
            TransportError: It does not answer.
        """
        self._take(await self._client.usage(UsageParams(by="day", since=_NEVER)))
        found: list[tuple[str, str]] = []
        dollars, tokens = self._budget.per_day_usd, self._budget.per_day_tokens
        if dollars is not None:
            found += [
                (f"usd:{dollars * times:.6f}", f"{limit_text(dollars * times)} more") for times in _TIMES
            ]
        if tokens is not None:
            more = [max(1, round(tokens * times)) for times in _TIMES]
            found += [(f"tokens:{count}", f"{count:,} tokens more") for count in more]
        return found

    async def raise_today(self, amount: str) -> str:
        """Raise today's budget by one of `raises`; what may be spent now, as a sentence.

        Raises:
            APIError: The server refuses.
            TransportError: It does not answer.
        """
        unit, _, number = amount.partition(":")
        self._budget = await self._client.raise_budget(RaiseBudget.model_validate({unit: float(number)}))
        told = next(text for text in budget_lines(self._budget) if f"(per_day_{unit})" in text)
        return f"Raised until midnight: {told}."

    async def balance(self) -> str:
        """Ask the provider what is left on the account; a sentence.

        Raises:
            APIError: The provider, or the server, refuses.
            TransportError: The server does not answer.
        """
        return balance_text(await self._client.balance())

    def _take(self, report: UsageReport) -> None:
        before = self.today
        self._today, self._budget = report.today, report.budget
        if self.today != before:
            self._on_change()


def sum_cost(of: UsageSum) -> Cost:
    """The cost of some runs."""
    return Cost(of.cost_usd, of.computed_usd > 0, of.cost_usd is not None and of.runs_without_cost > 0)


def table_of(report: UsageReport) -> UsageTable:
    """A report as the screen and the plain terminal show it."""
    return UsageTable(
        report.by,
        tuple(_line(row, row.key, _label(report.by, row)) for row in report.rows),
        _line(report.total),
        _line(report.today),
        budget_lines(report.budget),
    )


def budget_lines(budget: Budget) -> tuple[str, ...]:
    """A few words for each limit that is set."""
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
    """The balance as a sentence."""
    if balance.usd is None:
        return f"{balance.host} answered, but not with a balance that this program can read."
    return f"{money_text(balance.usd)} are left on the account at {balance.host}."


def _line(of: UsageSum, key: str = "", label: str = "") -> UsageLine:
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
    return clean_line(row.key) or ("the default one" if by == "connection" else "–")
