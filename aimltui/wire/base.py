"""The base classes of all wire models: frozen, and tolerant of unknown fields.

The modules of models evaluate their annotations: pydantic takes twice as long for those that are strings.
"""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from aimltui.wire import no_plugins  # noqa: F401  # before the first model is built

JSONObject = dict[str, Any]
"""A JSON object with a foreign shape: a JSON schema, a provider's extra data."""

Timestamp = int
"""Unix seconds."""

Metadata = dict[str, str]
"""Up to 16 pairs; keys of at most 64, values of at most 512 characters."""


class Wire(BaseModel):
    """An object of the API.

    Reading is tolerant: unknown fields are kept, every field that a server may omit has a default, and unknown enum
    strings are accepted. What the engine writes is complete: fields without a value are null.
    """

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True, protected_namespaces=())

    def to_json(self) -> JSONObject:
        """Return the object as JSON values."""
        return self.model_dump(mode="json")


class Params(BaseModel):
    """The parameters of an operation: path, query and body in one flat model.

    A field that was not given is not sent; a field given as None is sent as null, which the API reads as "default" (on
    creation) or "clear" (on update). Unknown names are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, protected_namespaces=())

    def given(self) -> JSONObject:
        """Return only the fields that the caller set, as JSON values."""
        return self.model_dump(mode="json", exclude_unset=True)


def empty_list() -> list[Any]:
    """Make the default of a list. Of `list` itself, pydantic parses the signature, which takes half a millisecond."""
    return []


def extension(**kwargs: Any) -> Any:
    """Declare a field that the API does not have; it is omitted while it has no value."""
    return Field(default=None, exclude_if=_is_none, **kwargs)


def _is_none(value: object) -> bool:
    return value is None


T = TypeVar("T")


class Page(Wire, Generic[T]):
    """One page of a list, in the requested order (newest first by default)."""

    object: str = "list"
    data: list[T] = Field(default_factory=empty_list)
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False


class ListParams(Params):
    """Cursor pagination. `after` and `before` are exclusive and follow the listing's own order."""

    limit: Annotated[int | None, Field(ge=1, le=100)] = None
    """1 to 100; the default is 20."""
    order: str | None = None
    """`asc` or `desc` by creation; the default is `desc`."""
    after: str | None = None
    before: str | None = None


class Deleted(Wire):
    """The answer to a deletion."""

    id: str
    object: str
    deleted: bool = True
