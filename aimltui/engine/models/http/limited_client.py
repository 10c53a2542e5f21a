"""The HTTP client below the `openai` package. Imports an HTTP library, so it is imported late."""

from __future__ import annotations

from typing import Any

import httpx2

from aimltui.common.bodies import read_whole


class LimitedClient(httpx2.AsyncClient):
    """Reads no body beyond the limit, except that of a success whose caller reads it in pieces.

    The package reads the whole body of every refusal before anyone sees its status.
    """

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """See `httpx2.AsyncClient.send`.

        Raises:
            BodyTooLong: The body is beyond the limit.
        """
        response = await super().send(request, stream=True, **options)
        if stream and response.is_success:
            return response
        return await read_whole(response)
