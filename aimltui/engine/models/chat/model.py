"""A chat model behind any `/chat/completions`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from aimltui.engine.models.account.balance import only_there, read_balance
from aimltui.engine.models.base import AccountBalance, ChatChunk, ChatRequest, ModelError, ModelInfo
from aimltui.engine.models.catalogue.fetch import Listing, fetch_models
from aimltui.engine.models.chat.chunks import ChunkReader
from aimltui.engine.models.chat.exchange import Exchange, Reader, ResponseTimeouts
from aimltui.engine.models.chat.history import unseen
from aimltui.engine.models.chat.request_body import request_body
from aimltui.engine.models.chat.responses_body import responses_body
from aimltui.engine.models.chat.responses_events import ResponsesReader
from aimltui.engine.models.compat.learning import TEACHING, is_passing, learn
from aimltui.engine.models.compat.lesson_store import Lessons
from aimltui.engine.models.compat.quirks import Quirks, known_quirks, token_limit, wants_completion_tokens
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.errors import sentences as errors
from aimltui.engine.models.errors.body import words_of_text
from aimltui.engine.models.http.client import EndpointClient, warm_up

__all__ = ["OpenAICompatibleModel", "warm_up"]

_TRIES = 9
"""One, and some for what refusals can teach: a server that finds fault with many things tells of one at a time."""
_OUTSIDE = frozenset({"enable_thinking"})
"""What the package does not know by name."""


class OpenAICompatibleModel:
    """Any model of an endpoint; the request names it.

    Nothing is repeated here except a request that the server refused for something that can be left out (see
    `refusals`): it is sent again without. What was learned is remembered as soon as it has helped. All other
    repeating is the run loop's.

    Args:
        endpoint: The server; its name is the connection's.
        first_byte_timeout_s: Seconds it may take to begin an answer.
        idle_timeout_s: Seconds it may be silent within an answer.
        about: What is known of a model by its id, without asking anybody.
        lessons: What refusals have taught before; None remembers while the program runs.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        first_byte_timeout_s: float = 600.0,
        idle_timeout_s: float = 300.0,
        about: Callable[[str], ModelInfo | None] = lambda _model: None,
        lessons: Lessons | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._patience = ResponseTimeouts(first_byte_timeout_s, idle_timeout_s)
        self.endpoint_client = EndpointClient(endpoint)
        self._about = about
        self._lessons = lessons if lessons is not None else Lessons()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        """Plays one turn; see `ChatModel.stream`."""
        async with self.endpoint_client.in_use(), aclosing(self._stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        client = await self._client()
        await asyncio.to_thread(self._lessons.load)
        before = quirks = self.quirks_of(request.model)
        passing: set[str] = set()
        first: ModelError | None = None
        for attempt in range(_TRIES):
            turn, body = self._turn(request, quirks)
            response = await self._sending(client, body)
            remark = unseen(request.messages, quirks)
            failure: ModelError | None = None
            try:
                async with aclosing(turn.chunks(response)) as chunks:
                    async for chunk in chunks:
                        if quirks is not before and turn.has_content:
                            await self._remember(request.model, quirks.since(before), passing)
                            before = quirks
                        if remark and turn.has_content:
                            yield ChatChunk(remark=remark)
                            remark = ""
                        yield chunk
            except ModelError as error:
                failure = error
            if failure is None:
                if turn.opens_thought:
                    quirks = replace(quirks, opens_thought=True)
                await self._remember(request.model, quirks.since(before), passing)
                return
            first = first or failure
            said = words_of_text(turn.refusal, self.endpoint.api_key).marks
            learned = None if turn.has_content else learn(quirks, failure.status or 400, said, body)
            if learned is None or attempt == _TRIES - 1:
                if failure.status not in TEACHING:
                    # it is no refusal any more: what was left out has helped
                    await self._remember(request.model, quirks.since(before), passing)
                # the other endpoint was only a guess; its words would mislead
                guessed = quirks.responses and not before.responses and failure.status in TEACHING
                raise first if guessed else failure
            passing |= set(learned.since(quirks)) if is_passing(said) else set()
            quirks = learned

    def quirks_of(self, model: str) -> Quirks:
        """What has to be different for a model, as far as it is known."""
        known = known_quirks(self.endpoint, model, self._about(model))
        return known.taught(self._lessons.of(self.endpoint.name, model))

    def _turn(self, request: ChatRequest, quirks: Quirks) -> tuple[Exchange, dict[str, Any]]:
        info = self._about(request.model)
        asked = replace(request, max_tokens=token_limit(request.max_tokens, quirks, self.endpoint, info))
        reader: Reader
        if quirks.responses:
            able = info.abilities if info is not None else None
            thinks = wants_completion_tokens(request.model) or "reasoning" in (able or ())
            body, reader = responses_body(asked, quirks, thinks=thinks), ResponsesReader()
        else:
            body, reader = request_body(asked, quirks), ChunkReader(starts_in_thought=quirks.opens_thought)
        bare = request.response_format is not None
        return Exchange(self.endpoint, request.model, self._patience, reader, bare=bare), body

    async def _sending(self, client: Any, body: Mapping[str, Any]) -> Any:
        """The request, not yet sent."""
        if "input" in body:
            # this part of the package is imported when it is needed, and that takes a while
            create = await asyncio.to_thread(lambda: client.responses.with_streaming_response.create)
            return create(**body)
        outside = {name: body[name] for name in _OUTSIDE & set(body)}
        inside = {name: value for name, value in body.items() if name not in outside}
        return client.chat.completions.with_streaming_response.create(**inside, extra_body=outside or None)

    async def _remember(self, model: str, learned: Mapping[str, Any], passing: set[str]) -> None:
        lasting = {name: value for name, value in learned.items() if name not in passing}
        # stream_options are the server's matter, not the model's
        shared = {name: lasting.pop(name) for name in ("no_stream_options",) if name in lasting}
        for about, lessons in ((model, lasting), ("", shared)):
            if lessons:
                await asyncio.to_thread(self._lessons.learn, self.endpoint.name, about, lessons)

    async def list_models(self) -> list[ModelInfo]:
        """The chat models that the endpoint lists; see `ChatModel.list_models`."""
        listing = await self.fetch_models()
        return listing.models if listing is not None else []

    async def fetch_models(self, etag: str = "") -> Listing | None:
        """Ask for the models, unless the list is still in the state `etag`; see `catalogue_fetch.fetch_models`."""
        async with self.endpoint_client.in_use():
            await self._client()  # looks at the key
            return await fetch_models(self.endpoint_client, etag)

    async def balance(self) -> AccountBalance:
        """What is left on the account.

        Raises:
            ModelError: The endpoint is not the AI/ML API, refused, or could not be reached.
        """
        if not self.endpoint.is_aimlapi:
            raise only_there(self.endpoint.host)
        async with self.endpoint_client.in_use():
            return await read_balance(self.endpoint, self.endpoint_client)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self.endpoint_client.aclose()

    async def _client(self) -> Any:
        key = self.endpoint.api_key
        if key and not key.is_header_safe:
            raise errors.unusable_key(self.endpoint)
        return await self.endpoint_client.client()
