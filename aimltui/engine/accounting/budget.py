"""The budget: whether a model turn may start, and how long its answer may be. Pure."""

from __future__ import annotations

import math

from aimltui.common.dataclass import dataclass
from aimltui.engine.models.base import Price

LEAST_ANSWER = 16
"""Tokens. With room for fewer the model is not called: the call would cost money and return nothing useful."""
MOST_ANSWER = 32_000
"""Tokens that are reserved for an answer whose length nothing limits."""
_TODAY = "Raise it for today (ctrl+p, Raise today's budget), wait until midnight, or change the setting."
_EACH = "Send a message to go on in a new run, or change the setting in the configuration."


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """The user's spending limits. None is no limit."""

    per_run_usd: float | None = None
    per_day_usd: float | None = None
    per_run_tokens: int | None = None
    per_day_tokens: int | None = None

    @property
    def in_dollars(self) -> bool:
        """Whether a limit is in dollars and so needs prices."""
        return self.per_run_usd is not None or self.per_day_usd is not None

    @property
    def exist(self) -> bool:
        """Whether any limit is set."""
        return self.in_dollars or self.per_run_tokens is not None or self.per_day_tokens is not None


@dataclass(frozen=True, slots=True)
class Spent:
    """What has been spent. Where the provider reports no cost, estimates count."""

    run_usd: float = 0.0
    run_tokens: int = 0
    day_usd: float = 0.0
    day_tokens: int = 0
    open_usd: float = 0.0
    """Reserved by other active runs."""
    open_tokens: int = 0
    added_usd: float = 0.0
    """The amount that the user has added to today's limit."""
    added_tokens: int = 0
    unheld_runs: int = 0


@dataclass(frozen=True, slots=True)
class TurnEstimate:
    """The estimated size of the next model turn."""

    prompt_tokens: int
    """An estimate."""
    most_answer: int | None = None
    """The longest answer in tokens, if the run or the model limits it."""
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is reserved for one model turn."""

    usd: float = 0.0
    tokens: int = 0
    least_usd: float | None = None
    """The cost if the answer is empty; None if the price is unknown."""
    least_tokens: int = 0
    max_answer: int | None = None
    """The limit of the answer in tokens if the budget is the tightest limit; None leaves the request's limit."""
    binding: str = ""
    """The tightest setting, as a phrase for the user; empty if no setting limits the answer."""


@dataclass(frozen=True, slots=True)
class OverBudget:
    """Why a turn would exceed the budget."""

    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class _Limit:
    name: str
    limit: float
    gone: float
    held: float
    """Reserved by other active runs."""
    in_dollars: bool
    is_daily: bool

    @property
    def left(self) -> float:
        return self.limit - self.gone - self.held

    def text(self, amount: float) -> str:
        return dollars(amount) if self.in_dollars else f"{round(amount):,} tokens"


def is_priced(price: Price | None) -> bool:
    """Return whether the cost of a turn can be computed in advance."""
    return price is not None and price.prompt is not None and price.completion is not None


def reserve(limits: BudgetLimits, spent: Spent, turn_estimate: TurnEstimate) -> Reservation | OverBudget:
    """Reserve the possible cost of a turn, or return why it may not start."""
    price = turn_estimate.price
    prompt_price = price.prompt if price is not None and is_priced(price) else None
    answer_price = price.completion if price is not None and is_priced(price) else None
    most = turn_estimate.most_answer or MOST_ANSWER
    tightest: _Limit | None = None
    for limit in _all(limits, spent):
        if limit.in_dollars and (prompt_price is None or answer_price is None):
            if limit.left <= 0:
                return _too_much(limit, None)
            continue
        least = (
            turn_estimate.prompt_tokens * (prompt_price or 0.0)
            if limit.in_dollars
            else turn_estimate.prompt_tokens
        )
        each = (answer_price or 0.0) if limit.in_dollars else 1.0
        room = _room(limit.left - least, each)
        if room < min(LEAST_ANSWER, most):
            return _too_much(limit, least)
        if room < most:
            most, tightest = int(room), limit
    least_usd = None if prompt_price is None else turn_estimate.prompt_tokens * prompt_price
    return Reservation(
        usd=0.0 if least_usd is None else least_usd + most * (answer_price or 0.0),
        tokens=turn_estimate.prompt_tokens + most,
        least_usd=least_usd,
        least_tokens=turn_estimate.prompt_tokens,
        max_answer=most if tightest is not None else None,
        binding=_told(tightest) if tightest is not None else "",
    )


def longest_answer(turn: TurnEstimate, usd: float | None, tokens: int | None) -> int | None:
    """Return the longest answer in tokens that dollars and tokens pay for, or a useful one; None if neither limits it.

    Args:
        turn: The turn; dollars count if its price is known.
        usd: The dollars that are left.
        tokens: The tokens that are left.
    """
    price, most = turn.price, turn.most_answer or MOST_ANSWER
    rooms = [] if tokens is None else [float(tokens - turn.prompt_tokens)]
    if usd is not None and price is not None and price.prompt is not None and price.completion:
        rooms.append((usd - turn.prompt_tokens * price.prompt) / price.completion)
    if not rooms or min(rooms) >= most:
        return None
    return min(most, max(LEAST_ANSWER, int(min(rooms))))


def used_up(limits: BudgetLimits, spent: Spent) -> OverBudget | None:
    """Return why no run may start today, or None if one may."""
    for limit in _all(limits, spent):
        if limit.is_daily and limit.left <= 0:
            return _too_much(limit, None)
    return None


def cut_off(binding: str) -> OverBudget:
    """Return the message for an answer that reached the end of the budget.

    Args:
        binding: See `Reservation.binding`.
    """
    remedy = _TODAY if "per_day" in binding else _EACH
    return OverBudget(f"The answer was cut off: the budget allows no more. {binding}.", remedy)


def dollars(amount: float) -> str:
    """Format an amount in dollars with its significant decimal places."""
    if amount == 0:
        return "$0"
    if amount >= 0.1:
        return f"${amount:.4f}".removesuffix("00")
    return f"${amount:.4f}" if amount >= 0.0001 else "less than $0.0001"


def _all(limits: BudgetLimits, spent: Spent) -> list[_Limit]:
    found: list[_Limit] = []
    if limits.per_run_usd is not None:
        found.append(_Limit("per_run_usd", limits.per_run_usd, spent.run_usd, 0.0, True, False))
    if limits.per_run_tokens is not None:
        found.append(_Limit("per_run_tokens", limits.per_run_tokens, spent.run_tokens, 0.0, False, False))
    if limits.per_day_usd is not None:
        most = limits.per_day_usd + spent.added_usd
        found.append(_Limit("per_day_usd", most, spent.day_usd, spent.open_usd, True, True))
    if limits.per_day_tokens is not None:
        tokens = limits.per_day_tokens + spent.added_tokens
        found.append(_Limit("per_day_tokens", tokens, spent.day_tokens, spent.open_tokens, False, True))
    return found


def _room(left: float, each: float) -> float:
    """Return how many tokens of an answer the rest of a limit pays for."""
    if left < 0:
        return -1.0
    return math.inf if each == 0 else left / each


def _told(limit: _Limit) -> str:
    span = "today" if limit.is_daily else "by this run"
    gone = dollars(limit.gone) if limit.in_dollars else f"{round(limit.gone):,}"
    held = f", and {limit.text(limit.held)} are reserved by active runs" if limit.held > 0 else ""
    return f"{gone} of {limit.text(limit.limit)} are spent {span}{held} ([budget] {limit.name})"


def _too_much(limit: _Limit, least: float | None) -> OverBudget:
    what = "Today's budget" if limit.is_daily else "This run's budget"
    if least is None or limit.left <= 0:
        why = f"{what} is used up: {_told(limit)}."
    else:
        why = (
            f"{what} is too small for the next request, whose prompt alone takes about {limit.text(least)}: "
            f"{_told(limit)}."
        )
    return OverBudget(f"{why} The model was not asked.", _TODAY if limit.is_daily else _EACH)
