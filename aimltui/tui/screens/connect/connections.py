"""The list of connections: add, change, test, make default, remove."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from aimltui.common.errors import ConfigError
from aimltui.common.sanitize import clean
from aimltui.connections.types import ConnectionRow, Connections, Tested
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.controllers.connection_tester import Saved
from aimltui.tui.screens.connect.connect import ConnectScreen, Places, TryDemo
from aimltui.tui.screens.connect.form import ConnectFormScreen
from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.state.connect_form import form_of, host_of, stored_words
from aimltui.tui.widgets.pick_list import PickList, PickRow

_KEYS = (
    FooterItem("enter", "Change", "edit"),
    FooterItem("a", "Add", "add"),
    FooterItem("t", "Test", "test"),
    FooterItem("d", "Make default", "make_default"),
    FooterItem("del", "Remove", "remove"),
    CLOSE,
)
_BUSY = (FooterItem("esc", "Stop the test", "cancel"),)


class ConnectionsScreen(Sheet[None]):
    """Shows the connections, and below them what is known of the one under the cursor.

    Args:
        connections: Tests, saves and removes them.
        places: Tells where a typed key can be saved.
        changed: Called with the model for new threads when it changes; None if there is none left.
        saved: Called with what was saved.
    """

    SCROLLS = "PickList"
    LETTERS_ACT = True
    EXTRA_LINES = 6
    AUTO_FOCUS = ""
    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs/sheet.tcss", "connect.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("enter,e", "edit", show=False),
        Binding("a", "add", show=False),
        Binding("t", "test", show=False),
        Binding("d", "make_default", show=False),
        Binding("delete,backspace", "remove", show=False),
    ]

    def __init__(
        self,
        connections: Connections,
        places: Places,
        *,
        changed: Callable[[str | None], object],
        saved: Callable[[Saved], object],
    ) -> None:
        super().__init__("Connections", _KEYS)
        self._connections = connections
        self._places = places
        self._changed = changed
        self._saved = saved
        self._rows: Sequence[ConnectionRow] = ()
        self._found: dict[str, Tested] = {}
        """The connection whose removal waits for the user's confirmation."""
        self._work: Worker[None] | None = None
        self._problem = ""
        self._at = ""
        """The connection that was under the cursor last."""
        self.pick_list = PickList()
        self._about = Static("", classes="sheet-text connect-help connect-about", markup=False)

    def body(self) -> Sequence[Widget]:
        """The list, and a text about the row under the cursor."""
        return self.pick_list, self._about

    def on_mount(self) -> None:
        """Fill the list."""
        self._show()

    # What is shown

    def _show(self, at: str = "") -> None:
        at = at or (self._row.name if self._row is not None else "")
        self._rows = self._connections.rows()
        lines = [PickRow(row.name, row.name, _hint(row), row.is_default) for row in self._rows]
        self.pick_list.set_lines(lines, at=at, remark="No connection yet. a adds one.")
        self._say()

    @property
    def _row(self) -> ConnectionRow | None:
        """The connection under the cursor."""
        picked = self.pick_list.cursor_row
        return next((row for row in self._rows if picked is not None and row.name == picked.id), None)

    @property
    def is_testing(self) -> bool:
        """Whether a connection is being tested."""
        return self._work is not None and not self._work.is_finished

    def _say(self, text: str = "", style: str = "$text-error") -> None:
        self._about.update(Content.styled(clean(text), style) if text else self._words())
        self.show_keys(_BUSY if self.is_testing else _KEYS)

    def _words(self) -> Content:
        row = self._row
        if row is None:
            return Content("")
        found = self._found.get(row.name)
        if found is not None and found.is_good:
            good = Content.styled(f"✓ {clean(found.text)}", "$text-success")
            return good + Content(f"  {clean(found.remedy)}") if found.remedy else good
        problem = f"{found.text} {found.remedy}".strip() if found is not None else row.problem
        if problem:
            return Content.styled(f"✗ {clean(problem)}", "$text-error")
        return Content("New threads use it." if row.is_default else "It answers where you choose its models.")

    def on_pick_list_cursor_moved(self, event: PickList.CursorMoved) -> None:
        """Show a text about the row under the cursor."""
        event.stop()
        name = event.row.id if event.row else ""
        if name == self._at:
            return
        self._at = name
        if not self.is_testing:
            self._say()

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Do nothing more: a click only moves the cursor, and a key acts on the row."""
        event.stop()

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self.pick_list.move(step)

    # What is done to a connection

    def action_add(self) -> None:
        """Add a connection."""

        def closed(result: Saved | TryDemo | None) -> None:
            self._was_saved(result if isinstance(result, Saved) else None)

        self.app.push_screen(ConnectScreen(self._connections, self._places, is_first=False), closed)

    def action_edit(self) -> None:
        """Change the connection under the cursor."""
        row = self._row
        if row is not None and not self.is_testing:
            form = form_of(row, self._connections.environment_keys())
            self.app.push_screen(ConnectFormScreen(form, self._connections, self._places), self._was_saved)

    def _was_saved(self, saved: Saved | None) -> None:
        if saved is not None:
            self._found.pop(saved.name, None)
            self._saved(saved)
            self._show(saved.name)

    def action_test(self) -> None:
        """Test the connection under the cursor."""
        row = self._row
        if row is not None and not self.is_testing:
            self._start(self._test(row))
            self._say(f"Asking {host_of(row.base_url)} for its models…", "$text-muted")

    async def _test(self, row: ConnectionRow) -> None:
        self._found[row.name] = await self._connections.test(form_of(row, ()).draft())

    def action_make_default(self) -> None:
        """Let new threads use the connection under the cursor."""
        row = self._row
        if row is not None and not row.is_default and not self.is_testing:
            self._start(self._make_default(row.name))

    async def _make_default(self, name: str) -> None:
        try:
            model = await self._connections.make_default(name)
        except ConfigError as error:
            self._failed(str(error))
            return
        self._changed(model)

    def action_remove(self) -> None:
        """Ask whether to remove the connection under the cursor."""
        row = self._row
        if row is None or self.is_testing:
            return
        if not row.is_own:
            where = (
                f"the variable {row.key_hint}, " if row.key_place == "environment" and row.key_hint else ""
            )
            self._say(
                f"✗ “{row.name}” was not added here: it comes from {where}a flag or the table [connection] of the "
                "configuration file. Remove it there."
            )
            return
        key = {
            "environment": f"The variable {row.key_hint} stays as it is.",
            "none": "",
        }.get(row.key_place, "Its key is deleted, too, and cannot be restored.")

        def answered(answer: str | None) -> None:
            if answer == YES:
                self._start(self._remove(row))

        text = " ".join(filter(None, (key, "Threads stay.")))
        self.app.push_screen(ConfirmScreen(f"Remove “{row.name}”?", text, "Remove it", "Keep it"), answered)

    async def _remove(self, row: ConnectionRow) -> None:
        try:
            await self._connections.remove(row.name)
            rest = self._connections.rows()
            if not rest:
                self._changed(None)
            elif row.is_default:
                self._changed(await self._connections.make_default(rest[0].name))
        except ConfigError as error:
            self._failed(str(error))

    def action_cancel(self) -> None:
        """Stop the test, or close the list."""
        if self.is_testing and self._work is not None:
            self._work.cancel()
        else:
            self.dismiss(None)

    # Workers

    def _failed(self, text: str) -> None:
        self._problem = text

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._problem = ""
        self._work = self.run_worker(work, group="connection", exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what the worker changed."""
        if event.worker is not self._work or not event.worker.is_finished:
            return
        event.stop()
        self._show()
        if event.state is WorkerState.ERROR:
            self._problem = f"Something went wrong in this program ({type(event.worker.error).__name__})."
        if self._problem:
            self._say(f"✗ {self._problem}")


def _hint(row: ConnectionRow) -> str:
    sign = "✗ " if row.problem else ""
    return f"{sign}{host_of(row.base_url)} · {stored_words(row)}"
