"""The sheet of the MCP servers: their state, tools and last error; restart, and switching on and off."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.common.sanitize import clean, clean_line
from aimltui.formatting.numbers import plural
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.widgets.pick_list import PickList, PickRow

if TYPE_CHECKING:
    from aimltui.local_tools.mcp.source import McpSource, ServerRow

_LOG_IN = FooterItem("l", "Log in", "log_in")
_KEYS = (
    FooterItem("r", "Restart", "restart"),
    FooterItem("space", "On or off", "switch"),
    CLOSE,
)
_STATES = {
    "stopped": "starts with your next message",
    "starting": "starting…",
    "ready": "ready",
    "waiting": "ended; starts again soon",
    "failed": "failed",
    "off": "off",
    "wrong": "not usable",
}
_GOOD, _BAD = ("ready",), ("failed", "wrong")
_NONE = (
    "No MCP server yet. Paste the block that a server's instructions give for other programs into mcp.json beside "
    "the configuration file, or write a table [mcp_servers.NAME] into config.toml."
)


class McpServersScreen(Sheet[None]):
    """Shows the servers, and below them what is known of the one under the cursor.

    Args:
        servers: The servers.
        spawn: Runs a coroutine in the background.
        log_in: Lets the user log in at a server.
    """

    SCROLLS = "PickList"
    LETTERS_ACT = True
    MOST_LINES = 12
    EXTRA_LINES = 9
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("r", "restart", show=False),
        Binding("l", "log_in", show=False),
        Binding("space,enter", "switch", show=False),
    ]

    def __init__(
        self,
        servers: McpSource,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        log_in: Callable[[str], Coroutine[Any, Any, None]],
    ) -> None:
        super().__init__("MCP servers")
        self._servers = servers
        self._spawn = spawn
        self._log_in = log_in
        self._logging_in: set[str] = set()
        self.pick_list = PickList()
        self._about = Static("", classes="sheet-text servers-about", markup=False)

    def body(self) -> Sequence[Widget]:
        """The list, and a text about the row under the cursor."""
        return self.pick_list, self._about

    def on_mount(self) -> None:
        """Fill the list."""
        self.show_servers()

    def show_servers(self) -> None:
        """Show the servers as they are now."""
        picked = self.pick_list.cursor_row
        lines = [
            PickRow(
                row.name,
                row.name,
                "waits for your browser" if row.name in self._logging_in else _hint(row),
                is_current=row.state in _GOOD,
                is_wrong=row.state in _BAD,
            )
            for row in self._servers.rows
        ]
        self.pick_list.set_lines(lines, at=picked.id if picked else "")
        self.pick_list.display = bool(lines)
        self._say()

    @property
    def _row(self) -> ServerRow | None:
        picked = self.pick_list.cursor_row
        return next((row for row in self._servers.rows if picked is not None and row.name == picked.id), None)

    def _say(self) -> None:
        row = self._row
        has_login = row is not None and row.needs_login and row.name not in self._logging_in
        is_usable = row is not None and row.state != "wrong"
        keys = _KEYS if is_usable else (CLOSE,)
        self.show_keys((*((_LOG_IN,) if has_login else ()), *keys))
        if row is None:
            self._about.update(Content(_NONE))
            return
        lines = [Content(clean_line(row.place))] if row.place else []
        if row.error and row.state != "ready":
            lines.append(
                Content.styled(clean(row.error), "$text-error" if row.state in _BAD else "$text-warning")
            )
        if row.tools:
            lines.append(Content("Tools: " + ", ".join(map(clean_line, row.tools))))
        if row.prompts:
            lines.append(Content("Prompts: " + ", ".join(map(clean_line, row.prompts))))
        lines += [Content.styled(clean_line(one), "$text-warning") for one in row.left_out]
        self._about.update(Content("\n").join(lines))

    def on_pick_list_cursor_moved(self, event: PickList.CursorMoved) -> None:
        """Show a text about the row under the cursor."""
        event.stop()
        self._say()

    def action_move(self, step: int) -> None:
        """Move the cursor in the list."""
        self.pick_list.move(step)

    def action_restart(self) -> None:
        """Start the server again."""
        row = self._row
        if row is not None and row.state != "wrong":
            self._spawn(self._servers.restart(row.name))

    def action_log_in(self) -> None:
        """Let the user log in at the server."""
        row = self._row
        if row is not None and row.needs_login and row.name not in self._logging_in:
            self._spawn(self._wait_for_login(row.name))

    async def _wait_for_login(self, name: str) -> None:
        self._logging_in.add(name)
        self.show_servers()
        try:
            await self._log_in(name)
        finally:
            self._logging_in.discard(name)
            if self.is_attached:
                self.show_servers()

    def action_switch(self) -> None:
        """Switch the server on or off."""
        row = self._row
        if row is not None and row.state != "wrong":
            self._spawn(self._servers.switch(row.name, is_on=row.state == "off"))


def _hint(row: ServerRow) -> str:
    state = "needs login" if row.needs_login else _STATES.get(row.state, row.state)
    return f"{state} · {plural(len(row.tools), 'tool')}" if row.tools and row.state == "ready" else state
