"""The choice of what to connect to: shown at the first start, and when a connection is added."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from aimltui.common.dataclass import dataclass
from aimltui.connections.types import Connections, KeyPlace, LocalServer
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.controllers.connection_tester import Saved
from aimltui.tui.screens.connect.form import ConnectFormScreen
from aimltui.tui.screens.dialogs.sheet import Sheet
from aimltui.tui.state.connect_form import ConnectForm
from aimltui.tui.state.connect_options import (
    DEMO,
    LOCAL,
    ConnectOption,
    connect_options,
    form_for,
    server_option,
)
from aimltui.tui.widgets.pick_list import PickList, PickRow

Places = Callable[[], Awaitable[tuple[KeyPlace, ...]]]
"""Tells where a typed key can be saved."""

PROMISE = "Only what you choose is contacted; its key goes nowhere else."


@dataclass(frozen=True, slots=True)
class TryDemo:
    """The user chose the demo model."""


class ConnectScreen(Sheet[Saved | TryDemo | None]):
    """Lists what can be connected to; choosing opens the form. The result is what was saved, or None.

    Args:
        connections: Finds, tests and saves connections.
        places: Tells where a typed key can be saved.
        is_first: Whether there is no model yet; then the demo is offered, too.
    """

    IS_QUESTION = True
    SCROLLS = "PickList"
    EXTRA_LINES = 7
    AUTO_FOCUS = ""
    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs/sheet.tcss", "connect.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "pick", show=False),
        Binding("ctrl+r", "look_for_servers", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
    ]

    def __init__(self, connections: Connections, places: Places, *, is_first: bool) -> None:
        keys = (
            FooterItem("enter", "Choose", "pick"),
            FooterItem("↑↓", "Move", "move(1)"),
            FooterItem("ctrl+r", "Find servers here", "look_for_servers"),
            FooterItem("esc", "Not now" if is_first else "Back", "cancel"),
        )
        super().__init__("Connect to a model" if is_first else "Add a connection", keys)
        self._connections = connections
        self._places = places
        self._is_first = is_first
        self._servers: Sequence[LocalServer] | None = None
        self._search: Worker[None] | None = None
        self._forms: dict[str, ConnectForm] = {}
        self._choices: list[ConnectOption] = []
        self.pick_list = PickList()
        self._help = Static("", classes="sheet-text connect-help", markup=False)

    def body(self) -> Sequence[Widget]:
        """The promise, the list, and a text about the row under the cursor."""
        return (
            Static(Content(PROMISE), classes="sheet-text connect-promise"),
            self.pick_list,
            self._help,
        )

    def on_mount(self) -> None:
        """Fill the list."""
        self._show()

    def withholds(self, event: events.Event) -> bool:
        """Take no letters at all: they are for the prompt, and so is an Enter behind them."""
        if isinstance(event, events.Paste) or (isinstance(event, events.Key) and event.is_printable):
            self.begin_dead_time()
        return super().withholds(event)

    # The list

    @property
    def is_searching(self) -> bool:
        """Whether model servers are being looked for."""
        return self._search is not None and not self._search.is_finished

    def _show(self, at: str = "") -> None:
        at = at or (self.pick_list.cursor_row.id if self.pick_list.cursor_row else "")
        self._choices = connect_options(self._connections.environment_keys(), with_demo=self._is_first)
        lines: list[PickRow | str] = []
        for option in self._choices:
            lines.append(PickRow(option.id, option.label, option.hint, is_hint_beside=True))
            if option.id == LOCAL:
                lines += self._found()
        self._choices += [server_option(server) for server in self._servers or ()]
        self.pick_list.set_lines(lines, at=at)

    def _found(self) -> list[PickRow | str]:
        if self.is_searching:
            return ["  looking at this machine's usual ports…"]
        if self._servers is None:
            return []
        rows = [server_option(server) for server in self._servers]
        if not rows:
            return ["  no server found: start one, then look again"]
        return [PickRow(option.id, f"  {option.label}", option.hint, is_hint_beside=True) for option in rows]

    def on_pick_list_cursor_moved(self, event: PickList.CursorMoved) -> None:
        """Show a text about the row under the cursor."""
        event.stop()
        option = self._option(event.row.id) if event.row else None
        self._help.update(Content(option.help if option else ""))

    def _option(self, option_id: str) -> ConnectOption | None:
        return next((option for option in self._choices if option.id == option_id), None)

    def action_move(self, step: int) -> None:
        """Move the cursor; ↑ on the first row goes to the last one, the demo."""
        self.pick_list.move(step, wraps=True)

    def action_pick(self) -> None:
        """Choose the row under the cursor."""
        if (row := self.pick_list.cursor_row) is not None:
            self._pick(row.id)

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Choose the clicked row."""
        event.stop()
        self._pick(event.row.id)

    def _pick(self, option_id: str) -> None:
        if option_id == LOCAL:
            self.action_look_for_servers()
        elif option_id == DEMO:
            self.action_try_demo()
        elif (option := self._option(option_id)) is not None:
            self._fill_in(option)

    def _fill_in(self, option: ConnectOption) -> None:
        rows = self._connections.rows()
        form = self._forms.get(option.id)
        if form is None:
            form = form_for(option, self._connections.environment_keys(), rows)
        taken = [row.name for row in rows]

        def closed(saved: Saved | None) -> None:
            if saved is not None:
                self._forms.clear()
                self.dismiss(saved)

        self._forms[option.id] = form
        self.app.push_screen(
            ConnectFormScreen(form, self._connections, self._places, taken=taken, can_choose=bool(rows)),
            closed,
        )

    def action_try_demo(self) -> None:
        """Choose the demo model."""
        if self._is_first:
            self.dismiss(TryDemo())

    # Servers on this machine

    def action_look_for_servers(self) -> None:
        """Look for model servers on this machine's usual ports."""
        if self.is_searching:
            return
        self._search = self.run_worker(self._look(), group="local", exit_on_error=False)
        self._show(LOCAL)

    async def _look(self) -> None:
        self._servers = await self._connections.find_local()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what the search found."""
        if event.worker is not self._search or not event.worker.is_finished:
            return
        event.stop()
        if event.state is WorkerState.ERROR:
            self._servers = ()
        self._show(f"server:{self._servers[0].base_url}" if self._servers else LOCAL)

    def action_cancel(self) -> None:
        """Stop the search; without one close."""
        if self.is_searching and self._search is not None:
            self._search.cancel()
        else:
            self.dismiss(None)
