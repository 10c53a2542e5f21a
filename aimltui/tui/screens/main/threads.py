"""The main screen's part for threads: the list, opening, renaming, pinning."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError
from aimltui.tui.controllers.messages import TextReturned, ThreadListChanged
from aimltui.tui.controllers.start_queue import TEMPORARY_THREAD_ACTION
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.storage.drafts import joined
from aimltui.tui.widgets.header import HeaderBar
from aimltui.tui.widgets.thread_list import ThreadList

if TYPE_CHECKING:
    from aimltui.tui.controllers.conversation import Conversation

_READ_S = 6.0
"""Seconds for which a sentence about the thread is shown."""


class ThreadsPart(ScreenPart):
    """Handles the thread list and its commands."""

    def on_thread_list_changed(self, event: ThreadListChanged) -> None:
        """Update the list."""
        event.stop()
        workspace = self.workspace
        if workspace is None:
            return
        rows = workspace.threads.rows(self.clock())
        if workspace.directory.is_loaded or rows:
            self.threads.set_rows(rows)
            if self.thread_sheet is not None:
                self.thread_sheet.set_threads(rows)
        self.window.alert_of_ended(rows, self.startup.alerts)
        self.show_state()

    def on_thread_list_selected(self, event: ThreadList.Selected) -> None:
        """Open the selected thread."""
        event.stop()
        self.close_sidebar()
        self.set_focus(self.prompt)
        self.go_to(event.thread_id)

    def on_thread_list_left(self, event: ThreadList.Left) -> None:
        """Go back to the prompt."""
        event.stop()
        self.close_sidebar()
        self.set_focus(self.prompt)

    def close_sidebar(self) -> bool:
        """Close the list if it lies over the transcript; False if it does not.

        On a wide screen it stays beside the transcript, and will not lie over it when the screen becomes narrow.
        """
        is_over = self.has_class("-narrow") and self.has_class("-sidebar-open")
        self.remove_class("-sidebar-open")
        return is_over

    def go_to(self, thread_id: str | None) -> None:
        """Open a thread; None opens a new one."""
        workspace = self.workspace
        if workspace is None or (thread_id is not None and workspace.current.thread_id == thread_id):
            return
        self.spawn(self._go_to(thread_id, self.drafts.leave()), "open")

    async def _go_to(self, thread_id: str | None, visit: int, *, is_temporary: bool = False) -> None:
        assert self.workspace is not None
        if thread_id is None:
            self.workspace.new(is_temporary=is_temporary)
        else:
            await self.workspace.open(thread_id)
        await self.drafts.enter(visit)
        self.show_state()
        self.drafts.note_open_thread()

    def action_new_thread(self) -> None:
        """Open a new thread."""
        self.close_sidebar()
        self.set_focus(self.prompt)
        if self.waits_for_start("new_thread"):
            return
        if self.workspace is not None and (
            self.workspace.current.thread_id is not None
            or self.workspace.current.is_busy
            or self.workspace.current.is_temporary
        ):
            self.go_to(None)

    def action_temporary_thread(self) -> None:
        """Open a new thread that is never written to disk."""
        self.close_sidebar()
        self.set_focus(self.prompt)
        if self.waits_for_start(TEMPORARY_THREAD_ACTION) or self.workspace is None:
            return
        if not self.workspace.connected.has_temporary:
            # what waits behind it was meant for a thread that nobody saves
            early = self.start_queue.take_messages()
            self.prompt.load_draft(joined((*early, self.prompt.draft)))
            self.hint("This server saves every thread: there are no temporary ones.", _READ_S)
        else:
            self.spawn(self._go_to(None, self.drafts.leave(), is_temporary=True), "open")
            self.hint("This thread is not written to disk and has no tools. /keep saves it.", _READ_S)

    def action_keep_thread(self) -> None:
        """Save the open temporary thread as an ordinary one."""
        conversation = self.workspace.current if self.workspace is not None else None
        if conversation is None or not conversation.is_temporary or conversation.thread_id is None:
            return
        if conversation.is_busy:
            self.hint("An answer is being written. The thread can be kept after it.")
        else:
            # what is sent meanwhile waits, since the thread is about to be deleted
            conversation.choice = object()
            self.spawn(self._keep(conversation, conversation.thread_id), "open")

    async def _keep(self, conversation: Conversation, thread_id: str) -> None:
        from aimltui.tui.controllers.keeping import keep
        from aimltui.wire.errors import APIError

        workspace = self.workspace
        assert workspace is not None
        try:
            kept = await keep(workspace.client, thread_id)
            for one in kept:
                workspace.threads.drop(one)
            await workspace.directory.refresh([*kept.values()], kept[thread_id])
        except (APIError, TransportError) as error:
            self.show_notice(f"The thread was not saved. {error}", is_warning=True)
            self.post_message(TextReturned(conversation, conversation.dequeue_all()))
            return
        finally:
            conversation.choice = None
        is_open = workspace.current is conversation
        visit = self.drafts.leave() if is_open else 0
        for one, saved in kept.items():
            self.drafts.hand_on(one, saved, before=conversation.dequeue_all() if one == thread_id else "")
        if is_open:
            self.spawn(self._go_to(kept[thread_id], visit), "open")
        self.show_notice("Saved: this is an ordinary thread now.")

    def action_toggle_sidebar(self) -> None:
        """Show or hide the thread list."""
        if self.has_class("-narrow"):
            self.toggle_class("-sidebar-open")
            self.set_focus(self.threads if self.has_class("-sidebar-open") else self.prompt)
            return
        self.toggle_class("-sidebar-closed")
        if self.has_class("-sidebar-closed"):
            self.set_focus(self.prompt)

    def action_focus_threads(self) -> None:
        """Show the thread list and go to it."""
        self.add_class("-sidebar-open")
        self.remove_class("-sidebar-closed")
        self.set_focus(self.threads)

    def on_header_bar_menu_clicked(self, event: HeaderBar.MenuClicked) -> None:
        """Show or hide the thread list."""
        event.stop()
        self.action_toggle_sidebar()

    def on_header_bar_title_clicked(self, event: HeaderBar.TitleClicked) -> None:
        """Rename the open thread."""
        event.stop()
        self.action_rename_thread()

    # Commands for one thread: the selected one in the list, else the open one

    @property
    def _acted_on(self) -> str | None:
        """The thread that a command acts on."""
        if self.focused is self.threads and self.threads.cursor_thread is not None:
            return self.threads.cursor_thread
        return self.workspace.current.thread_id if self.workspace is not None else None

    def action_rename_thread(self, title: str = "") -> None:
        """Rename the thread; without a title ask for one."""
        workspace, thread_id = self.workspace, self._acted_on
        if thread_id is None or workspace is None:
            return
        if title:
            renaming = workspace.directory.rename(thread_id, title)
            self.spawn(self._ask(renaming, "The thread was not renamed"), "threads")
        else:
            self._rename(thread_id)

    def action_pin_thread(self) -> None:
        """Pin or unpin the thread."""
        if self._acted_on is not None:
            self.spawn(self._pin(self._acted_on), "threads")

    def action_delete_thread(self) -> None:
        """Delete the thread."""
        if self._acted_on is not None:
            self.post_message(ThreadList.DeleteRequested(self._acted_on))

    def on_thread_list_rename_requested(self, event: ThreadList.RenameRequested) -> None:
        """Rename the selected thread."""
        event.stop()
        self._rename(event.thread_id)

    def on_thread_list_pin_requested(self, event: ThreadList.PinRequested) -> None:
        """Pin or unpin the selected thread."""
        event.stop()
        self.spawn(self._pin(event.thread_id), "threads")

    def _rename(self, thread_id: str) -> None:
        # a modal is not needed for the first frame
        from aimltui.tui.screens.dialogs.rename import RenameScreen

        workspace = self.workspace
        assert workspace is not None

        def renamed(title: str | None) -> None:
            if title is not None:
                self.spawn(
                    self._ask(workspace.directory.rename(thread_id, title), "The thread was not renamed"),
                    "threads",
                )

        self.app.push_screen(RenameScreen("Rename the thread", workspace.threads.title(thread_id)), renamed)

    async def _pin(self, thread_id: str) -> None:
        assert self.workspace is not None
        await self._ask(self.workspace.directory.toggle_pin(thread_id), "The thread was not pinned")

    async def _ask(self, work: Awaitable[None], failed: str) -> None:
        from aimltui.wire.errors import APIError

        try:
            await work
        except (APIError, TransportError) as error:
            self.show_notice(f"{failed}. {error}", is_warning=True)
        self.show_state()
