"""The budget of a client with a token: refused once it is used up, and told in the headers of each answer."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable

from aimltui.wire.clients import ALL_RESERVED, ClientSpent, ServedClient, is_reserved, used_up
from aimltui.wire.embeddings import EMBEDDINGS
from aimltui.wire.errors import Forbidden, RateLimited

Read = Callable[[ServedClient], Awaitable[ClientSpent]]


_SOON_S = 5
"""Seconds after which a client asks again whose active runs have reserved the rest."""


class QuotaReserved(RateLimited):
    """429: the active runs of the client may need what is left.

    Attributes:
        retry_after_s: Whole seconds after which one of them may have ended.
    """

    def __init__(self) -> None:
        self.retry_after_s = _SOON_S
        super().__init__(
            f"{ALL_RESERVED} Try again when one of them has ended.", code="rate_limit_exceeded", type="tokens"
        )


class QuotaUsedUp(RateLimited):
    """429: the client has spent what it may.

    Attributes:
        retry_after_s: Whole seconds after which the budget is renewed.
    """

    def __init__(self, why: str, wait_s: float) -> None:
        self.retry_after_s = max(1, math.ceil(wait_s))
        super().__init__(
            f"You exceeded your current quota: {why}. Ask the owner of this server for more, or wait until it is renewed.",
            code="insufficient_quota",
            type="insufficient_quota",
        )


async def headers_within(client: ServedClient, read: Read, now: float) -> dict[str, str]:
    """Return the headers that tell what is left of a client's tokens.

    Args:
        client: The client.
        read: Returns what it has spent.
        now: Unix seconds.

    Raises:
        QuotaUsedUp: Its budget is used up.
        QuotaReserved: Its active runs have reserved the rest.
    """
    spent = await read(client)
    budget = client.budget
    if is_reserved(client, spent):
        raise QuotaReserved
    if (why := used_up(client, spent)) is not None:
        raise QuotaUsedUp(why, _until_renewed(now, is_month="month" in why))
    left = [
        (limit - gone, limit, is_month)
        for limit, gone, is_month in (
            (budget.per_day_tokens, spent.day_tokens, False),
            (budget.per_month_tokens, spent.month_tokens, True),
        )
        if limit is not None
    ]
    if not left:
        return {}
    rest, limit, is_month = min(left)
    return {
        "x-ratelimit-limit-tokens": str(limit),
        "x-ratelimit-remaining-tokens": str(rest),
        "x-ratelimit-reset-tokens": f"{math.ceil(_until_renewed(now, is_month=is_month))}s",
    }


def refuse_place(fields: object) -> None:
    """Let only the owner of the server say where text is sent to be searched by meaning.

    Args:
        fields: The body of a client's request.

    Raises:
        Forbidden: It names such a place.
    """
    left = [fields]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            if EMBEDDINGS in value:
                raise Forbidden(
                    f"Only the owner of this server may set '{EMBEDDINGS}': text is sent there at the owner's cost.",
                    code="owner_only",
                )
            left += value.values()
        elif isinstance(value, list):
            left += value


def _until_renewed(now: float, *, is_month: bool) -> float:
    today = time.localtime(now)
    next_day = (today.tm_year, today.tm_mon, today.tm_mday + 1)
    next_month = (today.tm_year, today.tm_mon + 1, 1)
    # mktime reads the 32nd as the 1st of the next month
    return time.mktime((*(next_month if is_month else next_day), 0, 0, 0, 0, 0, -1)) - now
