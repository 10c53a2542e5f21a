"""A list of models with what is known of the list itself, and the snapshot that the program brings along."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import resources
from typing import Literal

from aimltui.engine.models.base import ModelInfo
from aimltui.engine.models.catalogue.parse import read_models
from aimltui.engine.models.catalogue.rows import RESPONSES
from aimltui.engine.models.endpoint.endpoint import Endpoint

_SNAPSHOT = "catalogue_2026_08.json"
_RESPONSES_ONLY = frozenset({RESPONSES})


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models of one connection, as they were at some time."""

    models: tuple[ModelInfo, ...]
    as_of: int
    """Unix seconds."""
    source: Literal["live", "cache", "snapshot"] = "live"
    etag: str = ""
    """What the server called this state of its list; empty if it gave it no name."""

    def named(self, connection: str) -> Catalogue:
        """The same, each model with the name of its connection."""
        return replace(self, models=tuple(replace(model, connection=connection) for model in self.models))


def index_of(models: Iterable[ModelInfo]) -> dict[str, ModelInfo]:
    """The models by id and by alias; an id of one is never hidden by an alias of another."""
    models = list(models)
    found: dict[str, ModelInfo] = {}
    for model in models:
        for alias in model.aliases:
            found.setdefault(alias, model)
    return found | {model.id: model for model in models}


def shipped(endpoint: Endpoint) -> Catalogue | None:
    """The list that came with the program, for an endpoint that was never asked; None for all but AI/ML API."""
    if not endpoint.is_aimlapi:
        return None
    content = json.loads(resources.files(__package__).joinpath(_SNAPSHOT).read_text(encoding="utf-8"))
    as_of = datetime.fromisoformat(content["as_of"]).replace(tzinfo=UTC)
    # The table that it was made from says only of some models where they may be called.
    models = [
        replace(model, endpoints=model.endpoints if model.endpoints == _RESPONSES_ONLY else None)
        for model in read_models(content) or ()
    ]
    return Catalogue(tuple(models), int(as_of.timestamp()), "snapshot")
