"""ChangeWatcher: learns what other windows and processes change on the server."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError, Unsupported
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.events import Changed

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient

log = logging.getLogger(__name__)

LOOK_S = 10.0
"""Seconds between two looks at a server that sends no changes."""
_RETRY_S = 5.0
_LIST_PAUSE_S = 0.25
"""Seconds between two readings of the list, however often something changes."""


class ChangeWatcher:
    """Listens to the server where it sends changes, and looks every few seconds where it does not.

    Args:
        client: The server.
        catch_up: Reads these threads again; all of them if the set is None.
        look: Reads again whatever has changed.
        is_own: Whether changes of a thread come from this window, which knows them already.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        client: AssistantsClient,
        *,
        catch_up: Callable[[set[str] | None], Awaitable[None]],
        look: Callable[[], Awaitable[None]],
        is_own: Callable[[str], bool],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._client = client
        self._catch_up = catch_up
        self._look = look
        self._is_own = is_own
        self._sleep = sleep

    async def run(self) -> None:
        """Watch until it is cancelled."""
        was_lost = False
        while True:
            try:
                if was_lost:
                    # changes made while the connection was lost were not sent
                    await self._catch_up(None)
                    was_lost = False
                await self._listen()
            except (Unsupported, NotFound):
                await self._look_regularly()
            except (APIError, TransportError) as error:
                log.info("the changes cannot be followed at the moment: %s", error)
                was_lost = True
            await self._sleep(_RETRY_S)

    async def _look_regularly(self) -> None:
        while True:
            await self._sleep(LOOK_S)
            try:
                await self._look()
            except (APIError, TransportError) as error:
                log.info("the server could not be looked at: %s", error)

    async def _listen(self) -> None:
        touched: set[str] | None = set()
        async with aclosing(self._client.changes()) as events:
            async for event in events:
                if not isinstance(event.data, Changed):
                    continue
                ids = event.data.thread_ids
                touched = None if ids is None or touched is None else touched | set(ids)
                if touched is not None and all(self._is_own(thread_id) for thread_id in touched):
                    touched = set()
                    continue
                await self._catch_up(touched)
                touched = set()
                await self._sleep(_LIST_PAUSE_S)
