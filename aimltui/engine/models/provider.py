"""One connection: the models of an endpoint, and what is known of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from aimltui.engine.models.base import ModelInfo
from aimltui.engine.models.endpoint import Endpoint
from aimltui.engine.models.lessons import Lessons
from aimltui.engine.models.openai_compatible import OpenAICompatibleModel

CACHE_S = 600.0


class Provider:
    """The models of an endpoint. Its list is kept for ten minutes; an empty or failed one is not kept.

    Args:
        endpoint: The server; its name is the connection's.
        clock: Seconds that only go forward.
        lessons: What refusals have taught.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        clock: Callable[[], float] = time.monotonic,
        lessons: Lessons | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.model = OpenAICompatibleModel(endpoint, about=self.info, lessons=lessons)
        self._clock = clock
        self._listed: tuple[float, list[ModelInfo]] | None = None
        self._known: dict[str, ModelInfo] = {}
        self._listing = asyncio.Lock()

    def info(self, model_id: str) -> ModelInfo | None:
        """What was last read of a model, by its id or an alias."""
        return self._known.get(model_id)

    async def list_models(self, *, refresh: bool = False) -> list[ModelInfo]:
        """The models of the endpoint, in its order.

        Raises:
            ModelError: The endpoint did not give its list.
        """
        async with self._listing:
            if self._listed is not None and not refresh and self._clock() - self._listed[0] < CACHE_S:
                return self._listed[1]
            name = self.endpoint.name
            models = [replace(info, connection=name) for info in await self.model.list_models()]
            self._listed = (self._clock(), models) if models else None
            if models:
                self._known = {alias: info for info in models for alias in info.aliases}
                self._known |= {info.id: info for info in models}
            return models

    async def aclose(self) -> None:
        """Closes the connections."""
        await self.model.aclose()
