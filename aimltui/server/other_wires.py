"""Paths beside the Assistants API: other wires on which the same assistants answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.server.chat_completions.request import parse as parse_chat
from aimltui.server.chat_completions.service import ChatCompletions, error_frame
from aimltui.server.inline_files import Keeper
from aimltui.server.responses.service import Responses, response_error_frame
from aimltui.server.responses.turns import ResponseTurns
from aimltui.server.routing import Router
from aimltui.wire.base import JSONObject
from aimltui.wire.errors import APIError


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on one of these paths."""

    path: Mapping[str, str]
    """The parameters in the path."""
    query: Mapping[str, str]
    body: JSONObject


@dataclass(frozen=True, slots=True)
class Streaming:
    """A streamed answer."""

    source: AsyncGenerator[bytes, None]
    encode_error: Callable[[APIError], bytes]
    """Makes the event that tells of an error after the first event."""


Reply = JSONObject | Streaming


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, and what answers there."""

    method: str
    path: str
    answer: Callable[[Asked], Coroutine[Any, Any, Reply]]
    runs: bool = False
    """Whether it runs an assistant, which is stopped if the client leaves before the answer."""


class OtherWires:
    """Chat Completions, Responses and Conversations of an engine."""

    def __init__(self, engine: Keeper) -> None:
        self._chat = ChatCompletions(engine)
        self._responses = Responses(engine)
        self.routes = self._table()
        self.router = Router(self.routes)

    def _table(self) -> tuple[Route, ...]:
        responses, conversation = self._responses, "/conversations/{conversation_id}"
        return (
            Route("POST", "/chat/completions", self._complete, runs=True),
            Route("POST", "/responses", self._respond, runs=True),
            Route("POST", "/responses/compact", self._compact, runs=True),
            Route("GET", "/responses/{response_id}", self._response),
            Route("DELETE", "/responses/{response_id}", _by_id(responses.delete)),
            Route("POST", "/responses/{response_id}/cancel", _by_id(responses.cancel)),
            Route("GET", "/responses/{response_id}/input_items", _listing(responses.input_items)),
            Route("POST", "/conversations", _posting(responses.conversations.create)),
            Route("GET", conversation, _by_id(responses.conversations.get)),
            Route("POST", conversation, _changing(responses.conversations.modify)),
            Route("DELETE", conversation, _by_id(responses.conversations.delete)),
            Route("GET", f"{conversation}/items", _listing(responses.conversations.items)),
            Route("POST", f"{conversation}/items", _changing(responses.conversations.add)),
            Route("GET", f"{conversation}/items/{{item_id}}", self._item),
            Route("DELETE", f"{conversation}/items/{{item_id}}", self._delete_item),
        )

    async def aclose(self) -> None:
        """Delete what was stored only for the time of a request."""
        await self._chat.aclose()
        await self._responses.aclose()

    async def _complete(self, asked: Asked) -> Reply:
        request = parse_chat(asked.body)
        if request.stream:
            return Streaming(self._chat.stream(request), error_frame)
        return await self._chat.answer(request)

    async def _respond(self, asked: Asked) -> Reply:
        if asked.body.get("stream"):
            return Streaming(self._responses.stream(asked.body), response_error_frame)
        return await self._responses.create(asked.body)

    async def _compact(self, asked: Asked) -> Reply:
        return await self._responses.compact(asked.body)

    def turns(self) -> ResponseTurns:
        """Return the responses of one connection, on which those that are not stored can be continued."""
        return self._responses.turns()

    async def _response(self, asked: Asked) -> Reply:
        id_ = asked.path["response_id"]
        if asked.query.get("stream") in ("true", "True", "1"):
            return Streaming(
                self._responses.follow(id_, asked.query.get("starting_after")), response_error_frame
            )
        return await self._responses.get(id_)

    async def _item(self, asked: Asked) -> Reply:
        return await self._responses.conversations.item(asked.path["conversation_id"], asked.path["item_id"])

    async def _delete_item(self, asked: Asked) -> Reply:
        return await self._responses.conversations.delete_item(
            asked.path["conversation_id"], asked.path["item_id"]
        )


def adds_to_thread(body: JSONObject) -> bool:
    """Return whether a request adds messages to a thread that exists, and would add them again if it were repeated."""
    metadata = body.get("metadata")
    thread_id = metadata.get("thread_id") if isinstance(metadata, dict) else None
    return bool(thread_id or body.get("conversation") or body.get("previous_response_id"))


def _by_id(answer: Callable[[str], Awaitable[JSONObject]]) -> Callable[[Asked], Coroutine[Any, Any, Reply]]:
    async def reply(asked: Asked) -> Reply:
        return await answer(next(iter(asked.path.values())))

    return reply


def _posting(
    answer: Callable[[JSONObject], Awaitable[JSONObject]],
) -> Callable[[Asked], Coroutine[Any, Any, Reply]]:
    async def reply(asked: Asked) -> Reply:
        return await answer(asked.body)

    return reply


def _changing(
    answer: Callable[[str, JSONObject], Awaitable[JSONObject]],
) -> Callable[[Asked], Coroutine[Any, Any, Reply]]:
    async def reply(asked: Asked) -> Reply:
        return await answer(next(iter(asked.path.values())), asked.body)

    return reply


def _listing(
    answer: Callable[[str, Mapping[str, str]], Awaitable[JSONObject]],
) -> Callable[[Asked], Coroutine[Any, Any, Reply]]:
    async def reply(asked: Asked) -> Reply:
        return await answer(next(iter(asked.path.values())), asked.query)

    return reply
