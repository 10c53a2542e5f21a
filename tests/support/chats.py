"""Short ways to ask a chat model in tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from aimltui.engine.models.base import ChatChunk, ChatModel, ChatRequest, ModelError
from aimltui.engine.models.chat.model import OpenAICompatibleModel
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from tests.support.builders import PATIENCE_S
from tests.support.chat_server import ChatServer
from tests.support.scenes import Scene

KEY = "sk-test-0123456789abcdefghij"


def asking(text: str = "Hi", *, model: str = "test/fast", system: str = "", **more: Any) -> ChatRequest:
    messages = [{"role": "system", "content": system}] if system else []
    return ChatRequest(model, [*messages, {"role": "user", "content": text}], **more)


@asynccontextmanager
async def serving(
    scene: Scene | str, *, key: str | None = KEY, headers: dict[str, str] | None = None, **options: Any
) -> AsyncGenerator[tuple[ChatServer, OpenAICompatibleModel], None]:
    """A server that plays the scene, and a model that talks to it."""
    async with ChatServer(scene) as server:
        endpoint = Endpoint("test", server.base_url, Secret(key) if key else None, headers or {})
        model = OpenAICompatibleModel(endpoint, **options)
        try:
            yield server, model
        finally:
            await model.aclose()


async def play(model: ChatModel, request: ChatRequest) -> tuple[list[ChatChunk], ModelError | None]:
    """All chunks, and the error at the end if there was one; at most 20 s."""
    chunks: list[ChatChunk] = []
    try:
        async with asyncio.timeout(PATIENCE_S), aclosing(model.stream(request)) as stream:
            async for chunk in stream:
                chunks.append(chunk)
    except ModelError as error:
        return chunks, error
    return chunks, None


async def answered(model: ChatModel, request: ChatRequest) -> list[ChatChunk]:
    chunks, error = await play(model, request)
    assert error is None, error
    return chunks


async def failed(model: ChatModel, request: ChatRequest) -> ModelError:
    _, error = await play(model, request)
    assert error is not None
    return error


def text_in(chunks: list[ChatChunk]) -> str:
    return "".join(chunk.text for chunk in chunks)
