"""What the form of an assistant says about its model: the settings that reach it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aimltui.tui.state.assistant_form import EFFORTS

if TYPE_CHECKING:
    from aimltui.wire.models import ModelSettings

OWN = ("", "the model's own")
"""The effort that is not sent."""
CACHE_WORDS = (("", "on"), ("off", "off"))
CACHE_ABOUT = "repeated long prompts cost less; the first one costs a little more"


def told(settings: ModelSettings | None) -> str:
    """What a user should know about the model's settings, in a few words."""
    if settings is None:
        return ""
    parts = []
    missing = [
        word
        for word, is_taken in (("temperature", settings.temperature), ("top p", settings.top_p))
        if not is_taken
    ]
    if missing:
        parts.append(f"takes no {' and no '.join(missing)}")
    if settings.efforts is not None and not settings.efforts:
        parts.append("no reasoning effort")
    return " · ".join(parts)


def effort_words(settings: ModelSettings | None, chosen: str) -> list[tuple[str, str]]:
    """The efforts to choose from, each with its word; none if the model takes none and none is chosen."""
    levels = list(EFFORTS if settings is None or settings.efforts is None else settings.efforts)
    if chosen and chosen not in levels:
        levels.append(chosen)
    budgets = (settings.thinking_budgets if settings is not None else None) or {}
    words = [(level, f"{level} {budgets[level]:,}" if level in budgets else level) for level in levels]
    return [OWN, *words] if words else []


def effort_label(settings: ModelSettings | None) -> tuple[str, str]:
    """The label of the effort, and what it means for this model."""
    if settings is not None and settings.thinking_budgets:
        return "Thinking budget", "tokens"
    return "Reasoning effort", "how long it thinks, if it does"


def has_cache(settings: ModelSettings | None, chosen: str) -> bool:
    """Whether to offer the choice: the model's provider keeps prompts if it is asked to, or one was made."""
    return bool(chosen) or (settings is not None and settings.prompt_cache)


def format_about(settings: ModelSettings | None) -> str:
    """What a user should know about formats of answers."""
    if settings is None or settings.response_format == "json_schema":
        return ""
    return "this model is told the schema, but not held to it"
