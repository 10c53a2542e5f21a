"""Reads all pages of a list of the engine."""

from __future__ import annotations

from typing import Any, Protocol, cast

from aimltui.wire.base import ListParams, Page, Params
from aimltui.wire.operations import Operation

_PAGE = 100


class OperationCaller(Protocol):
    """What carries out operations by name."""

    async def call(self, name: str, params: Params) -> Any:
        """Return the operation's answer."""
        ...


async def every(
    engine: OperationCaller, operation: Operation[Any, Any], asked: ListParams, order: str
) -> list[Any]:
    """Return all objects of a list.

    Args:
        engine: The engine.
        operation: The operation that lists them.
        asked: Which ones.
        order: `asc` or `desc` by creation.
    """
    found: list[Any] = []
    after: str | None = None
    while True:
        params = asked.model_copy(update={"limit": _PAGE, "order": order, "after": after})
        page = cast(Page[Any], await engine.call(operation.name, params))
        found += page.data
        if not page.has_more or not page.data:
            return found
        after = page.data[-1].id
