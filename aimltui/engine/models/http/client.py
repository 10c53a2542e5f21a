"""The `openai` package as the HTTP client of an endpoint: imported late, told to keep quiet."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aimltui import __version__
from aimltui.common.bodies import BodyTooLong
from aimltui.common.tls import CERTIFICATE_VARIABLES, missing_certificates, without_certificates
from aimltui.common.urls import same_origin
from aimltui.engine.models.base import ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

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
        # The package recognises its own raw responses by this one.
        "x-stainless-raw-response",
    }
)
_OPENAI_HEADERS = frozenset({"openai-organization", "openai-project"})
_SUCCESS = 200
_PLACEHOLDER_KEY = "set-per-request"
_CHATTY_LOGGERS = ("openai", "httpx2", "httpcore2")
"""Below WARNING they log every header of an answer, and a server may put the key into one."""


def warm_up() -> None:
    """Imports the `openai` package and builds what the first request needs: about half a second of CPU.

    Blocking; to be run in a worker thread once the first frame is out.
    """
    import httpx2

    _build(Endpoint("warm-up", "http://127.0.0.1:1/v1"), without_certificates())
    if not missing_certificates(os.environ):
        httpx2.create_ssl_context()


@dataclass(frozen=True, slots=True)
class HTTPErrors:
    """The classes of exceptions that a request may end with."""

    status: type[Any]
    """An answer that is no success; has `response`."""
    rest: tuple[type[Exception], ...]
    """Everything else: the package's own, and those of the HTTP library, which it lets through mid-stream."""


class EndpointClient:
    """An `AsyncOpenAI` for one endpoint, made at the first use.

    The package never holds the key. One hook, the last station before the wire, adds it, and only to requests
    to the endpoint's own origin. The same hook lets through a short list of headers and nothing else: neither
    the package's description of this machine (`x-stainless-*`) nor credentials of other services that it
    collects from the environment (OPENAI_CUSTOM_HEADERS, OPENAI_ORG_ID, ...) reach an endpoint.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._client: AsyncOpenAI | None = None
        self._http: httpx2.AsyncClient | None = None
        self._lock = asyncio.Lock()
        self._uses = 0
        self._is_retired = False

    @property
    def is_open(self) -> bool:
        """Whether there is a client, or a request that may make one."""
        return self._client is not None or self._uses > 0

    @asynccontextmanager
    async def in_use(self) -> AsyncGenerator[None, None]:
        """Surround a request: a retired connection closes when the last one ends."""
        self._uses += 1
        try:
            yield
        finally:
            self._uses -= 1
            await self.close_if_unused()

    def retire(self) -> None:
        """Another connection has replaced this one: from now on, keep nothing open between requests."""
        self._is_retired = True

    async def close_if_unused(self) -> None:
        """Close a retired connection, unless a request uses it."""
        if self._is_retired and not self._uses:
            await self.aclose()

    async def client(self) -> AsyncOpenAI:
        """The client; the import and the certificates are read in a worker thread."""
        async with self._lock:
            if self._client is None:
                built = await asyncio.to_thread(lambda: _build(self.endpoint, _ssl_context(self.endpoint)))
                self._client, self._http = built
            return self._client

    async def small_answer(
        self, method: str, url: str, body: Mapping[str, Any] | None, limit_bytes: int
    ) -> bytes | None:
        """Ask something beside the chat: the body of a plain success, None for everything else.

        Args:
            method: GET or POST.
            url: At the endpoint's own origin; another one is not asked.
            body: Sent as JSON.
            limit_bytes: A longer answer is no answer.
        """
        if not same_origin(url, self.endpoint.base_url):
            return None
        await self.client()
        http = self._http
        assert http is not None
        content = bytearray()
        try:
            async with http.stream(method, url, json=body) as answer:
                if answer.status_code != _SUCCESS:
                    return None
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > limit_bytes:
                        return None
        except http_errors().rest:
            return None
        return bytes(content)

    async def aclose(self) -> None:
        """Closes all connections; a later use opens new ones."""
        client, self._client, self._http = self._client, None, None
        if client is not None:
            await client.close()


def http_errors() -> HTTPErrors:
    """The exception classes; the package must have been imported."""
    import httpx2
    import openai

    return HTTPErrors(
        openai.APIStatusError,
        (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, BodyTooLong, OSError),
    )


def _build(endpoint: Endpoint, ssl_context: Any) -> tuple[AsyncOpenAI, httpx2.AsyncClient]:
    # Late: half a second of imports must not stand before the first frame.
    import httpx2
    import openai

    from aimltui.engine.models.http.limited_client import LimitedClient

    for name in _CHATTY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    http = LimitedClient(
        verify=ssl_context,
        # Reading is timed by the caller, who knows what it waits for.
        timeout=httpx2.Timeout(
            None, connect=CONNECT_TIMEOUT_S, write=WRITE_TIMEOUT_S, pool=CONNECT_TIMEOUT_S
        ),
        follow_redirects=False,
        trust_env=endpoint.may_use_proxy,
        event_hooks={"request": [_hook(endpoint)]},
    )
    client = openai.AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=_PLACEHOLDER_KEY,
        admin_api_key="",
        max_retries=0,
        http_client=http,
    )
    _ = client.chat.completions.with_streaming_response.create
    _ = client.models.with_streaming_response.list
    return client, http


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
    kept = _KEPT_HEADERS | (_OPENAI_HEADERS if endpoint.is_openai else frozenset())
    own = {name.lower(): value for name, value in endpoint.headers.items()}

    async def prepare(request: httpx2.Request) -> None:
        for name in list(request.headers):
            if name.lower() not in kept:
                del request.headers[name]
        request.headers["User-Agent"] = f"aimltui/{__version__}"
        if not same_origin(str(request.url), endpoint.base_url):
            return
        if endpoint.api_key:
            request.headers["Authorization"] = f"Bearer {endpoint.api_key.reveal()}"
        request.headers.update(own)

    return prepare
