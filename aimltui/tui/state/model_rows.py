"""The lines of the model picker for what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aimltui.tui.state.fuzzy import rank


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model as the picker shows it."""

    id: str
    name: str = ""
    """A name for people, where the endpoint has one."""
    vendor: str = ""
    context: int | None = None
    """Tokens; None if unknown."""
    note: str = ""
    """Anything else worth a few words."""


def found_models(rows: Sequence[ModelRow], query: str) -> list[ModelRow]:
    """The models that match, the best first: first by id, then by name and vendor."""
    by_id = rank(query, [row.id for row in rows])
    seen = set(by_id)
    by_rest = [
        index
        for index in rank(query, [f"{row.vendor} {row.name} {row.id}" for row in rows])
        if index not in seen
    ]
    return [rows[index] for index in by_id + by_rest]


def grouped_models(rows: Sequence[ModelRow]) -> list[ModelRow | str]:
    """The models under their vendors' names, vendors and models in the order they came."""
    groups: dict[str, list[ModelRow]] = {}
    for row in rows:
        groups.setdefault(row.vendor, []).append(row)
    if len(groups) == 1:
        return list(rows)
    lines: list[ModelRow | str] = []
    for vendor, models in groups.items():
        lines.append(vendor or "Others")
        lines.extend(models)
    return lines


def typed_id(rows: Sequence[ModelRow], query: str) -> str | None:
    """What was typed, if it can be a model's id and is none of the list."""
    text = query.strip()
    if not text or any(sign.isspace() for sign in text) or any(row.id == text for row in rows):
        return None
    return text


def hint_of(row: ModelRow) -> str:
    """Name, size of the context, and note, as far as they say something."""
    name = row.name if row.name and row.name != row.id else ""
    context = "" if row.context is None else tokens_in_words(row.context)
    return " · ".join(part for part in (name, context, row.note) if part)


def tokens_in_words(tokens: int) -> str:
    """128000 as `128k`, 1048576 as `1M`."""
    if tokens >= 1_000_000:
        millions = tokens / 1_000_000
        return f"{millions:.0f}M" if abs(millions - round(millions)) < 0.06 else f"{millions:.1f}M"
    if tokens >= 1_000:
        return f"{tokens / 1000:.0f}k" if tokens % 1000 == 0 else f"{tokens / 1024:.0f}k"
    return str(tokens)
