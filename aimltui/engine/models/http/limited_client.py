"""The HTTP client that the `openai` package uses. It imports an HTTP library, so import it late."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final

import httpx2

from aimltui.common.bodies import LIMIT_BYTES, read_whole

BODY_LIMIT_BYTES: Final = ContextVar("BODY_LIMIT_BYTES", default=LIMIT_BYTES)
"""The longest body of a request that is sent in this context: the package passes no argument through."""


class LimitedClient(httpx2.AsyncClient):
    """Limits the size of all bodies, except those of successful streams, which the caller reads in pieces.

    The package reads the complete body of every refusal before the caller sees its status.
    """

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """See `httpx2.AsyncClient.send`.

        Raises:
            BodyTooLong: The body is beyond the limit.
        """
        response = await super().send(request, stream=True, **options)
        if stream and response.is_success:
            return response
        return await read_whole(response, BODY_LIMIT_BYTES.get())
