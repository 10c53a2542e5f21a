"""StoredLogin: sends the access token of a saved login with each request to its server, and renews it."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import replace
from urllib.parse import quote

import httpx2

from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.common.urls import Origin, origin
from aimltui.config.mcp_servers import McpServer
from aimltui.local_tools.mcp.logins import Login, LoginStore, checked_endpoint, end_of

log = logging.getLogger(__name__)

Post = Callable[[str, Mapping[str, str], Mapping[str, str]], Awaitable[httpx2.Response]]
"""Sends a form with headers to an address, and to no other."""


class StoredLogin(httpx2.Auth):
    """Adds the token to requests for the server's origin, and to nothing else.

    Args:
        server: The server.
        url: Its address.
        login: The saved login.
        store: Saves a renewed one.
        post: Sends a form to the token endpoint.
        clock: Unix seconds.
    """

    def __init__(
        self,
        server: McpServer,
        url: str,
        login: Login,
        store: LoginStore,
        post: Post,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._server = server
        self._url = url
        self._home: Origin = origin(url)
        self._login = login
        self._store = store
        self._post = post
        self._clock = clock
        self._lock = asyncio.Lock()

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send a request with the token, and once more with a renewed one if the server refuses the first."""
        if origin(str(request.url)) != self._home:
            yield request
            return
        token = self._login.access_token
        if self._login.is_over(self._clock()):
            token = await self._renewed(token) or token
        request.headers["authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401 and (new := await self._renewed(token)):
            request.headers["authorization"] = f"Bearer {new}"
            yield request

    async def _renewed(self, used: str) -> str:
        """Another access token than the one that was used; empty if there is none."""
        async with self._lock:
            if self._login.access_token == used:
                # another window may have renewed it, or the user may have logged in again
                saved = await self._saved()
                if saved is not None and saved.access_token != used:
                    self._login = saved
                elif self._login.refresh_token and self._login.token_endpoint:
                    await self._renew()
            return self._login.access_token if self._login.access_token != used else ""

    async def _saved(self) -> Login | None:
        try:
            return await asyncio.to_thread(self._store.load, self._server.name, self._url)
        except ConfigError:
            log.exception("a login could not be read")
            return None

    async def _renew(self) -> None:
        login = self._login
        form = {"grant_type": "refresh_token", "refresh_token": login.refresh_token}
        form |= {"resource": login.resource} if login.resource else {}
        try:
            endpoint = checked_endpoint(login.token_endpoint, "The address that renews the login")
            response = await self._post(endpoint, *client_auth(login, form))
            renewed = (
                token_from(await response.aread(), login, self._clock()) if response.is_success else None
            )
        except (AimltuiError, httpx2.HTTPError, httpx2.StreamError) as error:
            log.warning(
                "the login at the MCP server %s was not renewed: %s", self._server.name, type(error).__name__
            )
            return
        if renewed is None:
            return
        self._login = renewed
        try:
            await asyncio.to_thread(self._store.save, self._server.name, self._url, renewed)
        except ConfigError:
            # it holds until the program ends
            log.exception("a renewed login could not be saved")


def client_auth(login: Login, form: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """A form and headers by which the authorization server knows the client."""
    found = {**form, "client_id": login.client_id}
    if login.auth_method == "client_secret_basic" and login.client_secret:
        pair = f"{quote(login.client_id, safe='')}:{quote(login.client_secret, safe='')}"
        return found, {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    if login.client_secret:
        found["client_secret"] = login.client_secret
    return found, {}


def token_from(body: bytes, before: Login, now: float) -> Login | None:
    """The login after an answer of the token endpoint; None if the answer has no token."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return None
    token = read.get("access_token") if isinstance(read, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        return None
    seconds, again = read.get("expires_in"), read.get("refresh_token")
    login = replace(
        before,
        access_token=token,
        refresh_token=again if isinstance(again, str) and again else before.refresh_token,
        expires_at=end_of(now, seconds),
    )
    login.hide()
    return login
