"""TerminalWindow: the title and the progress of the terminal's window, and alerts while another window is in front."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from aimltui.tui.alerts import Alerts, alert
from aimltui.tui.terminal_title import TerminalTitle, TitleState

if TYPE_CHECKING:
    from textual.app import App

    from aimltui.tui.controllers.workspace import Workspace
    from aimltui.tui.state.thread_lines import ThreadRow

_ACTIVE = ("running", "needs_you")


class TerminalWindow:
    """Tells the terminal what goes on.

    Args:
        app: Returns the app, whose driver writes.
    """

    def __init__(self, app: Callable[[], App[Any]]) -> None:
        self._app = app
        self._title = TerminalTitle(self._write, os.environ)
        self._is_lent = False
        """Whether another program has the terminal."""
        self._active: frozenset[str] = frozenset()
        """The threads whose run had not ended when the list was last shown."""

    def _write(self, sequence: str) -> None:
        driver = self._app()._driver
        if driver is not None and not driver.is_headless:
            driver.write(sequence)
            driver.flush()

    def show(self, workspace: Workspace, title: str) -> None:
        """Show the open thread and what goes on in it in the terminal's title.

        Args:
            workspace: The workspace.
            title: The thread's title.
        """
        if self._is_lent:
            return
        conversation = workspace.current
        state: TitleState = "running" if conversation.is_busy else "idle"
        if conversation.is_busy and workspace.decisions.in_thread(conversation.thread_id):
            state = "asking"
        self._title.show(title, state)

    def release(self) -> None:
        """Give the terminal its title back."""
        self._title.close()

    def lend(self) -> None:
        """Give the title back, and show none until `take_back`: another program gets the terminal."""
        self.release()
        self._is_lent = True

    def take_back(self) -> None:
        """Show titles again."""
        self._is_lent = False

    def alert_of_ended(self, rows: Sequence[ThreadRow], kind: Alerts) -> None:
        """Alert a user who looks elsewhere when a run has ended.

        Args:
            rows: All threads as the list shows them.
            kind: What the user wants.
        """
        active = frozenset(row.id for row in rows if row.mark in _ACTIVE)
        for row in rows:
            if row.id in self._active - active:
                end = "failed" if row.mark == "failed" else "is finished"
                alert(self._app(), kind, f"The answer in “{row.title}” {end}.")
        self._active = active
