"""The HTTP client of an endpoint, built on the `openai` package, which is imported late and does not log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from aimltui import __version__
from aimltui.common.bodies import BodyTooLong
from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConnectionSettingError
from aimltui.common.late_modules import load_late
from aimltui.common.proxies import usable_proxy_for
from aimltui.common.tls import verifying_context, without_certificates
from aimltui.common.urls import same_origin
from aimltui.engine.models.base import ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

CONNECT_TIMEOUT_S = 10.0
WRITE_TIMEOUT_S = 60.0
_IDLE_CONNECTIONS = 20
"""Connections that stay open for the next request."""
_KEPT_HEADERS = frozenset(
    {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "content-length",
        "if-none-match",
        # The package recognises its raw responses by this header.
        "x-stainless-raw-response",
    }
)
_OPENAI_HEADERS = frozenset({"openai-organization", "openai-project"})
_SUCCESS = 200
_PLACEHOLDER_KEY = "set-per-request"
_CHATTY_LOGGERS = ("openai", "httpx2", "httpcore2")
"""Loggers that below WARNING log every header of an answer, in which a server may send the key."""

_UNUSED = frozenset({"openai.types", "openai.types.responses"})
"""Packages of types that the package imports whole: two thirds of the CPU of its import, and 10 MB. A chat uses few of
their modules, which are imported by name."""


def warm_up() -> None:
    """Import the `openai` package and build what the first request needs: a third of a second of CPU.

    Blocks: run it in a worker thread after the first frame.
    """
    _build(Endpoint("warm-up", "http://127.0.0.1:1/v1"))
    with suppress(ConnectionSettingError):
        verifying_context()


@dataclass(frozen=True, slots=True)
class HTTPErrors:
    """The classes of exceptions that a request may end with."""

    status: type[Any]
    """An answer with an error status; has `response`."""
    rest: tuple[type[Exception], ...]
    """All others: those of the package, and those of the HTTP library that it lets through during a stream."""


class EndpointClient:
    """An `AsyncOpenAI` for one endpoint, created at the first use.

    The package never holds the key. A hook that runs last before sending adds it, and only to requests to the
    endpoint's origin. The same hook removes all headers except a short list, so that an endpoint receives neither
    the package's description of this machine (`x-stainless-*`) nor credentials for other servers that the package
    takes from the environment (OPENAI_CUSTOM_HEADERS, OPENAI_ORG_ID, ...).
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

    async def client(self) -> AsyncOpenAI:
        """The client; a worker thread imports the package and reads the certificates.

        Raises:
            ModelError: The environment names certificates or a proxy that cannot be used.
        """
        async with self._lock:
            if self._client is None:
                built = await asyncio.to_thread(_build, self.endpoint)
                self._client, self._http = built
            return self._client

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
        """Close all connections; a later use opens new ones."""
        client, self._client, self._http = self._client, None, None
        if client is not None:
            await client.close()


def http_errors() -> HTTPErrors:
    """The exception classes; the package must have been imported."""
    import httpx2

    openai = _openai()
    return HTTPErrors(
        openai.APIStatusError,
        (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, BodyTooLong, OSError),
    )


def _openai() -> Any:
    load_late(_UNUSED)
    import openai

    return openai


def _build(endpoint: Endpoint) -> tuple[AsyncOpenAI, httpx2.AsyncClient]:
    # Late, because the imports take a third of a second and must not delay the first frame.
    import httpx2

    from aimltui.engine.models.http.limited_client import LimitedClient
    from aimltui.engine.models.http.network import use_backend

    openai = _openai()
    ssl_context, proxy = _settings(endpoint)
    for name in _CHATTY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    http = LimitedClient(
        verify=ssl_context,
        # The caller sets the timeout for reading, because it depends on the request.
        timeout=httpx2.Timeout(
            None, connect=CONNECT_TIMEOUT_S, write=WRITE_TIMEOUT_S, pool=CONNECT_TIMEOUT_S
        ),
        # a run that waits for its model takes a connection; with a limit, runs beyond it would fail
        limits=httpx2.Limits(max_keepalive_connections=_IDLE_CONNECTIONS),
        follow_redirects=False,
        proxy=proxy,
        # the library's own reading of the environment knows no networks in NO_PROXY
        trust_env=False,
        event_hooks={"request": [_hook(endpoint)]},
    )
    use_backend(http)
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


def _settings(endpoint: Endpoint) -> tuple[Any, str | None]:
    """Return the TLS settings for an endpoint, and its proxy; plain http reads no certificates.

    Raises:
        ModelError: The environment names certificates or a proxy that cannot be used.
    """
    try:
        return (
            verifying_context() if endpoint.origin.scheme == "https" else without_certificates(),
            usable_proxy_for(endpoint.origin) if endpoint.may_use_proxy else None,
        )
    except ConnectionSettingError as error:
        raise ModelError(error.problem, error.remedy) from error


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
