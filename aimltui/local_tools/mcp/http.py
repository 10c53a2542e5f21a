"""Reaches an MCP server over Streamable HTTP. Its headers may hold keys, so they go to its origin only."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx2
from mcp.client.streamable_http import streamable_http_client

from aimltui import __version__
from aimltui.common.errors import AimltuiError
from aimltui.common.proxies import usable_proxy_for
from aimltui.common.sanitize import clean_line
from aimltui.common.tls import verifying_context, without_certificates
from aimltui.common.urls import Origin, is_loopback, origin
from aimltui.config.mcp_servers import McpServer, expand
from aimltui.formatting.numbers import bytes_text
from aimltui.local_tools.mcp.bearer import StoredLogin
from aimltui.local_tools.mcp.log import ServerLog, exchange
from aimltui.local_tools.mcp.logins import LoginStore, has_own_key, needs_login, needs_rights

MOST_BODY = 32 * 1024 * 1024
"""Bytes of one message."""
MOST_FORM = 1_000_000
"""Bytes of the answer to a form."""
_CONNECT_S, _SILENCE_S = 15.0, 300.0
_SENTENCES = {
    401: "It refuses this key (401). Check headers in the configuration.",
    403: "It refuses this key (403). Check headers in the configuration.",
    404: "There is no MCP server at this address (404). Check url in the configuration.",
    405: "There is no Streamable HTTP server at this address (405). Check url in the configuration.",
    421: "It redirects to another host, which would get your headers, so the request was not sent there.",
}


@asynccontextmanager
async def http_streams(
    server: McpServer,
    log: ServerLog,
    transport: httpx2.AsyncBaseTransport | None = None,
    logins: LoginStore | None = None,
) -> AsyncIterator[Any]:
    """Connect to a server; yields the streams of messages.

    Args:
        server: Its address and headers.
        log: Learns why a request failed.
        transport: Sends the requests; None uses the network.
        logins: The saved logins; None uses none.

    Raises:
        AimltuiError: The address is not usable, a variable is not set, or the saved login cannot be read.
    """
    url = expand(server.url, os.environ)
    headers = {name: expand(value, os.environ) for name, value in server.headers.items()}
    login = None
    if logins is not None and not has_own_key(server):
        login = await asyncio.to_thread(logins.load, server.name, url)
    home = checked(url, has_headers=bool(headers) or login is not None)
    auth = None
    if logins is not None and login is not None:
        auth = StoredLogin(server, url, login, logins, partial(post_form, transport))
    if not has_own_key(server):
        log.sentences = {401: needs_login(server.name)}
        log.sentences |= {403: needs_rights(server.name)} if login is not None else {}
    client = httpx2.AsyncClient(
        headers={"user-agent": f"aimltui/{__version__}", **headers},
        timeout=httpx2.Timeout(_CONNECT_S, read=_SILENCE_S),
        transport=BoundTransport(transport or network(home), home, log),
        auth=auth,
        trust_env=False,
    )
    async with (
        client,
        streamable_http_client(url, http_client=client, max_sse_event_size=MOST_BODY) as streams,
    ):
        yield streams


def network(home: Origin) -> httpx2.AsyncHTTPTransport:
    """A transport to a server, through the proxy that the environment names for it.

    Raises:
        AimltuiError: The environment names certificates or a proxy that cannot be used.
    """
    return httpx2.AsyncHTTPTransport(
        verify=verifying_context() if home.scheme == "https" else without_certificates(),
        proxy=None if is_loopback(home.host) else usable_proxy_for(home),
    )


async def post_form(
    transport: httpx2.AsyncBaseTransport | None, url: str, form: Mapping[str, str], headers: Mapping[str, str]
) -> httpx2.Response:
    """Send a form to an address; a redirect is not followed.

    Args:
        transport: Sends it; None uses the network.
        url: The address.
        form: The fields.
        headers: Headers besides the usual ones.

    Raises:
        httpx2.HTTPError: There was no answer, or it is too long.
    """
    bound = BoundTransport(transport or network(origin(url)), origin(url), ServerLog(), MOST_FORM)
    client = httpx2.AsyncClient(transport=bound, timeout=_CONNECT_S, trust_env=False)
    try:
        response = await client.post(url, data=dict(form), headers={"accept": "application/json", **headers})
        await response.aread()
        return response
    finally:
        if transport is None:
            await client.aclose()


def checked(url: str, *, has_headers: bool) -> Origin:
    """The origin of a server's address.

    Args:
        url: The address.
        has_headers: Whether headers with keys, or a token, go there.

    Raises:
        AimltuiError: The address is not valid, or others could read the headers.
    """
    try:
        home = origin(url)
    except ValueError as error:
        raise AimltuiError(f"Its address is not valid: {error}. Check url in the configuration.") from error
    if home.scheme == "http" and has_headers and not is_loopback(home.host):
        raise AimltuiError(
            "Its address begins with http://, so anyone on the network could read its headers. Use https://, or leave the "
            "headers out."
        )
    return home


class BoundTransport(httpx2.AsyncBaseTransport):
    """Sends requests to one origin only, and turns every failure into an answer that ends one request, not all.

    Args:
        inner: Sends them.
        home: The origin.
        log: Gets a sentence about the last failure.
        most: The most bytes of an answer that is no stream of events.
    """

    def __init__(
        self, inner: httpx2.AsyncBaseTransport, home: Origin, log: ServerLog, most: int = MOST_BODY
    ) -> None:
        self._inner = inner
        self._home = home
        self._log = log
        self._most = most

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
            self._log.note(self._sentence_for(response.status_code))
        if response.has_redirect_location and not self._stays(request, response):
            await response.aclose()
            return self._refuse(421)
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            response.stream = Limited(response.stream, self._most)
            return await self._whole(response)
        return response

    async def _whole(self, response: httpx2.Response) -> httpx2.Response:
        """Read the body: the package ends the whole session when it meets one that breaks off or cannot be unpacked."""
        try:
            await response.aread()
        except (httpx2.StreamError, httpx2.DecodingError, httpx2.TransportError) as error:
            await response.aclose()
            if not response.is_error:
                why = clean_line(str(error))[:200] or type(error).__name__
                self._log.note(f"Its answer could not be read: {why}.")
            return httpx2.Response(response.status_code if response.is_error else 502)
        return response

    def _sentence_for(self, status: int) -> str:
        if status in self._log.sentences:
            self._log.is_logged_out = self._log.is_logged_out or status == 401
            return self._log.sentences[status]
        return _SENTENCES.get(status, f"It answered with the HTTP status {status}.")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    def _stays(self, request: httpx2.Request, response: httpx2.Response) -> bool:
        try:
            return origin(str(request.url.join(response.headers["location"]))) == self._home
        except (ValueError, httpx2.InvalidURL):
            return False

    def _refuse(self, status: int) -> httpx2.Response:
        self._log.note(_SENTENCES[status])
        return httpx2.Response(status)


class Limited(httpx2.AsyncByteStream):
    """The bytes of a body, up to a limit.

    Args:
        inner: The bytes.
        most: The limit.
    """

    def __init__(self, inner: httpx2.AsyncByteStream, most: int) -> None:
        self._inner = inner
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._inner:
            size += len(piece)
            if size > self._most:
                raise httpx2.StreamError(f"the answer has more than {bytes_text(self._most)}")
            yield piece

    async def aclose(self) -> None:
        """Stop reading."""
        await self._inner.aclose()
