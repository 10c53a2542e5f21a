"""Turns text into vectors through a connection, for vector stores whose user has agreed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from aimltui.common.errors import AimltuiError

if TYPE_CHECKING:
    from aimltui.engine.embedding import Embedded
    from aimltui.engine.models.http.client import EndpointClient
    from aimltui.engine.models.registry import ModelRegistry
    from aimltui.wire.embeddings import EmbeddingPlace

DEFAULT_MODEL: Final = "text-embedding-3-small"
"""Offered by the AI/ML API and OpenAI."""


class EmbeddingService:
    """See `tui.startup.Embeddings`.

    Args:
        registry: The models, which know the connections.
        model: The embedding model of the settings; None for the usual one where it is known.
    """

    def __init__(self, registry: ModelRegistry, model: str | None) -> None:
        self._registry = registry
        self._model = model
        self._prices: dict[tuple[str, str], float | None] = {}
        """By host and model: dollars for a token, asked for once."""

    def place(self) -> EmbeddingPlace | None:
        """See `Embeddings.place`."""
        from aimltui.wire.embeddings import EmbeddingPlace

        names = self._registry.connections()
        client = self._registry.client_of(names[0]) if names else None
        if client is None:
            return None
        endpoint = client.endpoint
        model = self._model or (DEFAULT_MODEL if endpoint.is_aimlapi or endpoint.is_openai else "")
        return EmbeddingPlace(connection=endpoint.name, host=endpoint.host, model=model) if model else None

    async def price(self, place: EmbeddingPlace) -> float | None:
        """See `Embeddings.price`."""
        client = self._client(place)
        if client is None:
            return None
        async with client.in_use():
            return await self._price(client, place.model)

    async def check(self, place: EmbeddingPlace) -> None:
        """See `Embeddings.check`."""
        from aimltui.engine.embedding import EmbeddingFailed

        try:
            await self.embed(place, ["test"])
        except EmbeddingFailed as error:
            raise AimltuiError(str(error)) from error

    async def embed(self, place: EmbeddingPlace, texts: Sequence[str]) -> Embedded:
        """Return a vector for each text, and what that cost.

        Raises:
            EmbeddingFailed: There is none; the message says why.
        """
        from aimltui.engine.embedding import Embedded, EmbeddingFailed
        from aimltui.engine.models.base import ModelError
        from aimltui.engine.models.documents.vectors import embed

        client = self._client(place)
        if client is None:
            # the user agreed to that host, and to no other
            raise EmbeddingFailed(
                f"The connection {place.connection} to {place.host} is not set up, so nothing was sent."
            )
        try:
            async with client.in_use():
                vectors, tokens = await embed(client, place.model, texts)
                price = await self._price(client, place.model)
        except ModelError as error:
            raise EmbeddingFailed(f"{error.message} {error.remedy}".strip()) from error
        usd = price * tokens if price is not None and tokens is not None else None
        return Embedded(vectors, tokens, usd)

    async def _price(self, client: EndpointClient, model: str) -> float | None:
        from aimltui.engine.models.documents.listing import listed_price

        key = (client.endpoint.host, model)
        if key not in self._prices:
            self._prices[key] = await listed_price(client, model, "token")
        return self._prices[key]

    def _client(self, place: EmbeddingPlace) -> EndpointClient | None:
        client = self._registry.client_of(place.connection)
        return client if client is not None and client.endpoint.host == place.host else None
