"""UsageTracker: today's usage for the status line, and the reports of the usage screen."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError
from aimltui.formatting.money import cost_text, money_text
from aimltui.formatting.usage_table import (
    UsageTable,
    balance_text,
    budget_lines,
    limit_text,
    sum_cost,
    table_of,
)
from aimltui.wire.errors import APIError
from aimltui.wire.usage import Budget, RaiseBudget, UsageParams, UsageReport, UsageSum

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient

_NEVER = "9999-12-31"
"""A day after all others: the report then has no rows, and only today's sum is read."""
_TIMES = (0.25, 0.5, 1.0, 2.0)
"""Multiples of the daily limit by which the budget can be raised."""

log = logging.getLogger(__name__)


class UsageTracker:
    """Knows what today's runs have used and cost.

    Args:
        client: The server. With one that has no report, nothing is known.
        on_change: Called when today's text has changed.
    """

    def __init__(self, client: AssistantsClient, on_change: Callable[[], object] = lambda: None) -> None:
        self._client = client
        self._on_change = on_change
        self._today: UsageSum | None = None
        self._budget = Budget()

    @property
    def today(self) -> str:
        """Today's cost and budget in a few words; empty if nothing is known."""
        if self._today is None or not self._today.runs:
            return ""
        limit, budget = self._budget.per_day_usd, self._budget
        if limit is not None:
            return f"today {money_text(budget.spent_usd)} of {limit_text(limit + budget.added_usd)}"
        cost = sum_cost(self._today)
        return f"today {cost_text(cost)}" if cost.is_known else ""

    async def refresh(self) -> None:
        """Read today's usage; a failure is only logged."""
        try:
            report = await self._client.usage(UsageParams(by="day", since=_NEVER))
        except (APIError, TransportError) as error:
            log.info("what was used today is not known: %s", error)
            return
        self._take(report)

    async def table(self, by: str) -> UsageTable:
        """The usage report.

        Args:
            by: `day`, `model`, `thread` or another view of the server.

        Raises:
            APIError: The server refuses, or has no report.
            TransportError: It does not answer.
        """
        report = await self._client.usage(UsageParams.model_validate({"by": by}))
        self._take(report)
        return table_of(report)

    async def raises(self) -> list[tuple[str, str]]:
        """The amounts by which today's budget can be raised: the value for `raise_today`, and a label.

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
        """Raise today's budget.

        Args:
            amount: A value of `raises`.

        Returns:
            What may be spent now, as a sentence.

        Raises:
            APIError: The server refuses.
            TransportError: It does not answer.
        """
        unit, _, number = amount.partition(":")
        self._budget = await self._client.raise_budget(RaiseBudget.model_validate({unit: float(number)}))
        told = next(text for text in budget_lines(self._budget) if f"(per_day_{unit})" in text)
        return f"Raised until midnight: {told}."

    async def balance(self) -> str:
        """What is left on the account, as a sentence; the server asks the provider.

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
