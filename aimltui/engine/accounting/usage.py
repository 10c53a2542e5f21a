"""Tokens and cost of model turns, steps and runs. Pure. What is unknown stays unknown."""

from __future__ import annotations

from aimltui.engine.models.base import ChatUsage, ModelInfo, Price
from aimltui.wire.runs import CachedTokens, ReasoningTokens, Usage


def usage_of(turn: ChatUsage | None, info: ModelInfo | None = None) -> Usage | None:
    """Return the usage of a model turn as the API reports it; None if the provider reported none.

    Args:
        turn: What the provider reported. A cost that it reports takes precedence over list prices.
        info: What is known about the model.
    """
    if turn is None:
        return None
    cached, reasoning = turn.cached_tokens, turn.reasoning_tokens
    has_tokens = bool(turn.prompt_tokens or turn.completion_tokens or turn.total_tokens)
    cost, is_computed = turn.cost_usd, False
    if cost is None and has_tokens and info is not None:
        cost = list_price_of(info.price, turn.prompt_tokens, turn.completion_tokens, cached or 0)
        is_computed = cost is not None
    return Usage(
        prompt_tokens=turn.prompt_tokens,
        completion_tokens=turn.completion_tokens,
        total_tokens=turn.total_tokens or turn.prompt_tokens + turn.completion_tokens,
        # OpenAI's service always had this member; a provider that does not tell counts as one without a cache
        prompt_token_details=CachedTokens(cached_tokens=cached or 0),
        completion_tokens_details=ReasoningTokens(reasoning_tokens=reasoning)
        if reasoning is not None
        else None,
        cost_usd=cost,
        cost_is_computed=is_computed or None,
        tokens_are_partial=None if has_tokens else True,
        context_tokens=turn.prompt_tokens or None,
        context_length=info.context_length if info is not None else None,
    )


def list_price_of(price: Price | None, prompt: int, completion: int, cached: int = 0) -> float | None:
    """Compute the cost in dollars from list prices; None if a price that is needed is not listed.

    Args:
        price: The list prices.
        prompt: Tokens of the prompt, those from the provider's cache included.
        completion: Tokens of the answer.
        cached: Tokens of the prompt that came from the cache. Without a separate price they cost as much as the others.
    """
    if price is None:
        return None
    cached = min(cached, prompt) if price.cached is not None else 0
    parts = ((prompt - cached, price.prompt), (cached, price.cached), (completion, price.completion))
    if price.prompt is None or price.completion is None:
        return None
    return sum(tokens * each for tokens, each in parts if each is not None)


def added(one: Usage | None, other: Usage | None) -> Usage | None:
    """Add the usage of earlier turns and of a later one. A value that only one of them has counts, and marks the sum."""
    if one is None or other is None:
        return one or other
    costs = [usage.cost_usd for usage in (one, other) if usage.cost_usd is not None]
    return Usage(
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        total_tokens=one.total_tokens + other.total_tokens,
        prompt_token_details=_cached(one, other),
        completion_tokens_details=_reasoning(one, other),
        cost_usd=sum(costs) if costs else None,
        cost_is_computed=one.cost_is_computed or other.cost_is_computed,
        cost_is_partial=one.cost_is_partial or other.cost_is_partial or len(costs) == 1 or None,
        tokens_are_partial=one.tokens_are_partial or other.tokens_are_partial,
        context_tokens=other.context_tokens or one.context_tokens,
        context_length=other.context_length or one.context_length,
    )


def partial(usage: Usage) -> Usage:
    """Return the usage, marked as partial: there was another turn whose usage is unknown."""
    return usage.model_copy(
        update={
            "tokens_are_partial": True,
            "cost_is_partial": True if usage.cost_usd is not None else None,
        }
    )


def _cached(one: Usage, other: Usage) -> CachedTokens | None:
    known = [usage.prompt_token_details for usage in (one, other) if usage.prompt_token_details is not None]
    return CachedTokens(cached_tokens=sum(part.cached_tokens for part in known)) if known else None


def _reasoning(one: Usage, other: Usage) -> ReasoningTokens | None:
    known = [
        usage.completion_tokens_details
        for usage in (one, other)
        if usage.completion_tokens_details is not None
    ]
    return ReasoningTokens(reasoning_tokens=sum(part.reasoning_tokens for part in known)) if known else None
