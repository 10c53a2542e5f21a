"""One model in the place of all others: for programs that name models which nobody serves any more."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from aimltui.engine.models.base import (
    AccountBalance,
    ChatChunk,
    ChatModel,
    ChatRequest,
    ListState,
    ModelInfo,
    Models,
)


class ModelOverride:
    """Resolves every id to the same model. Runs keep the id that was asked for; another model answers.

    Args:
        models: Where the one model comes from; closed with this.
        model_id: The one model.
    """

    def __init__(self, models: Models, model_id: str) -> None:
        self._models = models
        self._model_id = model_id

    def resolve(self, model_id: str, connection: str | None = None) -> ChatModel:
        """The one model, whatever is asked for.

        Raises:
            ModelError: There is no such model.
        """
        return _Renamed(self._models.resolve(self._model_id), self._model_id)

    def info(self, model_id: str, connection: str | None = None) -> ModelInfo | None:
        """What is known of the one model."""
        return self._models.info(self._model_id)

    def list_states(self) -> list[ListState]:
        """Where the lists come from."""
        return self._models.list_states()

    async def list_models(self, *, refresh: bool = False) -> list[ModelInfo]:
        """What the endpoint offers; the one model is in it or not.

        Raises:
            ModelError: The list could not be had.
        """
        return await self._models.list_models(refresh=refresh)

    def connections(self) -> Sequence[str]:
        """Those there are; the one model answers all the same."""
        return self._models.connections()

    async def balance(self, connection: str | None = None) -> AccountBalance:
        """What is left on the account.

        Raises:
            ModelError: Nobody tells.
        """
        return await self._models.balance(connection)

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._models.aclose()


class _Renamed:
    """Asks a model by its own id."""

    def __init__(self, model: ChatModel, model_id: str) -> None:
        self._model = model
        self._model_id = model_id

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        told = self._model.stream(replace(request, model=self._model_id))
        async with aclosing(told) as chunks:
            async for chunk in chunks:
                yield chunk

    async def list_models(self) -> list[ModelInfo]:
        return await self._model.list_models()

    async def aclose(self) -> None:
        await self._model.aclose()
