"""Sentences of the engine as a plain terminal shows them."""

from __future__ import annotations

import re

from aimltui.common.patterns import pattern

_REASONS = {
    "content_filter": "the provider's content filter stopped it",
    "max_tokens": "it reached the limit of tokens for an answer",
    "max_completion_tokens": "it reached the limit of tokens for an answer",
    "max_prompt_tokens": "the thread is longer than the limit of tokens for a request",
}
_SCREEN_KEYS = (
    (pattern(r" with ctrl\+L", re.IGNORECASE), " with --model ID"),
    (pattern(r" \(ctrl\+p, Connections, or --base-url\)", re.IGNORECASE), " (--base-url URL)"),
    (
        pattern(r"base URL under Connections \(ctrl\+p\)", re.IGNORECASE),
        "base URL (--base-url URL, or Connections in aimltui)",
    ),
    (
        pattern(r" under Connections \(ctrl\+p\)", re.IGNORECASE),
        " (--api-key-env NAME, or Connections in aimltui)",
    ),
    (pattern(r" \(ctrl\+p, Raise today's budget\)"), " in aimltui (Raise today's budget)"),
    (pattern(r" \(ctrl\+p\)", re.IGNORECASE), " (--connection NAME)"),
)


def incomplete_reason(reason: str) -> str:
    """Return in words why an answer is incomplete.

    Args:
        reason: As the API says it: of the run, or of its message.
    """
    return _REASONS.get(reason, reason or "the model did not say why")


def without_screen_keys(remedy: str) -> str:
    """Return advice with the flags of the command line in place of the full-screen program's keys."""
    for keys, flag in _SCREEN_KEYS:
        remedy = keys.sub(flag, remedy)
    return remedy
