"""The HTTP client of an endpoint. Its HTTP library is imported late and does not log."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from aimltui import __version__
from aimltui.common.bodies import BodyTooLong
from aimltui.common.tls import CERTIFICATE_VARIABLES, missing_certificates, without_certificates
from aimltui.common.urls import same_origin
from aimltui.engine.models.base import ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint

if TYPE_CHECKING:
    import httpx2

CONNECT_TIMEOUT_S = 10.0
WRITE_TIMEOUT_S = 60.0
_KEPT_HEADERS = frozenset(
    {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "content-length",
        "if-none-match",
    }
)
_OPENAI_HEADERS = {"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}
"""Headers for OpenAI's service alone, and the variables of the environment that give them."""
_SUCCESS = 200
_CHATTY_LOGGERS = ("httpx2", "httpcore2")
"""Loggers that below WARNING log every header of an answer, in which a server may send the key."""


def warm_up() -> None:
    """Import the HTTP library and build what the first request needs.

    Blocks: run it in a worker thread after the first frame.
    """
    import httpx2

    _build(Endpoint("warm-up", "http://127.0.0.1:1/v1"), without_certificates())
    if not missing_certificates(os.environ):
        httpx2.create_ssl_context()


class EndpointClient:
    """An HTTP client for one endpoint, created at the first use.

    The client never holds the key. A hook that runs last before sending adds it, and only to requests to the
    endpoint's origin. The same hook removes all headers except a short list, and says who asks.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._client: httpx2.AsyncClient | None = None
        self._lock = asyncio.Lock()
        self._uses = 0
        self._is_retired = False

    @property
    def is_open(self) -> bool:
        """Whether there is a client, or a request that may create one."""
        return self._client is not None or self._uses > 0

    @asynccontextmanager
    async def in_use(self) -> AsyncGenerator[None, None]:
        """Mark a request as active. A retired client closes when its last request ends."""
        self._uses += 1
        try:
            yield
        finally:
            self._uses -= 1
            await self.close_if_unused()

    def retire(self) -> None:
        """Keep no connection open between requests, because another client has replaced this one."""
        self._is_retired = True

    async def close_if_unused(self) -> None:
        """Close a retired client, unless a request uses it."""
        if self._is_retired and not self._uses:
            await self.aclose()

    async def client(self) -> httpx2.AsyncClient:
        """The client; a worker thread imports the HTTP library and reads the certificates."""
        async with self._lock:
            if self._client is None:
                self._client = await asyncio.to_thread(
                    lambda: _build(self.endpoint, _ssl_context(self.endpoint))
                )
            return self._client

    async def sending(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AbstractAsyncContextManager[httpx2.Response]:
        """Return a request of the API, which is sent when its context is entered; see `HTTPAnswer.pieces`.

        Args:
            method: GET or POST.
            path: What follows the base URL, such as "/chat/completions".
            body: Sent as JSON.
            query: Parameters of the address.
            headers: More headers; those that an endpoint needs not know are removed.
        """
        client = await self.client()
        url = f"{self.endpoint.base_url.rstrip('/')}{path}"
        return client.stream(method, url, json=body, params=query or None, headers=headers)

    async def small_answer(
        self, method: str, url: str, body: Mapping[str, Any] | None, limit_bytes: int
    ) -> bytes | None:
        """Send a small request outside of the chat.

        Args:
            method: GET or POST.
            url: An address at the endpoint's origin; another one is not contacted.
            body: Sent as JSON.
            limit_bytes: Longer answers are ignored.

        Returns:
            The body of an answer with status 200; None for all others.
        """
        if not same_origin(url, self.endpoint.base_url):
            return None
        http = await self.client()
        content = bytearray()
        try:
            async with http.stream(method, url, json=body) as answer:
                if answer.status_code != _SUCCESS:
                    return None
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > limit_bytes:
                        return None
        except http_errors():
            return None
        return bytes(content)

    async def aclose(self) -> None:
        """Close all connections; a later use opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def http_errors() -> tuple[type[Exception], ...]:
    """Return the classes of exceptions with which a request may fail; it imports the HTTP library."""
    import httpx2

    return (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, BodyTooLong, OSError)


def _build(endpoint: Endpoint, ssl_context: Any) -> httpx2.AsyncClient:
    # late, because the import must not delay the first frame
    import httpx2

    from aimltui.engine.models.http.limited_client import LimitedClient

    for name in _CHATTY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    return LimitedClient(
        headers={"Accept": "application/json"},
        verify=ssl_context,
        # The caller sets the timeout for reading, because it depends on the request.
        timeout=httpx2.Timeout(
            None, connect=CONNECT_TIMEOUT_S, write=WRITE_TIMEOUT_S, pool=CONNECT_TIMEOUT_S
        ),
        follow_redirects=False,
        trust_env=endpoint.may_use_proxy,
        event_hooks={"request": [_hook(endpoint)]},
    )


def _ssl_context(endpoint: Endpoint) -> Any:
    """Return the TLS settings for an endpoint; plain http reads no certificates.

    Raises:
        ModelError: The environment names certificates that do not exist.
    """
    import httpx2

    if not endpoint.base_url.startswith("https:"):
        return without_certificates()
    if problem := missing_certificates(os.environ):
        raise ModelError(problem, f"Correct the variable or unset it: {' or '.join(CERTIFICATE_VARIABLES)}.")
    return httpx2.create_ssl_context()


def _hook(endpoint: Endpoint) -> Any:
    given = {name: os.environ.get(variable, "") for name, variable in _OPENAI_HEADERS.items()}
    own = {name: value for name, value in given.items() if value and endpoint.is_openai}
    own |= {name.lower(): value for name, value in endpoint.headers.items()}

    async def prepare(request: httpx2.Request) -> None:
        for name in list(request.headers):
            if name.lower() not in _KEPT_HEADERS:
                del request.headers[name]
        request.headers["User-Agent"] = f"aimltui/{__version__}"
        if not same_origin(str(request.url), endpoint.base_url):
            return
        if endpoint.api_key:
            request.headers["Authorization"] = f"Bearer {endpoint.api_key.reveal()}"
        request.headers.update(own)

    return prepare
