"""What a server sent beyond its answer: the HTTP library would take it for the answer to the next request.

The library hides it, so its parts are looked at here; of a library whose parts have other names nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def has_surplus(connection: Any) -> bool:
    """Return whether a connection of a pool has read more than its last answer."""
    held: tuple[bytes, ...] = getattr(
        getattr(innermost(connection), "_h11_state", None), "trailing_data", (b"",)
    )
    return bool(held[0])


def innermost(connection: Any) -> Any:
    """Return the connection that speaks HTTP, inside of those that make it or lead through a proxy."""
    while hasattr(connection, "_connection"):
        connection = connection._connection
    return connection


def pools_of(client: Any) -> Iterator[Any]:
    """Yield the pools of connections of a client."""
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if pool is not None:
            yield pool


async def close_with_surplus(client: Any) -> None:
    """Close the idle connections of a client that have read more than their last answer."""
    for pool in pools_of(client):
        for connection in pool.connections:
            if connection.is_idle() and has_surplus(connection):
                await connection.aclose()
