"""Models: what can answer."""

from __future__ import annotations

from aimltui.wire.base import Params, Timestamp, Wire, extension


class Model(Wire):
    """A model that a run may use."""

    id: str
    object: str = "model"
    created: Timestamp = 0
    owned_by: str = ""
    name: str | None = extension()
    """The name for people. An extension, as is the next."""
    context_length: int | None = extension()
    """Tokens."""


class ListModels(Params):
    """GET /models."""

    refresh: bool | None = None
    """True asks the endpoint again. An extension."""
