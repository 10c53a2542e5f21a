"""The clients of a server: whose requests the engine carries out at the moment, and what they may spend."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

from aimltui.common.dataclass import dataclass

ANYBODY: Final = ""
"""The name that stands for this program, and for a server's clients without a budget."""
ALL_RESERVED: Final = "Your active runs have reserved the rest of your quota."


@dataclass(frozen=True, slots=True)
class ClientBudget:
    """What a client may spend. None is no limit. Days and months are those of the engine's machine."""

    per_day_usd: float | None = None
    per_day_tokens: int | None = None
    per_month_usd: float | None = None
    per_month_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ServedClient:
    """A client that has a separate token."""

    name: str
    budget: ClientBudget = ClientBudget()


@dataclass(frozen=True, slots=True)
class ClientSpent:
    """What a client has spent, with the reservations of its active runs."""

    day_usd: float = 0.0
    day_tokens: int = 0
    month_usd: float = 0.0
    month_tokens: int = 0
    reserved_usd: float = 0.0
    """The part of it that is only reserved; most of it is free again when the runs end."""
    reserved_tokens: int = 0

    @property
    def without_reserved(self) -> ClientSpent:
        """What is spent for certain."""
        return ClientSpent(
            self.day_usd - self.reserved_usd,
            self.day_tokens - self.reserved_tokens,
            self.month_usd - self.reserved_usd,
            self.month_tokens - self.reserved_tokens,
        )


CURRENT: ContextVar[ServedClient | None] = ContextVar("client", default=None)
"""The client whose request is carried out. A run that a request starts belongs to it until the end."""


def is_reserved(client: ServedClient, spent: ClientSpent) -> bool:
    """Return whether a limit is reached only because active runs have reserved what they may need."""
    return used_up(client, spent) is not None and used_up(client, spent.without_reserved) is None


def left_of(client: ServedClient, spent: ClientSpent) -> tuple[float | None, int | None]:
    """Return the dollars and the tokens that a client may still spend; None where nothing limits them."""
    budget = client.budget
    usd = [
        limit - gone
        for limit, gone in ((budget.per_day_usd, spent.day_usd), (budget.per_month_usd, spent.month_usd))
        if limit is not None
    ]
    tokens = [
        limit - gone
        for limit, gone in (
            (budget.per_day_tokens, spent.day_tokens),
            (budget.per_month_tokens, spent.month_tokens),
        )
        if limit is not None
    ]
    return min(usd, default=None), min(tokens, default=None)


def used_up(client: ServedClient, spent: ClientSpent) -> str | None:
    """Return which limit of a client is reached, in words; None if none is. Of several, one of the month."""
    budget = client.budget
    for dollars, gone, tokens, used, word in (
        (budget.per_month_usd, spent.month_usd, budget.per_month_tokens, spent.month_tokens, "of this month"),
        (budget.per_day_usd, spent.day_usd, budget.per_day_tokens, spent.day_tokens, "of today"),
    ):
        if dollars is not None and gone >= dollars:
            return f"the ${dollars:g} {word} are used up"
        if tokens is not None and used >= tokens:
            return f"the {tokens:,} tokens {word} are used up"
    return None
