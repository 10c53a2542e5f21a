"""Which operation a method and a path mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aimltui.wire.base import Page
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.models import ListModels, Model
from aimltui.wire.operations import OPERATIONS, Operation

PREFIXES = ("/openai/v1", "/openai", "/v1", "")
"""Where the paths begin: as OpenAI's client has it, as Azure's two have it, and as old examples have it."""


class ModelParams(ListModels):
    """GET /models/{model}."""

    model: str


GET_MODEL = Operation("get_model", "GET", "/models/{model}", ModelParams, Page[Model])
"""One model out of the list; the engine has no operation of its own for it."""

SERVED: tuple[Operation[Any, Any], ...] = (
    *(operation for operation in OPERATIONS if not operation.is_owners),
    GET_MODEL,
)


@dataclass(frozen=True, slots=True)
class Match:
    """An operation and what the path says about it."""

    operation: Operation[Any, Any]
    path: Mapping[str, str]


class MethodNotAllowed(APIError):
    """405: the path is there, but not with this method.

    Attributes:
        allowed: The methods that it has.
    """

    status = 405
    default_type = "invalid_request_error"

    def __init__(self, method: str, path: str, allowed: Iterable[str]) -> None:
        self.allowed = ", ".join(sorted(allowed))
        super().__init__(
            f"Not allowed to {method} on {path}. The methods there are: {self.allowed}.",
            code="method_not_allowed",
        )


class Router:
    """Finds operations; a word in a pattern wins over a name in braces, so `/threads/runs` is no thread."""

    def __init__(self, operations: Iterable[Operation[Any, Any]] = SERVED) -> None:
        self._by_length: dict[int, list[tuple[tuple[str, ...], Operation[Any, Any]]]] = {}
        for operation in operations:
            pattern = tuple(operation.path.strip("/").split("/"))
            self._by_length.setdefault(len(pattern), []).append((pattern, operation))
        for patterns in self._by_length.values():
            patterns.sort(key=lambda entry: [part.startswith("{") for part in entry[0]])

    def find(self, method: str, raw_path: str) -> Match:
        """The operation of a request.

        Args:
            method: In capitals.
            raw_path: As it came, not decoded: a slash inside an id is `%2F`.

        Raises:
            NotFound: There is no such path.
            MethodNotAllowed: There is, but not with this method.
        """
        parts = _parts(raw_path)
        found: list[tuple[tuple[str, ...], Operation[Any, Any]]] = []
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


def _parts(raw_path: str) -> list[str]:
    for prefix in PREFIXES:
        if raw_path.startswith(f"{prefix}/"):
            raw_path = raw_path[len(prefix) + 1 :]
            break
    return [unquote(part) for part in raw_path.removesuffix("/").split("/")]
