"""What turns text into vectors, as the engine sees it. `bootstrap` provides it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field

from aimltui.common.dataclass import dataclass
from aimltui.wire.embeddings import EmbeddingPlace


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of texts, all of the same length, and what they cost."""

    vectors: Sequence[Sequence[float]]
    tokens: int | None = None
    """As the endpoint reports them; None if it does not."""
    usd: float | None = None
    """Dollars by the list price; None if that is unknown."""


Embed = Callable[[EmbeddingPlace, Sequence[str]], Awaitable[Embedded]]
"""Returns a vector for each text; raises `EmbeddingFailed`."""


class EmbeddingFailed(Exception):
    """The text was not turned into vectors; the message says why, as a sentence."""


@dataclass(frozen=True, slots=True)
class QueryVectors:
    """The vectors of queries, for the vector stores that are searched by meaning, too."""

    by_store: Mapping[str, Sequence[Sequence[float]]] = field(default_factory=dict)
    problem: str = ""
    """Why some stores are searched by words alone, as a sentence."""


QueryEmbedder = Callable[[Sequence[str], Sequence[str]], Awaitable[QueryVectors]]
"""Takes the ids of vector stores, and queries; it never fails."""
