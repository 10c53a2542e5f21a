"""A list of models with its origin and age, and the snapshot shipped with the program."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from typing import Literal

from aimltui.common.dataclass import dataclass
from aimltui.engine.models.base import ModelInfo
from aimltui.engine.models.catalogue.parse import read_models
from aimltui.engine.models.catalogue.rows import RESPONSES
from aimltui.engine.models.endpoint.endpoint import Endpoint

_SNAPSHOT = "catalogue_2026_08.json"
_RESPONSES_ONLY = frozenset({RESPONSES})


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models of one connection at some time."""

    models: tuple[ModelInfo, ...]
    as_of: int
    """Unix seconds."""
    source: Literal["live", "cache", "snapshot"] = "live"
    etag: str = ""
    """The ETag that the server gave this state of its list; empty without one."""

    def named(self, connection: str) -> Catalogue:
        """A copy in which each model has the name of its connection."""
        return replace(self, models=tuple(replace(model, connection=connection) for model in self.models))


def index_of(models: Iterable[ModelInfo]) -> dict[str, ModelInfo]:
    """The models by id and alias. An id takes precedence over an alias of another model."""
    models = list(models)
    found: dict[str, ModelInfo] = {}
    for model in models:
        for alias in model.aliases:
            found.setdefault(alias, model)
    return found | {model.id: model for model in models}


def shipped(endpoint: Endpoint) -> Catalogue | None:
    """The list shipped with the program, for an endpoint that was never asked; None for all but AI/ML API."""
    if not endpoint.is_aimlapi:
        return None
    content = json.loads(resources.files(__package__).joinpath(_SNAPSHOT).read_text(encoding="utf-8"))
    as_of = datetime.fromisoformat(content["as_of"]).replace(tzinfo=UTC)
    # The source of the snapshot gives the endpoints of some models only.
    models = [
        replace(model, endpoints=model.endpoints if model.endpoints == _RESPONSES_ONLY else None)
        for model in read_models(content) or ()
    ]
    return Catalogue(tuple(models), int(as_of.timestamp()), "snapshot")
