"""ResponseTurns: the responses of one connection, on which the newest can be continued although it is not stored."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from aimltui.server.responses.ids import thread_of_item
from aimltui.wire.base import JSONObject
from aimltui.wire.errors import APIError

Turn = Callable[[JSONObject, str | None], AsyncGenerator[JSONObject, None]]
"""Yields the events of a response. Takes the request and the thread of the response before, if that is not stored."""


class ResponseTurns:
    """The responses of one connection, one after the other.

    Args:
        turn: Makes a response; its thread stays.
        delete_thread: Deletes the thread of a response that is not stored.
    """

    def __init__(self, turn: Turn, delete_thread: Callable[[str], Awaitable[None]]) -> None:
        self._turn = turn
        self._delete_thread = delete_thread
        self._held: str | None = None
        """The thread of the newest response, if that is not stored."""

    async def events(self, body: JSONObject) -> AsyncGenerator[JSONObject, None]:
        """Yield the events of the response to a request.

        Raises:
            APIError: The request was refused. The response that it continues cannot be continued again.
        """
        held, newest = self._held, None
        try:
            async with aclosing(self._turn(body, held)) as events:
                async for event in events:
                    if (response := event.get("response")) is not None:
                        thread_id = thread_of_item(response["id"])
                        newest = None if response["store"] else thread_id
                        if response["store"] and thread_id == held:
                            # what was not stored is the beginning of what is
                            self._held = held = None
                    yield event
        except APIError:
            if held is not None and thread_of_item(str(body.get("previous_response_id") or "")) == held:
                await self.aclose()
            raise
        self._held = newest
        if held is not None and held != newest:
            await self._delete_thread(held)

    async def aclose(self) -> None:
        """Delete what was not stored."""
        held, self._held = self._held, None
        if held is not None:
            await self._delete_thread(held)
