"""Finds the operation for a method and a path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import unquote

from aimltui.common.dataclass import dataclass
from aimltui.wire.base import Page
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.models import ListModels, Model
from aimltui.wire.operations import OPERATIONS, Operation

_PROJECT = re.compile(r"^/api/projects/[^/]+(?=/)")
"""The path prefix of clients of Azure AI projects; the project's name selects nothing here."""
PREFIXES = ("/openai/v1", "/openai", "/v1", "")
"""Path prefixes of OpenAI's client, of Azure's two clients, and of old examples."""


class ModelParams(ListModels):
    """GET /models/{model}."""

    model: str


GET_MODEL = Operation("get_model", "GET", "/models/{model}", ModelParams, Page[Model])
"""One model of the list; the engine has no separate operation for it."""

OTHER_WIRES = frozenset({"chat", "responses", "conversations"})
"""The first words of paths that are no operations of the engine: see `other_wires`."""
SERVED: tuple[Operation[Any, Any], ...] = (
    *(operation for operation in OPERATIONS if not operation.is_owners),
    GET_MODEL,
)


class Routed(Protocol):
    """What has a method and a path."""

    @property
    def method(self) -> str:
        """The method in upper case."""
        ...

    @property
    def path(self) -> str:
        """With `{names}` of parameters."""
        ...


O = TypeVar("O", bound=Routed)  # noqa: E741


@dataclass(frozen=True, slots=True)
class Match(Generic[O]):
    """An operation and the parameters in the path."""

    operation: O
    path: Mapping[str, str]


class MethodNotAllowed(APIError):
    """405: the path exists, but not with this method.

    Attributes:
        allowed: The methods of the path.
    """

    status = 405
    default_type = "invalid_request_error"

    def __init__(self, method: str, path: str, allowed: Iterable[str]) -> None:
        self.allowed = ", ".join(sorted(allowed))
        super().__init__(
            f"Not allowed to {method} on {path}. The methods there are: {self.allowed}.",
            code="method_not_allowed",
        )


class Router(Generic[O]):
    """Finds operations. A literal word in a pattern wins over a parameter, so `/threads/runs` is not a thread."""

    def __init__(self, operations: Iterable[O]) -> None:
        self._by_length: dict[int, list[tuple[tuple[str, ...], O]]] = {}
        for operation in operations:
            pattern = tuple(operation.path.strip("/").split("/"))
            self._by_length.setdefault(len(pattern), []).append((pattern, operation))
        for patterns in self._by_length.values():
            patterns.sort(key=lambda entry: [part.startswith("{") for part in entry[0]])

    def find(self, method: str, raw_path: str) -> Match[O]:
        """Return the operation of a request and its path parameters.

        Args:
            method: The method in upper case.
            raw_path: The path as received, not decoded: a slash inside an id is `%2F`.

        Raises:
            NotFound: The path does not exist.
            MethodNotAllowed: The path exists, but not with this method.
        """
        parts = path_parts(raw_path)
        found: list[tuple[tuple[str, ...], O]] = []
        for pattern, operation in self._by_length.get(len(parts), ()) if all(parts) else ():
            if found and pattern != found[0][0]:
                break
            if all(word.startswith("{") or word == part for word, part in zip(pattern, parts, strict=True)):
                found.append((pattern, operation))
        if not found:
            raise NotFound(
                f"Unknown request URL: {method} {raw_path}. Please check the URL for typos.",
                code="unknown_url",
            )
        for pattern, operation in found:
            if operation.method == method:
                names = zip(pattern, parts, strict=True)
                return Match(operation, {n[1:-1]: p for n, p in names if n.startswith("{")})
        raise MethodNotAllowed(method, raw_path, {operation.method for _, operation in found})


def path_parts(raw_path: str) -> list[str]:
    """Return the decoded words of a path, without the prefix that its client puts before it."""
    raw_path = _PROJECT.sub("", raw_path)
    for prefix in PREFIXES:
        if raw_path.startswith(f"{prefix}/"):
            raw_path = raw_path[len(prefix) + 1 :]
            break
    return [unquote(part) for part in raw_path.removesuffix("/").split("/")]
