"""Watch: keeps a desk up with what other windows and processes do."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError, Unsupported
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.events import Changed
from aimltui.wire.messages import ListMessages

if TYPE_CHECKING:
    from aimltui.tui.controllers.workspace import Desk

log = logging.getLogger(__name__)

LOOK_S = 10.0
"""Between two looks at a server that does not tell what changes."""
_RETRY_S = 5.0
_LIST_PAUSE_S = 0.25
"""Between two readings of the list, however often something changes."""


class Watch:
    """Listens to the server where it tells what changes, and looks now and then where it does not.

    Args:
        desk: What is to be kept up.
        sleep: Waits so many seconds.
    """

    def __init__(self, desk: Desk, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._desk = desk
        self._sleep = sleep
        self._newest: dict[str, str] = {}

    async def go_on(self) -> None:
        """Watch for ever."""
        was_lost = False
        while True:
            try:
                if was_lost:
                    # Whatever happened meanwhile was told to nobody here.
                    await self._desk.catch_up(None)
                    was_lost = False
                await self._listen()
            except (Unsupported, NotFound):
                # This server tells nothing by itself.
                await self._look_around()
            except (APIError, TransportError) as error:
                log.info("the changes cannot be followed at the moment: %s", error)
                was_lost = True
                await self._sleep(_RETRY_S)
            else:
                await self._sleep(_RETRY_S)

    async def _look_around(self) -> None:
        while True:
            await self._sleep(LOOK_S)
            try:
                await self._look()
            except (APIError, TransportError) as error:
                log.info("nothing could be learnt of what others do: %s", error)

    async def _look(self) -> None:
        """See what others did; the thread is read only if its newest message is another one, or it was out of reach."""
        desk = self._desk
        conversation = desk.current
        await desk.shelf.read(conversation.thread_id)
        thread_id = conversation.thread_id
        if thread_id is None or (conversation.is_busy and not conversation.is_lost):
            self._newest.clear()
            return
        page = await desk.client.messages.list(ListMessages(thread_id=thread_id, limit=1))
        last = page.data[0].id if page.data else ""
        if conversation.is_lost or self._newest.get(thread_id) != last:
            await desk.read(conversation)
        self._newest = {thread_id: last}

    async def _listen(self) -> None:
        desk = self._desk
        touched: set[str] | None = set()
        async with aclosing(desk.client.changes()) as events:
            async for event in events:
                if not isinstance(event.data, Changed):
                    continue
                ids = event.data.thread_ids
                touched = None if ids is None or touched is None else touched | set(ids)
                if touched is not None and all(desk.is_mine(thread_id) for thread_id in touched):
                    touched = set()
                    continue
                await desk.catch_up(touched)
                touched = set()
                await self._sleep(_LIST_PAUSE_S)
