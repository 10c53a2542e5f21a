"""Models: what can answer."""

from __future__ import annotations

from aimltui.wire.base import Page, Params, Timestamp, Wire, extension


class ModelPrice(Wire):
    """What tokens cost, in US dollars for one token; a missing one is unknown, which is not zero. An extension."""

    prompt: float | None = extension()
    completion: float | None = extension()
    cached: float | None = extension()
    """For prompt tokens that the provider had kept."""


class Model(Wire):
    """A model that a run may use. What is missing is unknown, which is not "no"."""

    id: str
    object: str = "model"
    created: Timestamp = 0
    owned_by: str = ""
    name: str | None = extension()
    """The name for people. An extension, as is all that follows."""
    context_length: int | None = extension()
    """Tokens."""
    output_limit: int | None = extension()
    """The most tokens of one answer."""
    aliases: list[str] | None = extension()
    """Other ids of the same model."""
    abilities: list[str] | None = extension()
    """Of `tools`, `vision`, `reasoning`, `streaming`, `files`, `structured_output`, `web_search`."""
    price: ModelPrice | None = extension()
    description: str | None = extension()
    connection: str | None = extension()
    """The name of the connection that offers it; none for what is built in."""
    learned: list[str] | None = extension()
    """What its refusals have taught, in sentences."""
    inputs: list[str] | None = extension()
    """What a message to it may hold: `text`, `image`, `file`, `audio`, `video`."""
    remark: str | None = extension()
    """What one should know before choosing it, in a few words."""


class ModelSource(Wire):
    """Where the models of a connection come from, and how old that is. An extension."""

    connection: str
    source: str = "live"
    """`live` (asked by this engine), `cache` (by an earlier one), `snapshot` (shipped with it), or `none`."""
    as_of: Timestamp | None = extension()
    """When the list was asked for, or the snapshot made."""
    problem: str | None = extension()
    """Why the last attempt to ask failed, as a sentence; the models are those of before."""
    count: int = 0
    """Models of this connection."""


class ModelPage(Page[Model]):
    """All models: the list has no pages."""

    sources: list[ModelSource] | None = extension()
    """One for each connection, the default one first."""


class ListModels(Params):
    """GET /models."""

    refresh: bool | None = None
    """True asks the endpoint again. An extension."""
