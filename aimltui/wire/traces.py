"""Traces: when the events of a run happened, and what its model was sent. Extensions of the API."""

from pydantic import Field

from aimltui.wire.base import JSONObject, Wire, empty_list, extension


class ModelRequest(Wire):
    """A request to a model."""

    at: float
    """Unix seconds at which it was sent."""
    first_at: float | None = extension()
    """When the answer started; none if it has not."""
    ended_at: float | None = extension()
    body: JSONObject = Field(default_factory=dict)
    """What was sent, without keys; the bytes of pictures and files are left out."""
    is_exact: bool = True
    """False for a model that does not tell what it sent: then this is what it was given."""
    tokens: dict[str, int] = Field(default_factory=dict)
    """Estimated tokens by part: `instructions`, `tools`, `thread`, `calls`, `thoughts`, `files`."""


class RunTrace(Wire):
    """What an engine remembers of a run that it executed."""

    run_id: str
    object: str = "aimltui.run_trace"
    times: list[tuple[int, float]] = Field(default_factory=empty_list)
    """The index of an event, and Unix seconds at which it happened; some may be missing."""
    requests: list[ModelRequest] = Field(default_factory=empty_list)
