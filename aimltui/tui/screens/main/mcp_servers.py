"""The main screen's part for MCP servers: the sheet that shows them."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from aimltui.tui.screens.main.view import ScreenPart

if TYPE_CHECKING:
    from aimltui.local_tools.mcp.source import McpSource


class McpServersPart(ScreenPart):
    """Shows MCP servers."""

    @property
    def _servers(self) -> McpSource | None:
        tools = self.workspace.connected.local_tools if self.workspace is not None else None
        return tools.servers if tools is not None else None

    def action_mcp_servers(self) -> None:
        """Show the MCP servers."""
        if self.waits_for_start("mcp_servers"):
            return
        if self._servers is None:
            self.show_notice("This program was started without MCP servers.")
        else:
            self.spawn(self._show_servers(self._servers), "servers")

    async def _show_servers(self, servers: McpSource) -> None:
        from aimltui.tui.screens.dialogs.mcp_servers import McpServersScreen

        await servers.refresh()

        def work(coroutine: Coroutine[Any, Any, None]) -> None:
            self.spawn(coroutine, "servers")

        screen = McpServersScreen(servers, work, self._log_in)

        def show() -> None:
            if screen.is_attached:
                screen.call_later(screen.show_servers)

        servers.changed = show
        self.app.push_screen(screen)

    async def _log_in(self, name: str) -> None:
        """Open the login page of a server, and wait for its answer."""
        if self._servers is None:
            return
        problem = await self._servers.log_in(name, self._open_login_page)
        if problem:
            self.show_notice(problem, is_warning=True)

    async def _open_login_page(self, address: str) -> None:
        from aimltui.tui.storage import saving

        try:
            await saving.browse(address)
        except saving.SaveError:
            self.copy(address)
            self.show_notice(
                "No browser could be started, so the address of the login page was copied. Where the browser runs on "
                "another machine, use aimltui mcp login NAME --paste instead."
            )
