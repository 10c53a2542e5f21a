"""Opens connections to MCP servers; the mcp package is imported with the first one."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from aimltui.common import gc_tuning
from aimltui.common.errors import AimltuiError
from aimltui.config.mcp_servers import McpServer
from aimltui.local_tools.mcp.connection import Connection, Hooks
from aimltui.local_tools.mcp.log import ServerLog
from aimltui.local_tools.mcp.logins import LoginStore

MISSING = (
    "MCP servers need the package mcp. Install it: pip install 'aimltui[mcp]'. Then start the program again."
)


@asynccontextmanager
async def connect(
    server: McpServer, log: ServerLog, hooks: Hooks, logins: LoginStore | None = None
) -> AsyncIterator[Connection]:
    """Open a connection; see `Connect`.

    Args:
        server: The server.
        log: Gets what it writes beside its messages.
        hooks: What the connection calls.
        logins: The saved logins at remote servers.

    Raises:
        AimltuiError: The package is missing, or the server cannot be reached.
    """
    try:
        await asyncio.to_thread(_import)
    except ImportError as error:
        raise AimltuiError(MISSING) from error
    from aimltui.local_tools.mcp.http import http_streams
    from aimltui.local_tools.mcp.session import open_session

    streams = partial(http_streams, logins=logins) if server.url else None
    async with open_session(server, log, hooks, streams) as session:
        yield session


def _import() -> None:
    with gc_tuning.paused():
        importlib.import_module("aimltui.local_tools.mcp.session")
