"""Finds what a command names: an object by its id, the beginning of it or its name, and a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.common.sanitize import clean_line

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient

NAME_ONE = "Choose one with --model ID."


class HasId(Protocol):
    """An object of the API."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


T = TypeVar("T", bound=HasId)

_SHOWN = 5
"""How many ids a sentence lists."""
_LEAST = 3
"""Characters of an id that are enough to name it."""


def find_one(
    items: Sequence[T], wanted: str, kind: str, *, listed_by: str, name_of: Callable[[T], str] = lambda _: ""
) -> T:
    """Return the object that is meant.

    Args:
        items: The objects to choose from.
        wanted: An id, three characters or more of its beginning (also without its kind, as `4mYk` for `thread_4mYk...`), or a
            name.
        kind: What they are, such as `thread`.
        listed_by: The command that lists them.
        name_of: The name of an object; no name is empty.

    Raises:
        ConfigError: None is meant, or several could be.
    """
    named = wanted.casefold()
    matches = (
        [item for item in items if item.id == wanted]
        or [item for item in items if wanted and name_of(item).casefold() == named]
        or [item for item in items if wanted and _begins(item.id, wanted)]
    )
    if len(matches) == 1:
        return matches[0]
    shown = clean_line(wanted)
    if not matches:
        raise ConfigError(f"There is no {kind} “{shown}”. See {listed_by}.")
    ids = ", ".join(item.id for item in matches[:_SHOWN]) + (", …" if len(matches) > _SHOWN else "")
    if any(name_of(item).casefold() == named for item in matches):
        raise ConfigError(f"{len(matches)} {kind}s are called “{shown}”; name one by its id: {ids}.")
    raise ConfigError(
        f"“{shown}” is the beginning of {len(matches)} ids, so write more of the {kind}'s id: {ids}."
    )


def _begins(object_id: str, wanted: str) -> bool:
    """Whether an id begins so, with or without its kind; what is too short for that may be a number of a list or a slip."""
    bare = object_id.partition("_")[2] or object_id.partition("-")[2]
    kind = object_id.removesuffix(bare)
    if kind == "file-" or kind.endswith("_"):
        of_bare = bare.startswith(part := wanted.removeprefix(kind)) and len(part) >= _LEAST
        return of_bare or bare == wanted
    return len(wanted) >= _LEAST and (object_id.startswith(wanted) or bare.startswith(wanted))


async def first_model(client: AssistantsClient) -> str:
    """Return the first model of the default connection.

    Raises:
        AimltuiError: The connection lists no models.
    """
    from aimltui.client.errors import TransportError
    from aimltui.wire.errors import APIError

    try:
        page = await client.list_models()
    except (APIError, TransportError) as error:
        raise AimltuiError(
            f"No model is chosen, and the models cannot be listed: {error.message} {NAME_ONE}"
        ) from error
    source = page.sources[0] if page.sources else None
    offered = [model for model in page.data if source is None or model.connection == source.connection]
    if not offered:
        why = source.problem if source is not None and source.problem else "The connection lists no models."
        raise AimltuiError(f"No model is chosen. {why} {NAME_ONE}")
    return offered[0].id
