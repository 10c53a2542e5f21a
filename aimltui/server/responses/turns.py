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
        is_temporary: Whether a thread was made for a response that is not stored. A conversation was not.
        delete_thread: Deletes such a thread.
    """

    def __init__(
        self,
        turn: Turn,
        is_temporary: Callable[[str | None], bool],
        delete_thread: Callable[[str], Awaitable[None]],
    ) -> None:
        self._turn = turn
        self._is_temporary = is_temporary
        self._delete_thread = delete_thread
        self._held: str | None = None
        """The thread of the newest complete response, if that is not stored."""
        self._newest: str | None = None
        """That of the newest response, which its client may leave before it is complete."""

    async def events(self, body: JSONObject) -> AsyncGenerator[JSONObject, None]:
        """Yield the events of the response to a request.

        Raises:
            APIError: The request was refused. The response that it continues cannot be continued again.
        """
        held, self._newest = self._held, None
        try:
            async with aclosing(self._turn(body, held)) as events:
                async for event in events:
                    if (response := event.get("response")) is not None:
                        thread_id = thread_of_item(response["id"])
                        self._newest = thread_id if self._is_temporary(thread_id) else None
                        if response["store"] and thread_id == held:
                            # what was not stored is the beginning of what is
                            self._held = held = None
                    yield event
        except APIError:
            if held is not None and thread_of_item(str(body.get("previous_response_id") or "")) == held:
                await self.aclose()
            raise
        if held is not None and held != self._newest:
            await self._delete_thread(held)
        # only now: a client that leaves meanwhile cancels this
        self._held = self._newest

    async def aclose(self) -> None:
        """Delete what was not stored."""
        for thread_id in {self._held, self._newest}:
            if thread_id is not None:
                await self._delete_thread(thread_id)
        self._held = self._newest = None
