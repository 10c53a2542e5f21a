"""Recognises the text of scanned documents through a connection, when the user asks for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from aimltui.common.errors import AimltuiError
from aimltui.tui.startup import RecognitionPlace

if TYPE_CHECKING:
    from aimltui.engine.models.http.client import EndpointClient
    from aimltui.engine.models.registry import ModelRegistry
    from aimltui.engine.operations.usage import UsageOperations

T = TypeVar("T")


class RecognitionService:
    """See `tui.startup.Recognition`.

    Args:
        registry: The models, which know the connections.
        usage: Counts what is spent, and refuses it once the budget of the day is used up.
    """

    def __init__(self, registry: ModelRegistry, usage: UsageOperations) -> None:
        self._registry = registry
        self._usage = usage
        self._prices: dict[RecognitionPlace, float | None] = {}

    def place(self) -> RecognitionPlace | None:
        """See `Recognition.place`."""
        connection = self._registry.recogniser()
        if connection is None:
            return None
        return RecognitionPlace(connection.endpoint.name, connection.endpoint.host)

    async def price(self, place: RecognitionPlace) -> float | None:
        """See `Recognition.price`."""
        from aimltui.engine.models.documents.recognition import price_of_page

        self._prices[place] = await self._with(place, price_of_page)
        return self._prices[place]

    async def read(self, place: RecognitionPlace, content: bytes) -> Sequence[str]:
        """See `Recognition.read`."""
        from aimltui.engine.models.documents.recognition import OCR_MODEL, recognise
        from aimltui.engine.store.usage import RECOGNISING, Charge

        await self._usage.check_budget()
        pages = await self._with(place, lambda connection: recognise(connection, content))
        price = self._prices.get(place)
        usd = price * len(pages) if price is not None else None
        await self._usage.add_charge(Charge(RECOGNISING, OCR_MODEL, place.connection, usd=usd))
        return pages

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
