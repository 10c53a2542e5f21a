"""The main screen's part for the start and the end: connecting, opening the first thread, saving at the end."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.startup import Startup
from aimltui.tui.state.entries import ErrorEntry
from aimltui.tui.storage.drafts import NEW_THREAD, joined

if TYPE_CHECKING:
    from aimltui.tui.controllers.workspace import Workspace

log = logging.getLogger(__name__)

_END_S = 3.0
"""Seconds that saving and disconnecting may take before the program ends without them."""


class LifecyclePart(ScreenPart):
    """Connects the screen at the start, and closes what is open at the end."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._has_failed = False
        self._is_ending = False
        self._is_saved = False

    async def connect(self) -> None:
        """Connect to the server and open the first thread; a failure is shown as a card."""
        try:
            connected = await self.startup.connect()
            # the workspace imports the wire models, which would block the keyboard
            module = await asyncio.to_thread(importlib.import_module, "aimltui.tui.controllers.workspace")
            self.workspace = module.Workspace(
                connected, self.startup, self.post_message, self.spawn, self.clock
            )
        except Exception as error:
            log.exception("the start failed")
            self._not_connected(error)
            return
        self.listen_for_code()
        await self._open_first(self.workspace)
        await self.send_early()
        self.offer_connection()
        self.spawn(self.workspace.loader.read_rest(self.workspace.current), "list")
        self.spawn(self.workspace.learn(), "models")
        self.spawn(self.workspace.usage.refresh(), "usage")
        self.spawn(self.workspace.watch(), "changes")
        self.spawn(self._purge(self.workspace), "trash")
        if self.marks is not None:
            self.spawn(self.marks.load(), "marks")

    async def _purge(self, workspace: Workspace) -> None:
        """Delete what has been in the trash for too long."""
        for thread_id in await workspace.trash.purge():
            self.drafts.forget(thread_id)
        self.show_state()

    def reconnect(self) -> None:
        """Connect again if the start failed."""
        if not self._has_failed:
            return
        self._has_failed = False
        self.threads.set_rows((), empty="loading threads…")
        self.hint("Trying again. The message is sent when there is a connection.")
        self.spawn(self.connect(), "connect")

    async def _open_first(self, workspace: Workspace) -> None:
        wanted = await self._first_thread()
        problem = await workspace.prepare()
        if problem:
            self.show_notice(problem, is_warning=True)
        is_new = self.start_queue.starts_new_thread()
        if (
            wanted is not None
            and not is_new
            and (wanted == self.startup.thread_id or await workspace.directory.has(wanted))
        ):
            await workspace.open(wanted)
        else:
            workspace.new()
        if self.start_queue.starts_new_thread():
            workspace.new()
        await self.drafts.enter()
        self.show_state()

    async def _first_thread(self) -> str | None:
        """The thread to open at the start; None for a new one."""
        if self.startup.thread_id is not None:
            return self.startup.thread_id
        return None if self.startup.new else await self.drafts.last_thread()

    def _not_connected(self, error: Exception) -> None:
        again = "Send a message to try again; ctrl+q quits. Nothing saved is lost."
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
        if early := self.start_queue.take_messages():
            self.prompt.load_draft("\n\n".join([*early, self.prompt.draft]).rstrip())

    def save_unsent(self) -> None:
        """Have saved what was written and not sent, once; `prepare_to_end` waits for it."""
        if self._is_saved:
            return
        self._is_saved = True
        for screen in self.app.screen_stack:
            # a form that is open in front of this screen
            if (save_draft := getattr(screen, "save_draft", None)) is not None:
                save_draft()
        workspace, early = self.workspace, self.start_queue.take_messages()
        if workspace is None:
            key = self.startup.thread_id or (NEW_THREAD if self.startup.new else None)
            self.drafts.join(key, behind=joined((*early, self.prompt.draft)))
        else:
            waiting = workspace.current.dequeue_all()
            self.drafts.save_at_end(joined((waiting, *early)))
            self.drafts.note_queue(workspace.current)

    async def prepare_to_end(self) -> None:
        """Save the draft and disconnect, within a bounded time."""
        if self._is_ending:
            return
        self._is_ending = True
        self.save_unsent()
        workspace, self.workspace = self.workspace, None
        if workspace is not None:
            await _in_time(self._disconnect(workspace))
        self.drafts.end()
        await _in_time(self.file_worker.finish())

    async def _disconnect(self, workspace: Workspace) -> None:
        await workspace.close()
        await workspace.client.aclose()


async def _in_time(work: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(_END_S):
            await work
    except TimeoutError:
        log.warning("the end was cut short after %s s", _END_S)
