"""Reaches an MCP server over Streamable HTTP. Its headers may hold keys, so they go to its origin only."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.request import proxy_bypass

import httpx2
from mcp.client.streamable_http import streamable_http_client

from aimltui import __version__
from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import clean_line
from aimltui.common.tls import missing_certificates, without_certificates
from aimltui.common.urls import Origin, is_loopback, origin
from aimltui.config.mcp_servers import McpServer, expand
from aimltui.local_tools.mcp.log import ServerLog, exchange

MOST_BODY = 32 * 1024 * 1024
"""Bytes of one message."""
_CONNECT_S, _SILENCE_S = 15.0, 300.0
_SENTENCES = {
    401: "It wants to know who asks (401). Put a key into headers in the configuration.",
    403: "It refuses this key (403). Check headers in the configuration.",
    404: "There is no MCP server at this address (404). Check url in the configuration.",
    405: "There is no Streamable HTTP server at this address (405). Check url in the configuration.",
    421: "It sends requests on to another host, which would get your headers, so they were not sent on.",
}


@asynccontextmanager
async def http_streams(
    server: McpServer, log: ServerLog, transport: httpx2.AsyncBaseTransport | None = None
) -> AsyncIterator[Any]:
    """Connect to a server; yields the streams of messages.

    Args:
        server: Its address and headers.
        log: Learns why a request failed.
        transport: Sends the requests; None uses the network.

    Raises:
        AimltuiError: The address is not usable, or a variable is not set.
    """
    url = expand(server.url, os.environ)
    headers = {name: expand(value, os.environ) for name, value in server.headers.items()}
    home = _checked(url, has_headers=bool(headers))
    is_local = is_loopback(home.host)
    if transport is None:
        if home.scheme == "https" and (sentence := missing_certificates(os.environ)):
            raise AimltuiError(sentence)
        transport = httpx2.AsyncHTTPTransport(
            verify=True if home.scheme == "https" else without_certificates(),
            proxy=None if is_local else proxy_for(home),
        )
    client = httpx2.AsyncClient(
        headers={"user-agent": f"aimltui/{__version__}", **headers},
        timeout=httpx2.Timeout(_CONNECT_S, read=_SILENCE_S),
        transport=BoundTransport(transport, home, log),
        trust_env=False,
    )
    async with (
        client,
        streamable_http_client(url, http_client=client, max_sse_event_size=MOST_BODY) as streams,
    ):
        yield streams


def _checked(url: str, *, has_headers: bool) -> Origin:
    try:
        home = origin(url)
    except ValueError as error:
        raise AimltuiError(f"Its address is not valid: {error}. Check url in the configuration.") from error
    if home.scheme == "http" and has_headers and not is_loopback(home.host):
        raise AimltuiError(
            "Its address begins with http://, so everybody on the way could read its headers. Use https://, or leave the "
            "headers out."
        )
    return home


def proxy_for(home: Origin) -> str | None:
    """The proxy that the environment names for a server; None if there is none, or NO_PROXY leaves the server out.

    Args:
        home: The server.
    """
    with_port = str(home).partition("://")[2]
    if any(map(proxy_bypass, (home.host, with_port))):
        return None
    names = (f"{home.scheme}_proxy", f"{home.scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


class BoundTransport(httpx2.AsyncBaseTransport):
    """Sends requests to one origin only, and turns every failure into an answer that ends one request, not all.

    Args:
        inner: Sends them.
        home: The origin.
        log: Gets a sentence about the last failure.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport, home: Origin, log: ServerLog) -> None:
        self._inner = inner
        self._home = home
        self._log = log

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        if origin(str(request.url)) != self._home:
            return self._refuse(421)
        try:
            response = await self._inner.handle_async_request(request)
        except httpx2.TransportError as error:
            self._log.note(
                f"It cannot be reached: {clean_line(str(error))[:200] or type(error).__name__}. Check url in the "
                "configuration, and the network."
            )
            return httpx2.Response(503, request=request)
        if response.is_error:
            current = exchange.get()
            if request.method == "POST" and current is not None:
                # a refusal of the stream of news, which is a GET, says nothing of a call
                current.status = response.status_code
            self._log.note(
                _SENTENCES.get(
                    response.status_code, f"It answered with the HTTP status {response.status_code}."
                )
            )
        if response.has_redirect_location and not self._stays(request, response):
            await response.aclose()
            return self._refuse(421)
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            response.stream = _Limited(response.stream)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    def _stays(self, request: httpx2.Request, response: httpx2.Response) -> bool:
        try:
            return origin(str(request.url.join(response.headers["location"]))) == self._home
        except ValueError:
            return False

    def _refuse(self, status: int) -> httpx2.Response:
        self._log.note(_SENTENCES[status])
        return httpx2.Response(status)


class _Limited(httpx2.AsyncByteStream):
    """The bytes of a body, up to a limit."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._inner:
            size += len(piece)
            if size > MOST_BODY:
                raise httpx2.StreamError("the answer has more than 32 MB")
            yield piece

    async def aclose(self) -> None:
        """Stop reading."""
        await self._inner.aclose()
