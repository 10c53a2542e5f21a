"""The main screen's part for deleting threads: the trash, undo, and deleting for good."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError, Unsupported
from aimltui.common.sanitize import clean_line
from aimltui.formatting.numbers import plural
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.widgets.thread_list import ThreadList

if TYPE_CHECKING:
    from aimltui.tui.controllers.trash import Trash
    from aimltui.tui.screens.dialogs.trash import TrashedRow, TrashScreen

_NOT_DELETED = "The thread was not deleted"


class TrashPart(ScreenPart):
    """Handles the trash."""

    def on_thread_list_delete_requested(self, event: ThreadList.DeleteRequested) -> None:
        """Move a thread to the trash; where there is none, ask."""
        event.stop()
        workspace = self.workspace
        if workspace is None:
            return
        if self.startup.trash_days == 0:
            self._ask_to_delete(event.thread_id, "The setting trash_days is 0, so there is no trash.")
            return
        workspace.stop_in(event.thread_id)
        title = workspace.threads.title(event.thread_id)
        following = workspace.threads.neighbour(event.thread_id, self.clock())
        self.spawn(self._put(event.thread_id, title, following), "threads")

    async def _put(self, thread_id: str, title: str, following: str | None) -> None:
        from aimltui.wire.errors import APIError

        workspace = self.workspace
        assert workspace is not None
        try:
            await workspace.trash.put(thread_id)
        except (APIError, TransportError) as error:
            if isinstance(error, Unsupported) or getattr(error, "status", 0) == 400:
                self._ask_to_delete(thread_id, f"It cannot be moved to the trash. {error}")
            else:
                self.show_notice(f"{_NOT_DELETED}. {error}", is_warning=True)
            return
        self._leave(thread_id, following)
        self.app.notify(
            f"Moved “{clean_line(title)}” to the trash. Undo: ctrl+u in the thread list, or /trash.",
            timeout=10,
            markup=False,
        )
        self.show_state()

    def _leave(self, thread_id: str, following: str | None) -> None:
        if self.workspace is not None and self.workspace.current.thread_id == thread_id:
            self.go_to(following)

    def _ask_to_delete(self, thread_id: str, why: str) -> None:
        from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen

        assert self.workspace is not None
        following = self.workspace.threads.neighbour(thread_id, self.clock())

        def answered(answer: str | None) -> None:
            if answer == YES:
                self.spawn(self._delete_at_once(thread_id, following), "threads")

        title = clean_line(self.workspace.threads.title(thread_id))
        text = f"{why} A deleted thread cannot be restored."
        self.app.push_screen(
            ConfirmScreen(f"Delete “{title}” for good?", text, "Delete for good", "Keep"), answered
        )

    async def _delete_at_once(self, thread_id: str, following: str | None) -> None:
        if await self._delete([thread_id]):
            self._leave(thread_id, following)
        self.show_state()

    async def _delete(self, thread_ids: Sequence[str]) -> bool:
        """Delete threads and their drafts for good; a failure is shown."""
        from aimltui.wire.errors import APIError

        assert self.workspace is not None
        for thread_id in thread_ids:
            try:
                await self.workspace.trash.delete([thread_id])
            except (APIError, TransportError) as error:
                self.show_notice(f"{_NOT_DELETED}. {error}", is_warning=True)
                return False
            self.drafts.forget(thread_id)
        return True

    # Undo and the list

    def on_thread_list_undo_delete_requested(self, event: ThreadList.UndoDeleteRequested) -> None:
        """Restore the thread that was deleted last."""
        event.stop()
        self.action_undo_delete()

    def action_undo_delete(self) -> None:
        """Restore the thread that was deleted last."""
        if self.workspace is not None:
            self.spawn(self._restore(None), "threads")

    async def _restore(self, thread_id: str | None) -> None:
        """Restore a thread and open it; None restores the last one."""
        from aimltui.wire.errors import APIError

        workspace = self.workspace
        assert workspace is not None
        try:
            if thread_id is None:
                thread_id = await workspace.trash.undo()
            else:
                await workspace.trash.restore(thread_id)
        except (APIError, TransportError) as error:
            self.show_notice(f"The thread was not restored. {error}", is_warning=True)
            return
        if thread_id is None:
            self.hint("The trash is empty.")
            return
        self.app.clear_notifications()
        self.go_to(thread_id)
        self.show_state()

    def action_show_trash(self) -> None:
        """Show the deleted threads."""
        if not self.waits_for_start("show_trash"):
            self.spawn(self._show_trash(), "trash")

    async def _show_trash(self) -> None:
        from aimltui.tui.screens.dialogs.trash import TrashScreen
        from aimltui.wire.errors import APIError

        workspace = self.workspace
        assert workspace is not None
        try:
            await workspace.trash.read()
        except (APIError, TransportError) as error:
            self.show_notice(f"The trash could not be read. {error}", is_warning=True)
            return

        def delete(ids: Sequence[str]) -> None:
            self.spawn(self._delete_in(screen, ids), "threads")

        def picked(thread_id: str | None) -> None:
            if thread_id is not None:
                self.spawn(self._restore(thread_id), "threads")

        screen = TrashScreen(_rows(workspace.trash, self.clock()), delete)
        self.app.push_screen(screen, picked)

    async def _delete_in(self, screen: TrashScreen, ids: Sequence[str]) -> None:
        await self._delete(ids)
        if self.workspace is not None and screen.is_attached:
            screen.set_rows(_rows(self.workspace.trash, self.clock()))
        self.show_state()


def _rows(trash: Trash, now: float) -> list[TrashedRow]:
    from aimltui.tui.screens.dialogs.trash import TrashedRow
    from aimltui.tui.state.families import families, last_used
    from aimltui.tui.state.thread_list import title_of

    return [
        TrashedRow(thread.id, title_of(thread), _when(thread.trashed_at, trash.days_left(thread), now))
        for thread in map(last_used, families(trash.threads))
    ]


def _when(at: float | None, days_left: float, now: float) -> str:
    if at is None or not 0 <= at <= now + 1e9:
        return "deleted"
    moment = time.localtime(at)
    day = (
        "today"
        if moment[:3] == time.localtime(now)[:3]
        else f"{moment.tm_mday} {time.strftime('%b', moment)}"
    )
    return f"deleted {day} · {plural(max(0, math.ceil(days_left)), 'day')} left"
