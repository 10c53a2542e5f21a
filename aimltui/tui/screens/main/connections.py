"""The main screen's part for connections: the Connect screen, the list of connections, and what a card offers."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from aimltui.common.sanitize import clean_line
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.startup import Startup
from aimltui.tui.state.entries import (
    CHANGE_KEY,
    CONNECT,
    LOOK_AGAIN,
    OTHER_MODEL,
    RETRY,
    SEND_AGAIN,
    ErrorEntry,
)
from aimltui.tui.state.guides import SET_UP

if TYPE_CHECKING:
    from aimltui.connections.types import Connections, KeyPlace
    from aimltui.tui.controllers.connection_tester import Saved
    from aimltui.tui.screens.connect.connect import TryDemo
    from aimltui.tui.state.addressee import Addressee


class ConnectionsPart(ScreenPart):
    """Opens the screens for connections. They are imported when they are opened."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._places: tuple[KeyPlace, ...] | None = None

    @property
    def connections(self) -> Connections | None:
        """The connections; None before the start, and if the program was started without them."""
        return self.workspace.connected.connections if self.workspace is not None else None

    async def key_places(self) -> tuple[KeyPlace, ...]:
        """Where a typed key can be saved; found out once."""
        if self._places is None and self.connections is not None:
            self._places = tuple(await asyncio.to_thread(self.connections.key_places))
        return self._places or ()

    # Opening

    def offer_connection(self) -> None:
        """Open the Connect screen at the first start without a model, unless the user is already typing."""
        workspace = self.workspace
        is_new = (
            workspace is not None and workspace.current.view.facts.is_blank and not workspace.models.is_set_up
        )
        if is_new and self.connections is not None and self.prompt.is_empty and self.app.screen is self:
            self.open_connect()

    def open_connect(self) -> None:
        """Open the Connect screen."""
        from aimltui.tui.screens.connect.connect import ConnectScreen, TryDemo

        workspace, connections = self.workspace, self.connections
        if workspace is None or connections is None:
            self._say_why_not()
            return

        def closed(result: Saved | TryDemo | None) -> None:
            if isinstance(result, TryDemo):
                self.spawn(
                    workspace.selections.choose_model(workspace.current, self.startup.demo_model), "choice"
                )
            elif result is not None:
                self._was_saved(result)

        is_first = not workspace.models.is_set_up
        self.app.push_screen(ConnectScreen(connections, self.key_places, is_first=is_first), closed)

    def action_connections(self) -> None:
        """Open the list of connections, or the Connect screen if there is no connection."""
        from aimltui.tui.screens.connect.connections import ConnectionsScreen

        connections = self.connections
        if connections is None or not connections.rows():
            self.open_connect()
            return
        self.app.push_screen(
            ConnectionsScreen(connections, self.key_places, changed=self._use, saved=self._was_saved)
        )

    def _change_key(self, name: str | None) -> None:
        """Open the form of the connection whose key was refused."""
        from aimltui.tui.screens.connect.form import ConnectFormScreen
        from aimltui.tui.state.connect_form import form_of

        connections = self.connections
        rows = connections.rows() if connections is not None else ()
        row = next((row for row in rows if row.name == name), rows[0] if rows else None)
        if connections is None or row is None:
            self.open_connect()
            return
        form = form_of(row, connections.environment_keys())
        form.ask_for_other_key()

        def closed(saved: Saved | None) -> None:
            if saved is not None:
                self._was_saved(saved)

        self.app.push_screen(ConnectFormScreen(form, connections, self.key_places), closed)

    def _say_why_not(self) -> None:
        if self.waits_for_start("connections") or self.workspace is None:
            return
        self.show_notice(
            f"The models come from {self.workspace.endpoint}, which was named at the start. Start without it to use "
            "your connections.",
            is_warning=True,
        )

    # Changes

    def _was_saved(self, saved: Saved) -> None:
        if saved.is_default and saved.kind == "models":
            self._use(saved.model)
        self.show_notice(saved.text)

    def _use(self, model: str | None) -> None:
        """Use another model in new threads, and in the open one unless a model was chosen for it."""
        workspace, connections = self.workspace, self.connections
        if workspace is None or connections is None:
            return
        rows = connections.rows()
        self.spawn(workspace.use_endpoint(rows[0].name if rows else "not connected", model), "choice")

    # What a card offers

    def take_key(self, letter: str) -> bool:
        """Do what a letter stands for on the selected card; False if it stands for nothing."""
        mark = self.transcript.mark
        card = mark[0] if mark is not None else None
        if not isinstance(card, ErrorEntry) or not self.letters.is_alive:
            return False
        for action in card.actions:
            if action.key == letter:
                self.set_focus(self.prompt)
                self.take_action(card.id, action.id)
                return True
        return False

    def take_action(self, entry_id: str, action_id: str) -> None:
        """Do what a card or a guide offers."""
        if action_id in (SET_UP, CONNECT.id):
            self.open_connect()
        elif action_id == CHANGE_KEY.id:
            self._change_key(self._connection_of(entry_id))
        elif action_id == OTHER_MODEL.id:
            to = self.workspace.current.last_addressee if self.workspace is not None else None
            self.open_model_picker(partial(self._retry_with, to) if to is not None else None)
        elif action_id == LOOK_AGAIN.id:
            self._look_again()
        elif action_id == RETRY.id:
            self.prompt.submit()
        elif action_id == SEND_AGAIN.id:
            self.send_again()

    def _look_again(self) -> None:
        if self.workspace is not None:
            self.hint("Asking again…", seconds=2)
            self.workspace.current.retry()
            self.spawn(self.workspace.learn(refresh=True), "models")

    def _retry_with(self, to: Addressee, model: str, connection: str) -> None:
        """Let the assistant that the last message is addressed to answer it with another model."""
        if self.workspace is not None:
            self.workspace.current.retry_with = model, connection or None
            self.hint(
                f"{clean_line(to.name)} answers with {clean_line(model)} when you send it again.", seconds=4
            )

    def _connection_of(self, entry_id: str) -> str | None:
        """The name of the connection that a run's card is about; None for the default one."""
        run = self.workspace.current.run if self.workspace is not None else None
        return run.connection if run is not None and entry_id.startswith(run.id) else None
