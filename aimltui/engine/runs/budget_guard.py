"""Enforces the budget on one run: reserves before each model call, settles after it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from aimltui.engine.accounting.budget import (
    OverBudget,
    Reservation,
    TurnEstimate,
    cut_off,
    is_priced,
    longest_answer,
    reserve,
)
from aimltui.engine.accounting.tokens import estimate, estimate_message
from aimltui.engine.accounting.usage import list_price_of, usage_of
from aimltui.engine.models.base import ChatRequest, ModelInfo
from aimltui.engine.runs.journal import Journal
from aimltui.engine.runs.notices import WaitNotices
from aimltui.engine.runs.prompt.turn_request import PreparedTurn
from aimltui.engine.runs.services import RunServices
from aimltui.engine.runs.status import Outcome
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.runs.turn_writer import TurnWriter
from aimltui.engine.store import usage as rows
from aimltui.wire.clients import ALL_RESERVED, ANYBODY, CURRENT, is_reserved, left_of, used_up
from aimltui.wire.runs import FAILED, LastError, Run, Usage

BUDGET = "budget"
"""The `LastError.kind` of a run that the budget stopped."""
_COUNTED_AT_ONCE = 500
"""Tokens that are estimated faster than another thread is woken."""
_QUOTA = "You exceeded your current quota: the answer was cut off, because the rest pays for no more."


class BudgetGuard:
    """Reserves and settles the cost of one run's model turns."""

    def __init__(self, services: RunServices, journal: Journal, notices: WaitNotices) -> None:
        self._services = services
        self._journal = journal
        self._notices = notices
        self._held = Reservation()
        self._prompt_tokens = 0
        self._info: ModelInfo | None = None

    async def reserve(self, run: Run, turn: PreparedTurn) -> PreparedTurn | Outcome:
        """Reserve the possible cost of a turn; return the turn within the budget, or the run's end."""
        info = self._info = self._services.models.info(run.model, run.connection)
        price = info.price if info is not None else None
        limits = self._services.options.limits
        tokens = self._prompt_tokens = await _size_of(turn)
        longest = info.output_limit if info is not None else None
        wanted = turn.request.max_tokens
        most = min(wanted, longest) if wanted and longest else wanted or longest
        turn_estimate = TurnEstimate(tokens, most, price)
        client = CURRENT.get()

        def hold(transaction: RunTransaction) -> Reservation | OverBudget:
            now = self._services.options.clock()
            quota: int | None = None
            if client is not None:
                rows.drop_turn(transaction.conn, run.id)
                gone = rows.spent_by(transaction.conn, client.name, now)
                if is_reserved(client, gone):
                    return OverBudget(ALL_RESERVED, "Try again when one of them has ended.")
                if (why := used_up(client, gone)) is not None:
                    return OverBudget(f"You exceeded your current quota: {why}.", "")
                quota = longest_answer(turn_estimate, *left_of(client, gone))
            asked = turn_estimate if quota is None else replace(turn_estimate, most_answer=quota)
            found = reserve(limits, rows.spent(transaction.conn, now, run.id), asked)
            if isinstance(found, Reservation):
                if quota is not None and found.max_answer is None:
                    found = replace(found, max_answer=quota)
                rows.begin_turn(
                    transaction.conn, run, now, found, client.name if client is not None else ANYBODY
                )
            return found

        found = await self._journal.commit(hold)
        if isinstance(found, OverBudget):
            return stopped(found)
        self._held = found
        if limits.in_dollars and not is_priced(price) and run.model not in self._services.remarked:
            self._services.remarked.add(run.model)
            self._notices.note(
                f"The price of {run.model} is unknown, so the budget in dollars cannot stop a call in advance. "
                "A budget in tokens ([budget] per_run_tokens, per_day_tokens) works for every model."
            )
        if found.max_answer is None:
            return turn
        return replace(turn, request=replace(turn.request, max_tokens=found.max_answer))

    async def drop(self) -> None:
        """Drop the reservation: the model rejected the request."""
        await self._journal.commit(lambda transaction: rows.drop_turn(transaction.conn, transaction.run.id))

    def usage_of(self, writer: TurnWriter) -> Usage | None:
        """Return the known tokens and cost of the turn."""
        return usage_of(writer.usage, self._info)

    def spent(self, usage: Usage | None, writer: TurnWriter) -> tuple[int, int]:
        """Return the prompt and completion tokens that count against limits; estimates if the provider reports none."""
        if usage is not None and not usage.tokens_are_partial:
            return usage.prompt_tokens, usage.completion_tokens
        return self._prompt_tokens, _streamed(writer)

    def count_streamed(self, writer: TurnWriter, transaction: RunTransaction) -> None:
        """Add what an open turn has streamed to what it costs at the least: a client may leave before its end."""
        tokens = _streamed(writer)
        usd = list_price_of(self._info.price if self._info is not None else None, 0, tokens)
        rows.add_to_least(transaction.conn, transaction.run.id, tokens, usd or 0.0)

    def settle(self, transaction: RunTransaction, usage: Usage | None, prompt: int, completion: int) -> None:
        """Store the cost of the turn."""
        cost = usage.cost_usd if usage is not None else None
        if cost is None:
            cost = list_price_of(self._info.price if self._info is not None else None, prompt, completion)
        rows.end_turn(transaction.conn, transaction.run.id, usage, prompt + completion, cost)

    def cut_off(self, finish_reason: str | None) -> Outcome | None:
        """Return the run's end if the budget's limit cut off the answer."""
        if finish_reason != "length" or self._held.max_answer is None:
            return None
        if not self._held.binding:
            return stopped(OverBudget(_QUOTA, ""))
        return stopped(cut_off(self._held.binding))


def _streamed(writer: TurnWriter) -> int:
    return writer.characters // 4 + sum(estimate(call.name) for call in writer.calls)


async def _size_of(turn: PreparedTurn) -> int:
    """Estimate the tokens of a turn's request, in another thread unless that would take longer than the estimate."""
    if turn.tokens <= _COUNTED_AT_ONCE and not turn.request.tools:
        return _size(turn.request)
    return await asyncio.to_thread(_size, turn.request)


def _size(request: ChatRequest) -> int:
    """Estimate the tokens of a request."""
    tools = estimate(json.dumps(list(request.tools))) if request.tools else 0
    return sum(estimate_message(message) for message in request.messages) + tools


def stopped(why: OverBudget) -> Outcome:
    """Return the outcome of a run that the budget stops."""
    error = LastError(code="rate_limit_exceeded", message=why.message, remedy=why.remedy, kind=BUDGET)
    return Outcome(FAILED, error, message_reason="max_tokens")
