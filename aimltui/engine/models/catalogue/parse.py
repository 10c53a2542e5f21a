"""Reads the answer of `GET /models` in the formats of various servers. Tolerant, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from aimltui.common.patterns import pattern
from aimltui.engine.models.base import JSON, ModelInfo
from aimltui.engine.models.catalogue.rows import endpoints_of, is_rich, read_row

ROWS_LIMIT = 20_000
_VERSION_DOT = pattern(r"(?<=\d)\.(?=\d)")


def rows_of(payload: JSON) -> Sequence[JSON] | None:
    """The rows: `data` or `models` of an object, or the list itself. None if there are none."""
    if isinstance(payload, Mapping):
        for key in ("data", "models"):
            if isinstance(payload.get(key), list):
                return payload[key]  # type: ignore[no-any-return]  # checked in the line above
        return None
    return payload if isinstance(payload, list) else None


def read_models(payload: JSON) -> list[ModelInfo] | None:
    """The chat models in the list's order, each id once; None if the payload is not a list of models."""
    rows = rows_of(payload)
    if rows is None:
        return None
    found: dict[str, ModelInfo] = {}
    rich: set[str] = set()
    for row in rows[:ROWS_LIMIT]:
        if isinstance(row, str):
            row = {"id": row}
        if not isinstance(row, Mapping):
            continue
        endpoints = endpoints_of(row)
        model = read_row(row, endpoints) if endpoints is None or endpoints else None
        if model is None:
            continue
        if is_rich(row):
            rich.add(model.id)
        # An id is listed once for each endpoint at which it can be called.
        known = found.get(model.id)
        found[model.id] = model if known is None else _merged(known, model)
    return _without_twins(list(found.values()), rich)


def _merged(first: ModelInfo, second: ModelInfo) -> ModelInfo:
    """One model from two rows; the second one fills the gaps of the first."""
    changes: dict[str, object] = {}
    for field in fields(ModelInfo):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if one in (None, "", ()) and other not in (None, "", ()):
            changes[field.name] = other
    if first.endpoints and second.endpoints:
        changes["endpoints"] = first.endpoints | second.endpoints
    if first.abilities is not None and second.abilities is not None:
        changes["abilities"] = first.abilities | second.abilities
    return replace(first, **changes)  # type: ignore[arg-type]  # names and values come from the same class


def _without_twins(models: list[ModelInfo], rich: set[str]) -> list[ModelInfo]:
    """Keep one of `claude-opus-4.8` and `claude-opus-4-8`, with the other id as an alias.

    Only AI/ML API lists such pairs; on other servers two ids are two models.
    """
    families: dict[str, list[ModelInfo]] = {}
    for model in models:
        if model.id in rich:
            families.setdefault(_VERSION_DOT.sub("-", model.id.lower()), []).append(model)
    named = {alias for model in models for alias in model.aliases}
    taken: dict[str, ModelInfo] = {}
    dropped: set[str] = set()
    for twins in families.values():
        if len(twins) == 1:
            continue
        # Prefer an id that other models have as an alias, then the one with more aliases, then the first.
        kept = max(twins, key=lambda model: (model.id in named, len(model.aliases)))
        for twin in twins:
            if twin.id == kept.id:
                continue
            dropped.add(twin.id)
            aliases = dict.fromkeys((*kept.aliases, twin.id, *twin.aliases))
            aliases.pop(kept.id, None)
            kept = replace(_merged(kept, twin), aliases=tuple(aliases), remark=kept.remark)
        taken[kept.id] = kept
    return [taken.get(model.id, model) for model in models if model.id not in dropped]
