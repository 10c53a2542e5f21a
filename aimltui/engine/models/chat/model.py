"""A chat model at any endpoint with `/chat/completions`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from aimltui.engine.models.account.balance import only_there, read_balance
from aimltui.engine.models.base import (
    AccountBalance,
    ChatChunk,
    ChatRequest,
    ModelError,
    ModelInfo,
    ModelSettings,
)
from aimltui.engine.models.catalogue.fetch import Listing, fetch_models
from aimltui.engine.models.chat.chunks import ChunkReader
from aimltui.engine.models.chat.exchange import Exchange, Reader, ResponseTimeouts
from aimltui.engine.models.chat.history import unseen
from aimltui.engine.models.chat.request_body import BUDGETS, request_body
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
"""The first try and those after refusals; a server that objects to several things names one at a time."""
_OUTSIDE = frozenset({"enable_thinking", "thinking"})
"""Parameters that the `openai` package does not know."""


class OpenAICompatibleModel:
    """Sends requests to any model of an endpoint; the request names the model.

    A request is repeated here only if the server refused a part of it that can be left out or changed (see
    `compat.learning`). What was learned is saved as soon as it has helped. The run loop does all other repetitions.

    Args:
        endpoint: The server; its name is that of the connection.
        first_byte_timeout_s: Seconds until the answer must start.
        idle_timeout_s: Seconds between two parts of the answer.
        about: Gives the known facts about a model by its id, without a request.
        lessons: What earlier refusals taught; None saves nothing.
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
        """Request one turn; see `ChatModel.stream`."""
        async with self.endpoint_client.in_use(), aclosing(self._stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        client = await self._client()
        if self._lessons.are_stale:
            await asyncio.to_thread(self._lessons.load)
        before = quirks = self.quirks_of(request.model)
        passing: set[str] = set()
        first: ModelError | None = None
        for attempt in range(_TRIES):
            turn, body = self._turn(request, quirks)
            if request.on_sent is not None:
                request.on_sent(body)
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
                        if turn.has_content:
                            turn.on_text = request.on_text
                        yield chunk
            except ModelError as error:
                failure = error
            if failure is None:
                shown = turn.opens_thought
                changed = {} if shown in (None, quirks.opens_thought) else {"opens_thought": shown}
                await self._remember(request.model, quirks.since(before) | changed, passing)
                return
            first = first or failure
            said = words_of_text(turn.refusal, self.endpoint.api_key).marks
            learned = None if turn.has_content else learn(quirks, failure.status or 400, said, body)
            if learned is None or attempt == _TRIES - 1:
                if failure.status not in TEACHING:
                    # this is no refusal, so the change has helped
                    await self._remember(request.model, quirks.since(before), passing)
                # the other endpoint was only a guess, and its message would mislead
                guessed = quirks.responses and not before.responses and failure.status in TEACHING
                raise first if guessed else failure
            passing |= set(learned.since(quirks)) if is_passing(said) else set()
            quirks = learned

    def quirks_of(self, model: str) -> Quirks:
        """The known quirks of a model."""
        known = known_quirks(self.endpoint, model, self._about(model))
        return known.taught(self._lessons.of(self.endpoint.name, model))

    def settings_of(self, model: str) -> ModelSettings:
        """Which settings of a run reach a model."""
        quirks, info = self.quirks_of(model), self._about(model)
        has_budget = quirks.thinking_budget and not quirks.no_budget
        efforts = tuple(BUDGETS) if has_budget else quirks.efforts
        if not has_budget and info is not None and info.abilities is not None:
            # a list that names abilities names this one
            efforts = efforts if "reasoning" in info.abilities else ()
        return ModelSettings(
            temperature=not quirks.no_temperature,
            top_p=not quirks.no_top_p,
            efforts=efforts,
            thinking_budgets=BUDGETS if has_budget else None,
            response_format=quirks.format or "json_schema",
            prompt_cache=quirks.cache_marks and not quirks.no_cache_marks,
        )

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
        """The request, which is sent when its context is entered."""
        if "input" in body:
            # the package imports this part at the first use, which takes a while
            create = await asyncio.to_thread(lambda: client.responses.with_streaming_response.create)
            return create(**body)
        outside = {name: body[name] for name in _OUTSIDE & set(body)}
        inside = {name: value for name, value in body.items() if name not in outside}
        return client.chat.completions.with_streaming_response.create(**inside, extra_body=outside or None)

    async def _remember(self, model: str, learned: Mapping[str, Any], passing: set[str]) -> None:
        lasting = {name: value for name, value in learned.items() if name not in passing}
        if lasting:
            # what one model behind a gateway refuses says nothing about the others
            await asyncio.to_thread(self._lessons.learn, self.endpoint.name, model, lasting)

    async def list_models(self) -> list[ModelInfo]:
        """The chat models that the endpoint lists; see `ChatModel.list_models`."""
        listing = await self.fetch_models()
        return listing.models if listing is not None else []

    async def fetch_models(self, etag: str = "") -> Listing | None:
        """Fetch the models, unless the list is still in the state `etag`; see `catalogue.fetch.fetch_models`."""
        async with self.endpoint_client.in_use():
            await self._client()  # checks the key
            return await fetch_models(self.endpoint_client, etag)

    async def balance(self) -> AccountBalance:
        """The balance of the account.

        Raises:
            ModelError: The endpoint is not the AI/ML API, refused, or could not be reached.
        """
        if not self.endpoint.is_aimlapi:
            raise only_there(self.endpoint.host)
        async with self.endpoint_client.in_use():
            return await read_balance(self.endpoint, self.endpoint_client)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.endpoint_client.aclose()

    async def _client(self) -> Any:
        key = self.endpoint.api_key
        if key and not key.is_header_safe:
            raise errors.unusable_key(self.endpoint)
        return await self.endpoint_client.client()
