"""Recognises the text of scanned documents through a connection, when the user asks for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from aimltui.common.errors import AimltuiError
from aimltui.tui.startup import RecognitionPlace

if TYPE_CHECKING:
    from aimltui.engine.models.http.client import EndpointClient
    from aimltui.engine.models.registry import ModelRegistry

T = TypeVar("T")


class RecognitionService:
    """See `tui.startup.Recognition`.

    Args:
        registry: The models, which know the connections.
    """

    def __init__(self, registry: ModelRegistry) -> None:
        self._registry = registry

    def place(self) -> RecognitionPlace | None:
        """See `Recognition.place`."""
        connection = self._registry.recogniser()
        if connection is None:
            return None
        return RecognitionPlace(connection.endpoint.name, connection.endpoint.host)

    async def price(self, place: RecognitionPlace) -> float | None:
        """See `Recognition.price`."""
        from aimltui.engine.models.documents.recognition import price_of_page

        return await self._with(place, price_of_page)

    async def read(self, place: RecognitionPlace, content: bytes) -> Sequence[str]:
        """See `Recognition.read`."""
        from aimltui.engine.models.documents.recognition import recognise

        return await self._with(place, lambda connection: recognise(connection, content))

    async def _with(self, place: RecognitionPlace, ask: Callable[[EndpointClient], Awaitable[T]]) -> T:
        from aimltui.engine.models.base import ModelError

        connection = self._registry.recogniser()
        if connection is None or self.place() != place:
            # the user agreed to that place, and to no other
            raise AimltuiError(
                f"The connection {place.connection} to {place.host} has changed, so nothing was sent. Try again."
            )
        try:
            async with connection.in_use():
                return await ask(connection)
        except ModelError as error:
            raise AimltuiError(f"{error.message} {error.remedy}".strip()) from error
