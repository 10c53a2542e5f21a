"""Tokens and cost: from a model turn to a step, from steps to a run. Pure."""

from __future__ import annotations

from aimltui.engine.models.base import ChatUsage
from aimltui.wire.runs import CachedTokens, ReasoningTokens, Usage


def usage_of(turn: ChatUsage | None) -> Usage | None:
    """What a turn cost, as the API writes it; None if the provider did not say."""
    if turn is None:
        return None
    cached, reasoning = turn.cached_tokens, turn.reasoning_tokens
    return Usage(
        prompt_tokens=turn.prompt_tokens,
        completion_tokens=turn.completion_tokens,
        total_tokens=turn.total_tokens or turn.prompt_tokens + turn.completion_tokens,
        prompt_token_details=CachedTokens(cached_tokens=cached) if cached is not None else None,
        completion_tokens_details=ReasoningTokens(reasoning_tokens=reasoning)
        if reasoning is not None
        else None,
        cost_usd=turn.cost_usd,
    )


def added(one: Usage | None, other: Usage | None) -> Usage | None:
    """The sum. What only one of them knows counts as it is; what neither knows stays unknown."""
    if one is None or other is None:
        return one or other
    return Usage(
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        total_tokens=one.total_tokens + other.total_tokens,
        prompt_token_details=_cached(one, other),
        completion_tokens_details=_reasoning(one, other),
        cost_usd=_cost(one, other),
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


def _cost(one: Usage, other: Usage) -> float | None:
    known = [usage.cost_usd for usage in (one, other) if usage.cost_usd is not None]
    return sum(known) if known else None
