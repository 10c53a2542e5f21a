"""The seam between a client and whatever runs the Assistants API."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol, TypeVar

from aimltui.wire.base import Params, Wire
from aimltui.wire.events import StreamEvent
from aimltui.wire.operations import Operation

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Wire)


class Transport(Protocol):
    """Three methods, and no fourth."""

    async def call(self, operation: Operation[P, R], params: P) -> R:
        """Do it and answer.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        ...

    def stream(self, operation: Operation[P, R], params: P) -> AsyncGenerator[StreamEvent, None]:
        """Do it and tell how it goes. To be consumed under `aclosing`; leaving early stops nothing but the telling.

        Raises:
            APIError: The server refused; only before the first event.
            TransportError: The connection broke.
        """
        ...

    async def aclose(self) -> None:
        """Let go of everything."""
        ...
