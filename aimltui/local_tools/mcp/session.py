"""Connections to MCP servers with the mcp package. Its import takes a second: import this module late, in a thread."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from mcp.client import Client, ClientRequestContext, IncomingMessage
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    UNSUPPORTED_PROTOCOL_VERSION,
    DiscoverResult,
    ElicitRequestParams,
    ElicitResult,
    ErrorData,
    Implementation,
    ListRootsResult,
)
from pydantic import BaseModel

from aimltui import __version__
from aimltui.common.home import expanded
from aimltui.common.sanitize import clean_line
from aimltui.config.mcp_servers import McpServer
from aimltui.local_tools.mcp.connection import ConnectionLost, Hooks, ServerError, SessionLost
from aimltui.local_tools.mcp.forms import form_of
from aimltui.local_tools.mcp.http import http_streams
from aimltui.local_tools.mcp.log import Exchange, ServerLog, exchange
from aimltui.local_tools.mcp.stdio import process_streams

for _name in ("mcp", "client"):
    # without a log file, Python would print the package's warnings
    logging.getLogger(_name).addHandler(logging.NullHandler())

MODERN = "2026-07-28"
_MOST_PAGES = 50
_LIST_CHANGED = "notifications/tools/list_changed"
_CONNECTION_CLOSED = -32000
_LATE = -32001
_NO_SAMPLING = "Sampling not supported"
"""What the package answers to a server that asks for a model."""
_TERMINATED = "Session terminated"
_ENDED = ("Connection closed", "SSE stream ")
"""How the package begins what it says itself about a connection that ended."""

T = TypeVar("T")
Streams = Callable[[McpServer, ServerLog], AbstractAsyncContextManager[Any]]


@asynccontextmanager
async def open_session(
    server: McpServer,
    log: ServerLog,
    hooks: Hooks,
    streams: Streams | None = None,
) -> AsyncIterator[Session]:
    """Connect to a server. Each connection speaks one version: if the server refuses it, it is started again.

    Args:
        server: The server.
        log: Gets what it writes beside its messages.
        hooks: What the connection calls.
        streams: Opens the streams of messages; None is a process or HTTP, as the server is configured.

    Raises:
        AimltuiError: It cannot be started, or the handshake failed.
    """
    streams = streams or (http_streams if server.url else process_streams)
    try:
        async with AsyncExitStack() as stack:
            client = await _opened(stack, server, log, hooks, streams)
            yield Session(client, log, has_sessions=bool(server.url))
    except BaseExceptionGroup as group:
        # the package's groups of tasks wrap what ends them
        raise _first(group) from group


async def _opened(
    stack: AsyncExitStack,
    server: McpServer,
    log: ServerLog,
    hooks: Hooks,
    streams: Streams,
) -> Client:
    if server.protocol == MODERN:
        return await _modern(stack, server, log, hooks, streams)
    try:
        return await _entered(stack, _client(server, log, hooks, streams, "legacy"))
    except MCPError as error:
        is_refused = error.code in (UNSUPPORTED_PROTOCOL_VERSION, METHOD_NOT_FOUND)
        if server.protocol != "auto" or not is_refused:
            raise _error(error) from error
    log.ended.clear()
    return await _modern(stack, server, log, hooks, streams)


async def _modern(
    stack: AsyncExitStack,
    server: McpServer,
    log: ServerLog,
    hooks: Hooks,
    streams: Streams,
) -> Client:
    try:
        client = await _entered(stack, _client(server, log, hooks, streams, MODERN))
        found = await client.session.send_discover(MODERN)
        client.session.adopt(DiscoverResult.model_validate(found))
    except (MCPError, ValueError, RuntimeError) as error:
        raise _error(error) from error
    return client


def _client(server: McpServer, log: ServerLog, hooks: Hooks, streams: Streams, mode: str) -> Client:
    async def notice(message: IncomingMessage) -> None:
        if getattr(message, "method", "") == _LIST_CHANGED:
            hooks.tools_changed()

    async def elicit(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult | ErrorData:
        return await _answer(server, hooks, params)

    async def list_roots(context: ClientRequestContext) -> ListRootsResult:
        return ListRootsResult.model_validate({"roots": [{"uri": uri} for uri in roots]})

    roots = [expanded(Path(root)).absolute().as_uri() for root in server.roots]
    return Client(
        streams(server, log),
        mode=mode,
        client_info=Implementation(name="aimltui", version=__version__),
        message_handler=notice,
        # what is given here is declared to the server
        elicitation_callback=elicit if hooks.ask is not None else None,
        list_roots_callback=list_roots if roots else None,
        cache=None,
    )


async def _answer(server: McpServer, hooks: Hooks, params: ElicitRequestParams) -> ElicitResult | ErrorData:
    """Put a question of the server to the user."""
    form = form_of(server.name, _plain(params))
    if hooks.ask is None or form is None:
        return ErrorData(code=INVALID_REQUEST, message="This question cannot be shown to the user.")
    reply = await hooks.ask(form)
    return ElicitResult.model_validate({"action": reply.action, "content": reply.values})


async def _entered(stack: AsyncExitStack, client: Client) -> Client:
    """Enter a client; what its groups of tasks wrap is raised by itself."""
    try:
        return await stack.enter_async_context(client)
    except BaseExceptionGroup as group:
        raise _first(group) from group


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class Session:
    """An open connection; see `Connection`."""

    def __init__(self, client: Client, log: ServerLog, *, has_sessions: bool) -> None:
        self._client = client
        self._log = log
        self._has_sessions = has_sessions

    @property
    def version(self) -> str:
        """The version of the protocol."""
        return self._client.protocol_version

    async def list_tools(self) -> list[dict[str, Any]]:
        """The tools of all pages; none if the server has no tools."""
        if self._client.server_capabilities.tools is None:
            return []
        return await _pages(self._client.list_tools, lambda page: page.tools)

    async def list_prompts(self) -> list[dict[str, Any]]:
        """The prompts of all pages; none if the server has no prompts."""
        if self._client.server_capabilities.prompts is None:
            return []
        return await _pages(self._client.list_prompts, lambda page: page.prompts)

    async def list_resources(self) -> list[dict[str, Any]]:
        """The resources of all pages; none if the server has no resources."""
        if self._client.server_capabilities.resources is None:
            return []
        return await _pages(self._client.list_resources, lambda page: page.resources)

    async def read_resource(self, uri: str) -> dict[str, Any]:
        """Read a resource."""
        return _plain(await self._answered(self._client.read_resource(uri)))

    async def get_prompt(self, name: str, values: dict[str, str]) -> dict[str, Any]:
        """Fill in a prompt."""
        return _plain(await self._answered(self._client.get_prompt(name, values)))

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool."""
        return _plain(await self._answered(self._client.call_tool(name, arguments)))

    async def _answered(self, request: Awaitable[T]) -> T:
        current = Exchange()
        token = exchange.set(current)
        try:
            return await request
        except Exception as error:
            raise self._failure(error, current) from error
        finally:
            exchange.reset(token)

    def _failure(self, error: Exception, current: Exchange) -> ServerError:
        found = _first(error)
        if self._has_sessions and isinstance(found, MCPError):
            # an error that comes with a good status is the answer of a tool that ran
            was_refused = current.status in (400, 404)
            is_lost = found.code == _CONNECTION_CLOSED and not found.message.startswith(_ENDED)
            # some servers refuse an old session with a status and no message of the protocol
            if was_refused and (is_lost or found.code == INTERNAL_ERROR or found.message == _TERMINATED):
                return SessionLost(clean_line(found.message))
            if current.trouble and found.code == INTERNAL_ERROR:
                return ServerError(current.trouble)
        return _error(error)


async def _pages(ask: Callable[..., Awaitable[Any]], items: Callable[[Any], Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        try:
            page = await ask(cursor=cursor)
        except Exception as error:
            raise _error(error) from error
        found += [_plain(one) for one in items(page)]
        cursor = page.next_cursor
        if not cursor:
            break
    return found


def _plain(value: BaseModel) -> dict[str, Any]:
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


def _error(error: BaseException) -> ServerError:
    found = _first(error)
    if isinstance(found, ServerError):
        return found
    if isinstance(found, MCPError):
        told = clean_line(found.message)
        if found.code == _CONNECTION_CLOSED and found.message.startswith(_ENDED):
            return ConnectionLost(f"its connection ended ({told})")
        if found.code == _LATE:
            return ServerError(f"it did not answer in time ({told})")
        if found.message == _NO_SAMPLING:
            return ServerError("it wants this program to ask a model on its behalf, which is not supported.")
        return ServerError(f"it answered with an error: {told}")
    return ServerError(f"its answer is not valid: {clean_line(str(found))[:1000] or type(found).__name__}")
