"""Checks whether a server accepts a key. A list of models does not prove it, because many are public."""

from __future__ import annotations

from contextlib import aclosing

from aimltui.engine.models.base import ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.http.response import HTTPAnswer

LIMIT_S = 15.0
"""Seconds."""
_ENOUGH_BYTES = 65_536


async def check_key(endpoint: Endpoint) -> ModelError | None:
    """Send a request without messages. A server checks the key first and then refuses the request free of charge.

    Returns:
        The server's objection to the key or its account; None if it has none.
    """
    connection = EndpointClient(endpoint)
    try:
        client = await connection.client()
        request = client.chat.completions.with_streaming_response.create(model="", messages=[], max_tokens=1)
        size = 0
        async with aclosing(HTTPAnswer(endpoint).pieces(request, lambda _began: LIMIT_S)) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > _ENOUGH_BYTES:
                    break
    except ModelError as error:
        return error if error.status in (401, 402, 403) else None
    finally:
        await connection.aclose()
    return None
