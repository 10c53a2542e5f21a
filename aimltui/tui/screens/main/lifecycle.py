"""The main screen's part for the start and the end: connecting, opening the first thread, saving at the end."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from aimltui.tui.controllers.draft_keeper import joined
from aimltui.tui.screens.main.view import MainView
from aimltui.tui.startup import Startup
from aimltui.tui.state.entries import ErrorEntry
from aimltui.tui.storage.drafts import NEW_THREAD

if TYPE_CHECKING:
    from aimltui.tui.controllers.workspace import Desk

log = logging.getLogger(__name__)

_END_S = 3.0
"""Seconds that saving and disconnecting may take before the program ends without them."""


class LifecyclePart(MainView):
    """Connects the screen at the start, and closes what is open at the end."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._has_failed = False
        self._is_ending = False

    async def connect(self) -> None:
        """Connect to the server and open the first thread; a failure is shown as a card."""
        try:
            connected = await self.startup.connect()
            # The wire models come in with the desk; their import would hold up the keys.
            module = await asyncio.to_thread(importlib.import_module, "aimltui.tui.controllers.workspace")
            self.desk = module.Desk(connected, self.startup, self.post_message, self.spawn, self.clock)
        except Exception as error:
            log.exception("the start failed")
            self._not_connected(error)
            return
        self.listen_for_code()
        await self._open_first(self.desk)
        self.say_early()
        self.offer_connection()
        self.spawn(self.desk.loader.read_rest(self.desk.current), "list")
        self.spawn(self.desk.learn(), "models")
        self.spawn(self.desk.purse.refresh(), "purse")
        self.spawn(self.desk.watch(), "changes")
        if self.marks is not None:
            self.spawn(self.marks.load(), "marks")
        if connected.warm_up is not None:
            self.spawn(asyncio.to_thread(connected.warm_up), "warm-up")

    def reconnect(self) -> None:
        """Connect again if the start failed."""
        if not self._has_failed:
            return
        self._has_failed = False
        self.threads.set_rows((), empty="loading threads…")
        self.hint("trying again; the message goes out when there is a connection")
        self.spawn(self.connect(), "connect")

    async def _open_first(self, desk: Desk) -> None:
        wanted = await self._first_thread()
        problem = await desk.prepare()
        if problem:
            self.remark(problem, is_warning=True)
        if wanted is not None and (wanted == self.startup.thread_id or await desk.shelf.has(wanted)):
            await desk.open(wanted)
        else:
            desk.new()
        await self.drafts.enter()
        self.show_state()

    async def _first_thread(self) -> str | None:
        """The thread to open at the start; None for a new one."""
        if self.startup.thread_id is not None:
            return self.startup.thread_id
        return None if self.startup.new else await self.drafts.last_thread()

    def _not_connected(self, error: Exception) -> None:
        again = "Sending a message tries again; ctrl+Q quits. Nothing that was kept is lost."
        card = ErrorEntry(
            "start",
            self.startup.failed,
            str(getattr(error, "message", "") or error) or type(error).__name__,
            f"{getattr(error, 'remedy', '') or ''} {again}".strip(),
            getattr(error, "request_id", None),
        )
        self.threads.set_rows((), empty="not available")
        self.transcript.show([card])
        self._has_failed = True
        if early := self.take_early():
            self.prompt.load_draft("\n\n".join([*early, self.prompt.draft]).rstrip())

    async def prepare_to_end(self) -> None:
        """Save the draft, finish deletions and disconnect, within a bounded time."""
        if self._is_ending:
            return
        self._is_ending = True
        desk, early = self.desk, self.take_early()
        if desk is None:
            key = self.startup.thread_id or (NEW_THREAD if self.startup.new else None)
            self.drafts.join(key, behind=joined((*early, self.prompt.draft)))
        else:
            self.drafts.save_at_end(joined((desk.current.dequeue_all(), *early)))
        self.desk = None
        if desk is not None:
            await _in_time(self._disconnect(desk))
        await _in_time(self.files.finish())

    async def _disconnect(self, desk: Desk) -> None:
        await desk.close()
        await desk.client.aclose()


async def _in_time(work: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(_END_S):
            await work
    except TimeoutError:
        log.warning("the end was cut short after %s s", _END_S)
