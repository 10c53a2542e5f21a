"""Tools beside the client whose functions a test holds in its hand: no file and no process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

from aimltui.common.errors import AimltuiError
from aimltui.config.mcp_servers import McpServer, McpServers
from aimltui.local_tools.mcp.connection import Hooks, ServerError
from aimltui.local_tools.mcp.forms import Form, Reply
from aimltui.local_tools.mcp.log import ServerLog
from aimltui.local_tools.mcp.source import McpSource
from aimltui.local_tools.types import CallResult, LocalTool, Problem, fingerprint_of

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}}


def a_tool(name: str = "weather", **changes: Any) -> LocalTool:
    """A trusted function."""
    mark = fingerprint_of("hash", name, "", SCHEMA)
    tool = LocalTool(name, f"About {name}.", SCHEMA, "function", "w.py", "It runs with your rights.", mark)
    return replace(tool, **changes)


class _Connection:
    """One of several connections to a server: what is called here asks the user here."""

    def __init__(self, server: HandServer, hooks: Hooks) -> None:
        self._server = server
        self._hooks = hooks

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self._server.hooks = self._hooks
        return await self._server.call_tool(name, arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)


class HandServer:
    """An MCP server whose connection a test holds, without the mcp package."""

    def __init__(self, *tools: dict[str, Any]) -> None:
        self.tools = list(tools)
        self.called: list[tuple[str, dict[str, Any]]] = []
        self.starts = 0
        self.start_gate: asyncio.Event | None = None
        self.hooks = Hooks()
        self.asks: Form | None = None
        """What each call asks the user."""
        self.replies: list[Reply] = []
        self.prompts: list[dict[str, Any]] = []
        self.prompt_gate: asyncio.Event | None = None
        """Prompts wait for it."""
        self.resources: list[dict[str, Any]] = []
        self.content: list[dict[str, Any]] = []
        """What each call returns."""
        self.error = ""
        """Why it cannot be started."""
        self.wants_login = False
        """Whether that is for want of a login."""

    @asynccontextmanager
    async def connect(self, server: McpServer, log: ServerLog, hooks: Hooks) -> AsyncIterator[HandServer]:
        self.starts += 1
        self.hooks = hooks
        if self.start_gate is not None:
            await self.start_gate.wait()
        if self.error:
            log.is_logged_out = self.wants_login
            raise AimltuiError(self.error)
        yield cast(HandServer, _Connection(self, hooks))

    async def list_tools(self) -> list[dict[str, Any]]:
        return self.tools

    async def list_prompts(self) -> list[dict[str, Any]]:
        return self.prompts

    async def get_prompt(self, name: str, values: dict[str, str]) -> dict[str, Any]:
        if self.prompt_gate is not None:
            await self.prompt_gate.wait()
        if values.get("city") == "nowhere":
            raise ServerError("it answered with an error: no such city")
        return {
            "messages": [{"role": "user", "content": {"type": "text", "text": f"{name} of {values}\x1b[2J"}}]
        }

    async def list_resources(self) -> list[dict[str, Any]]:
        return self.resources

    async def read_resource(self, uri: str) -> dict[str, Any]:
        return {"contents": [{"uri": uri, "text": f"The text of {uri}"}]}

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.called.append((name, arguments))
        if self.asks is not None and self.hooks.ask is not None:
            self.replies.append(await self.hooks.ask(self.asks))
        return {"content": self.content or [{"type": "text", "text": f"{name} says {arguments}"}]}

    def source(self, *names: str) -> McpSource:
        """Servers of these names, all of them this one."""
        servers = tuple(McpServer(name, command=f"run-{name}") for name in names)
        return McpSource(lambda: McpServers(servers), self.connect)


class HandSource:
    """Offers tools, notes their calls, and lets a call end when the test says so."""

    def __init__(self, *tools: LocalTool) -> None:
        self.tools: Sequence[LocalTool] = list(tools)
        self.problems: Sequence[Problem] = ()
        self.called: list[tuple[str, dict[str, Any]]] = []
        self.cancelled: list[str] = []
        self.starts = 0
        self.gate: asyncio.Event | None = None
        """Calls wait for it."""
        self.error: Exception | None = None

    async def refresh(self) -> None:
        pass

    def start(self) -> None:
        self.starts += 1

    async def trust(self, tool: LocalTool) -> None:
        self.tools = [replace(one, is_trusted=True, code="") if one == tool else one for one in self.tools]

    async def call(self, tool: LocalTool, arguments: dict[str, Any]) -> CallResult:
        self.called.append((tool.name, arguments))
        if self.error is not None:
            raise self.error
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(tool.name)
            raise
        return CallResult(f"{tool.name}: {arguments}")

    async def aclose(self) -> None:
        pass
