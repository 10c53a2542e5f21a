"""Lets one model answer in place of all others, for programs that name models which no longer exist."""

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
    ModelSettings,
)


class ModelOverride:
    """Resolves every id to the same model. Runs keep the requested id, although another model answers.

    Args:
        models: Resolves the model; closed together with this.
        model_id: The model that answers.
    """

    def __init__(self, models: Models, model_id: str) -> None:
        self._models = models
        self._model_id = model_id

    def resolve(self, model_id: str, connection: str | None = None) -> ChatModel:
        """The model that answers, for any id.

        Raises:
            ModelError: There is no such model.
        """
        return _Renamed(self._models.resolve(self._model_id), self._model_id)

    def info(self, model_id: str, connection: str | None = None) -> ModelInfo | None:
        """The known facts about the model that answers."""
        return self._models.info(self._model_id)

    def settings(self, info: ModelInfo) -> ModelSettings | None:
        """Which settings reach the model that answers."""
        return self._models.settings(self._models.info(self._model_id) or info)

    async def learn_about(self, model_id: str, connection: str | None = None) -> None:
        """Fetch the facts about the model that answers."""
        await self._models.learn_about(self._model_id)

    def list_states(self) -> list[ListState]:
        """The states of the lists of models."""
        return self._models.list_states()

    async def list_models(self, *, refresh: bool = False) -> list[ModelInfo]:
        """The offered models, which may not include the model that answers.

        Raises:
            ModelError: The list could not be fetched.
        """
        return await self._models.list_models(refresh=refresh)

    def connections(self) -> Sequence[str]:
        """The names of the connections; the same model answers for each."""
        return self._models.connections()

    async def balance(self, connection: str | None = None) -> AccountBalance:
        """The balance of a connection's account.

        Raises:
            ModelError: The provider does not report one.
        """
        return await self._models.balance(connection)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._models.aclose()


class _Renamed:
    """Sends requests with the id of another model."""

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
