"""Logs in at a remote MCP server with the mcp package's OAuth client. Its import takes a second: import it late."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.exceptions import OAuthFlowError, OAuthRegistrationError
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from pydantic import AnyUrl

from aimltui import __version__
from aimltui.common import redaction
from aimltui.common.errors import AimltuiError
from aimltui.common.patterns import pattern
from aimltui.common.redaction import redact_in_use, redact_sentence
from aimltui.common.sanitize import clean_line
from aimltui.common.urls import Origin, is_loopback, origin
from aimltui.config.mcp_servers import McpServer, expand
from aimltui.formatting.links import is_web_address
from aimltui.local_tools.mcp.bearer import client_auth
from aimltui.local_tools.mcp.http import Limited, checked, network, post_form
from aimltui.local_tools.mcp.logins import Login, LoginStore, checked_endpoint, end_of, has_own_key
from aimltui.local_tools.mcp.redirects import Redirect

_MOST_BODY = 1_000_000
_TIMEOUT_S = 30.0
_HELLO: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "aimltui", "version": __version__},
    },
}

# what a server writes about a login may quote its secrets
logging.getLogger("mcp.client.auth").setLevel(logging.CRITICAL + 1)

_NO_REGISTRATION = (
    '. Get a client id from its provider and write it into the configuration: oauth = { client_id = "…" }. Or put a key into '
    "headers."
)

# servers made with older versions of the mcp package add a slash to the name of their authorization server
_SLASH = pattern(r"issuer mismatch: (\S+) != \1/$")

Show = Callable[[str], Awaitable[None]]
"""Shows the user the address of the login page, and opens it if that is possible."""


async def log_in(
    server: McpServer,
    store: LoginStore,
    redirect: Redirect,
    show: Show,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> str:
    """Log in, and save the tokens.

    Args:
        server: The server.
        store: Saves them.
        redirect: Where the login page sends its answer.
        show: Shows the user the address of the login page.
        transport: Sends the requests; None uses the network.

    Returns:
        Where the tokens are saved.

    Raises:
        AimltuiError: The login failed, or the server needs none; the text says why.
    """
    if not server.url:
        raise AimltuiError(f"The server {server.name} is a program on this machine, which needs no login.")
    if has_own_key(server):
        raise AimltuiError(
            f"The server {server.name} has a key in headers in the configuration, so no login is used."
        )
    url = expand(server.url, os.environ)
    home = checked(url, has_headers=True)
    memory = _Memory()
    if server.oauth.client_id:
        memory.client = _known_client(server, redirect)
    provider = _provider(url, memory, redirect, show)
    guard = LoginTransport(transport, home)
    try:
        try:
            await _greet(guard, provider, server, url)
        except OAuthFlowError as error:
            if not _SLASH.search(str(error)):
                raise
            guard = LoginTransport(transport, home, is_without_slash=True)
            provider = _provider(url, memory, redirect, show)
            await _greet(guard, provider, server, url)
    except (OAuthFlowError, httpx2.HTTPError, ValueError) as error:
        told = clean_line(redact_sentence(redact_in_use(str(error))))[:300] or type(error).__name__
        if isinstance(error, OAuthRegistrationError):
            told += _NO_REGISTRATION
        raise AimltuiError(f"The login at {server.name} failed: {told}") from error
    if memory.tokens is None:
        raise AimltuiError(f"The server {server.name} asks for no login.")
    return await asyncio.to_thread(store.save, server.name, url, _login_of(provider, memory.tokens))


def _known_client(server: McpServer, redirect: Redirect) -> OAuthClientInformationFull:
    """This program as the configuration describes it."""
    secret = expand(server.oauth.client_secret, os.environ)
    redaction.hide(secret)
    return OAuthClientInformationFull(
        client_id=expand(server.oauth.client_id, os.environ),
        client_secret=secret or None,
        redirect_uris=[AnyUrl(redirect.url)],
        token_endpoint_auth_method="client_secret_post" if secret else "none",  # the name of a method
    )


async def _greet(
    transport: httpx2.AsyncBaseTransport, provider: OAuthClientProvider, server: McpServer, url: str
) -> None:
    """Ask the server for a session, which it refuses without a login; then end the session."""
    headers = {name: expand(value, os.environ) for name, value in server.headers.items()}
    headers |= {"accept": "application/json, text/event-stream", "user-agent": f"aimltui/{__version__}"}
    async with httpx2.AsyncClient(
        transport=transport, auth=provider, timeout=_TIMEOUT_S, trust_env=False
    ) as client:
        async with client.stream("POST", url, json=_HELLO, headers=headers) as response:
            session = response.headers.get("mcp-session-id")
        if session:
            await client.delete(url, headers={**headers, "mcp-session-id": session})


def _provider(url: str, memory: _Memory, redirect: Redirect, show: Show) -> OAuthClientProvider:
    states: list[str] = []

    async def open_page(address: str) -> None:
        checked_endpoint(address, "The login page")
        if not is_web_address(address):
            raise AimltuiError("The address of the login page is not valid.")
        states.extend(parse_qs(urlsplit(address).query).get("state", []))
        await show(address)

    async def answer() -> AuthorizationCodeResult:
        found = await redirect.answer(states[-1])
        return AuthorizationCodeResult(code=found.code, state=found.state, iss=found.issuer)

    metadata = OAuthClientMetadata(redirect_uris=[AnyUrl(redirect.url)], client_name="aimltui")
    return OAuthClientProvider(url, metadata, memory, open_page, answer)


def _login_of(provider: OAuthClientProvider, tokens: OAuthToken) -> Login:
    context = provider.context
    client, found = context.client_info, context.oauth_metadata
    base = context.get_authorization_base_url(context.server_url)
    endpoint = str(found.token_endpoint) if found is not None else urljoin(base, "/token")
    revocation = str(found.revocation_endpoint or "") if found is not None else ""
    has_resource = context.should_include_resource_param(context.protocol_version)
    return Login(
        tokens.access_token,
        tokens.refresh_token or "",
        end_of(time.time(), tokens.expires_in) if tokens.expires_in else None,
        tokens.scope or "",
        client.client_id if client is not None else "",
        (client.client_secret or "") if client is not None else "",
        (client.token_endpoint_auth_method or "") if client is not None else "",
        endpoint,
        revocation,
        context.get_resource_url() if has_resource else "",
    )


async def log_out(
    server: McpServer, store: LoginStore, transport: httpx2.AsyncBaseTransport | None = None
) -> bool:
    """Delete the tokens, and tell the authorization server if it wants to know; returns whether there were any.

    Raises:
        AimltuiError: They could not be deleted.
    """
    url = expand(server.url, os.environ)
    login = await asyncio.to_thread(store.load, server.name, url)
    await asyncio.to_thread(store.delete, server.name, url)
    if login is None:
        return False
    if login.revocation_endpoint:
        token = login.refresh_token or login.access_token
        try:
            endpoint = checked_endpoint(login.revocation_endpoint, "The address that ends the login")
            await post_form(transport, endpoint, *client_auth(login, {"token": token}))
        except (AimltuiError, httpx2.HTTPError):
            # what is deleted here cannot be used from here, whatever the server knows
            return True
    return True


class _Memory:
    """Holds what the package stores during one login. Each login registers the program again: its port is another one."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        for secret in (tokens.access_token, tokens.refresh_token or ""):
            redaction.hide(secret)
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        redaction.hide(client_info.client_secret or "")
        self.client = client_info


class LoginTransport(httpx2.AsyncBaseTransport):
    """Sends the requests of a login: secrets only where others cannot read along, the token to its server only.

    Args:
        inner: Sends them; None uses the network.
        home: The origin of the server.
        is_without_slash: Whether the names of authorization servers lose a slash at their end.
    """

    def __init__(
        self, inner: httpx2.AsyncBaseTransport | None, home: Origin, *, is_without_slash: bool = False
    ) -> None:
        self._inner = inner
        self._home = home
        self._is_without_slash = is_without_slash
        self._opened: dict[Origin, httpx2.AsyncBaseTransport] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        place = origin(checked_endpoint(str(request.url), "An address of the login"))
        if place != self._home and request.headers.get("authorization", "").lower().startswith("bearer"):
            raise AimltuiError("The server sends its token on to another host, so nothing was sent.")
        if is_loopback(place.host) and not is_loopback(self._home.host):
            # a server elsewhere has no business with the programs of this machine
            raise AimltuiError("The server leads to an address of this machine, so nothing was sent.")
        inner = self._inner
        if inner is None:
            inner = self._opened.get(place) or network(place)
            self._opened[place] = inner
        response = await inner.handle_async_request(request)
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            response.stream = Limited(response.stream, _MOST_BODY)
        if self._is_without_slash and request.url.path.startswith("/.well-known/oauth-protected-resource"):
            return httpx2.Response(response.status_code, content=_without_slash(await response.aread()))
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        for one in self._opened.values():
            await one.aclose()


def _without_slash(body: bytes) -> bytes:
    try:
        read = json.loads(body)
        read["authorization_servers"] = [name.removesuffix("/") for name in read["authorization_servers"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return body
    return json.dumps(read).encode()
