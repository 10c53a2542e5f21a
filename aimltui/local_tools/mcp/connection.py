"""What an open connection to a server offers, without the mcp package, and how it fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import AimltuiError
from aimltui.config.mcp_servers import McpServer
from aimltui.local_tools.mcp.forms import Form, Reply
from aimltui.local_tools.mcp.log import ServerLog


class ServerError(AimltuiError):
    """A server cannot be reached, refuses something, or answers with an error. The text is a sentence."""


class ConnectionLost(ServerError):
    """The server ended, or its connection did, before it answered."""


class SessionLost(ServerError):
    """The server does not know this session any longer, and did not run what it was asked for."""


class Connection(Protocol):
    """An open connection, after the handshake."""

    async def list_tools(self) -> list[dict[str, Any]]:
        """The tools as the protocol has them.

        Raises:
            ServerError: The server refused it.
        """
        ...

    async def list_prompts(self) -> list[dict[str, Any]]:
        """The prompts as the protocol has them.

        Raises:
            ServerError: The server refused it.
        """
        ...

    async def get_prompt(self, name: str, values: dict[str, str]) -> dict[str, Any]:
        """A prompt with values, as the protocol has it.

        Raises:
            ServerError: The server answered with an error.
        """
        ...

    async def list_resources(self) -> list[dict[str, Any]]:
        """The resources as the protocol has them.

        Raises:
            ServerError: The server refused it.
        """
        ...

    async def read_resource(self, uri: str) -> dict[str, Any]:
        """A resource as the protocol has it.

        Raises:
            ServerError: The server answered with an error.
        """
        ...

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The result of a tool as the protocol has it. Cancelling it tells the server.

        Raises:
            ServerError: The server answered with an error.
        """
        ...


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a connection calls."""

    tools_changed: Callable[[], None] = lambda: None
    """The server says that its tools have changed."""
    ask: Callable[[Form], Awaitable[Reply]] | None = None
    """The server asks the user something; None if nobody can answer."""


Connect = Callable[[McpServer, ServerLog, Hooks], AbstractAsyncContextManager[Connection]]
"""Opens a connection."""
