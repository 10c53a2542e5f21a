"""Transport: the interface between a client and an engine, in this process or behind HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol, TypeVar

from aimltui.wire.base import Params, Wire
from aimltui.wire.events import StreamEvent
from aimltui.wire.operations import Operation

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Wire)


class Transport(Protocol):
    """Carries operations to an engine and its answers back."""

    async def call(self, operation: Operation[P, R], params: P) -> R:
        """Carry out an operation.

        Args:
            operation: What to do.
            params: Its parameters.

        Returns:
            The result.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        ...

    def stream(self, operation: Operation[P, R], params: P) -> AsyncGenerator[StreamEvent, None]:
        """Carry out an operation and yield its events. Consume it under `aclosing`; leaving early stops the events only.

        Args:
            operation: What to do.
            params: Its parameters.

        Yields:
            Each event.

        Raises:
            APIError: The server refused; only before the first event.
            TransportError: The connection broke.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...
