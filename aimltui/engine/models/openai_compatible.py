"""A chat model behind any `/chat/completions`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from aimltui.engine.models import errors
from aimltui.engine.models.base import ChatChunk, ChatRequest, ModelError, ModelInfo
from aimltui.engine.models.catalogue_fetch import Listing, fetch_models
from aimltui.engine.models.connection import Connection, warm_up
from aimltui.engine.models.endpoint import Endpoint
from aimltui.engine.models.request_body import Quirks, request_body, wants_completion_tokens
from aimltui.engine.models.turn import Patience, Turn

__all__ = ["OpenAICompatibleModel", "warm_up"]

_TRIES = 4
"""One, and one for each thing that a refusal can teach."""


class OpenAICompatibleModel:
    """Any model of an endpoint; the request names it.

    Nothing is repeated here except a request that the server refused for a known quirk (see `Quirks`): that
    one is sent again without the quirk, and what was learned is kept while the program runs. All other
    repeating is the run loop's.

    Args:
        endpoint: The server.
        first_byte_timeout_s: Seconds it may take to begin an answer.
        idle_timeout_s: Seconds it may be silent within an answer.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        first_byte_timeout_s: float = 600.0,
        idle_timeout_s: float = 300.0,
    ) -> None:
        self.endpoint = endpoint
        self._patience = Patience(first_byte_timeout_s, idle_timeout_s)
        self._connection = Connection(endpoint)
        self._quirks: dict[str, Quirks] = {}
        self._no_stream_options = False

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        """Plays one turn; see `ChatModel.stream`."""
        client = await self._client()
        for attempt in range(_TRIES):
            quirks = self._quirks_of(request.model)
            body = request_body(request, quirks)
            turn = Turn(self.endpoint, request.model, self._patience)
            response = client.chat.completions.with_streaming_response.create(**body)
            failure: ModelError | None = None
            try:
                async with aclosing(turn.chunks(response)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except ModelError as error:
                failure = error
            if failure is None:
                return
            learned = quirks.learn(failure.status or 0, turn.refusal, body)
            if learned is None or attempt == _TRIES - 1:
                raise failure
            self._remember(request.model, learned)

    async def list_models(self) -> list[ModelInfo]:
        """The chat models that the endpoint lists; see `ChatModel.list_models`."""
        listing = await self.fetch_models()
        return listing.models if listing is not None else []

    async def fetch_models(self, etag: str = "") -> Listing | None:
        """Ask for the models, unless the list is still in the state `etag`; see `catalogue_fetch.fetch_models`."""
        await self._client()  # looks at the key
        return await fetch_models(self._connection, etag)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._connection.aclose()

    async def _client(self) -> Any:
        key = self.endpoint.api_key
        if key and not key.is_header_safe:
            raise errors.unusable_key(self.endpoint)
        return await self._connection.client()

    def _quirks_of(self, model: str) -> Quirks:
        known = self._quirks.get(model)
        if known is None:
            known = Quirks(completion_tokens=self.endpoint.is_openai and wants_completion_tokens(model))
        return replace(known, no_stream_options=known.no_stream_options or self._no_stream_options)

    def _remember(self, model: str, learned: Quirks) -> None:
        self._quirks[model] = learned
        self._no_stream_options = learned.no_stream_options
