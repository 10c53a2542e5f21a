"""A transport to a server of the Assistants API over HTTP."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import ValidationError

from aimltui import __version__
from aimltui.client.errors import Garbled, TimedOut, TransportError, Unreachable, Unsupported
from aimltui.client.multipart import FormBody
from aimltui.client.polling import poll_run
from aimltui.client.request import Outgoing, binary_content, outgoing
from aimltui.common.bodies import LIMIT_BYTES, BodyTooLong, read_whole
from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConnectionSettingError
from aimltui.common.proxies import PROXY_VARIABLES, shown_proxy, usable_proxy_for
from aimltui.common.sanitize import clean_line
from aimltui.common.surplus import close_with_surplus
from aimltui.common.tls import verifying_context, without_certificates
from aimltui.common.urls import is_loopback, origin, same_origin
from aimltui.wire import events, sse
from aimltui.wire import operations as op
from aimltui.wire.base import Params, Wire
from aimltui.wire.binary import BinaryContent
from aimltui.wire.errors import APIError, BadRequest, error_from_body
from aimltui.wire.events import StreamEvent
from aimltui.wire.operations import Operation
from aimltui.wire.parsing import MAX_INTEGER
from aimltui.wire.runs import TERMINAL, Run, RunEventsParams, RunParams
from aimltui.wire.sse_reader import EventTooLong, SSEFrame, SSEReader

if TYPE_CHECKING:
    from ssl import SSLContext

    import httpx2

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Wire)

CONNECT_S = 10.0
ANSWER_S = 60.0
"""Seconds for an answer that is not a stream."""
SILENCE_S = 660.0
"""Seconds between two pieces of a stream: longer than the default lifetime of a run."""
MAX_REDIRECTS = 3

_REPEATABLE = frozenset({408, 409, 429, 500, 502, 503, 504})
_ABSENT = frozenset({404, 405, 410, 501})
_LAST_SECOND = 100_000_000_000
"""A higher timestamp is in milliseconds or less."""
_LONGEST_MS = 10**14
_DEEPEST = 200
"""Objects and arrays inside of each other; pydantic has a similar limit for what it writes."""
_TOO_DEEP = "The server's answer cannot be read: its objects are nested too deeply."


@dataclass(frozen=True, slots=True, repr=False)
class Remote:
    """The address of a server, and the key for it."""

    base_url: str
    """Including `/v1`, or another prefix of the paths."""
    key: str | None = None
    api_version: str | None = None
    """Azure's `api-version`; with it the key also goes into the header `api-key`."""
    uds: Path | None = None
    """A Unix socket to connect to; the base URL then only gives the path."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Time limits and the number of attempts."""

    connect_s: float = CONNECT_S
    answer_s: float = ANSWER_S
    silence_s: float = SILENCE_S
    tries: int = 3
    """Attempts in all, for requests whose repetition does no harm."""
    pause_s: float = 0.5
    """Seconds before the second attempt; doubled for each one after it."""
    poll_s: float = 0.5
    """Seconds between two requests for a run on a server that cannot stream."""


class HTTPTransport:
    """Speaks HTTP and JSON with a server.

    A request that changes nothing is repeated after a temporary failure. One that creates something is repeated only
    if the first cannot have arrived. The key goes to the server's host and to no other.
    """

    def __init__(self, remote: Remote, patience: Patience | None = None) -> None:
        self._remote = remote
        self._patience = patience or Patience()
        self._client: httpx2.AsyncClient | None = None
        self._proxy: str | None = None

    async def call(self, operation: Operation[P, R], params: P) -> R:
        """See `Transport.call`."""
        request = outgoing(operation, params, stream=False)
        async with self._answer(request) as response:
            body = await self._read(response)
            if issubclass(operation.result, BinaryContent):
                return cast(R, binary_content(body, response.headers))
        return _decoded(operation.result, _json(body))

    async def stream(self, operation: Operation[P, R], params: P) -> AsyncGenerator[StreamEvent, None]:
        """See `Transport.stream`. On a server that cannot stream, the run is polled."""
        try:
            async with aclosing(self._stream(operation, params)) as told:
                async for event in told:
                    yield event
        except (Unsupported, BadRequest) as error:
            run = await self._run_without_stream(operation, params, error)
            async with aclosing(poll_run(self, run, self._patience.poll_s)) as told:
                async for event in told:
                    yield event

    async def _run_without_stream(
        self, operation: Operation[P, R], params: P, error: Unsupported | BadRequest
    ) -> Run:
        """Return the run if the server refused only its stream; raise the refusal otherwise."""
        if isinstance(params, RunEventsParams) and isinstance(error, Unsupported):
            return await self.call(op.GET_RUN, RunParams(thread_id=params.thread_id, run_id=params.run_id))
        if operation.result is not Run or not _is_about_streaming(error):
            raise error
        return cast(Run, await self.call(operation, params))

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def _stream(self, operation: Operation[P, R], params: P) -> AsyncGenerator[StreamEvent, None]:
        request = outgoing(operation, params, stream=True)
        async with self._answer(request) as response:
            if "json" not in response.headers.get("content-type", ""):
                async with aclosing(self._events(response)) as told:
                    async for event in told:
                        yield event
                return
            run = _decoded(Run, _json(await self._read(response)))
        async with aclosing(poll_run(self, run, self._patience.poll_s)) as told:
            async for event in told:
                yield event

    async def _events(self, response: httpx2.Response) -> AsyncGenerator[StreamEvent, None]:
        last = ""
        reader = SSEReader()
        async with aclosing(self._frames(response, reader)) as frames:
            async for frame in frames:
                try:
                    event = sse.decode(frame, _in_seconds)
                except (ValueError, ValidationError) as error:
                    raise Garbled(
                        f"{self._host} sent an event ({frame.event or 'unnamed'}) that cannot be read."
                    ) from error
                if event is None:
                    continue
                last = event.event
                yield event
                if event.ends_stream:
                    return
        if last.rpartition(".")[2] in TERMINAL | {"requires_action"} and last.startswith("thread.run."):
            # some servers send no `done`
            yield StreamEvent(events.DONE, "[DONE]")
        elif last != events.ERROR:
            raise Unreachable(
                f"{self._host} ended the stream before the run was over.",
                "The run may continue on the server; open the thread again.",
            )

    async def _frames(self, response: httpx2.Response, reader: SSEReader) -> AsyncGenerator[SSEFrame, None]:
        import httpx2

        try:
            async for piece in response.aiter_bytes():
                for frame in reader.feed(piece):
                    yield frame
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise self._failed(error, "while the answer was streaming") from error
        except EventTooLong as error:
            raise Garbled(
                f"{self._host} sent an event of more than 1 MB.",
                "The run may continue on the server; open the thread again.",
            ) from error
        for frame in reader.close():
            yield frame

    @asynccontextmanager
    async def _answer(self, request: Outgoing) -> AsyncIterator[httpx2.Response]:
        response = await self._send(request)
        try:
            if response.status_code >= 400:
                raise self._refusal(request, response, await self._read(response))
            yield response
        finally:
            await response.aclose()

    async def _send(self, request: Outgoing) -> httpx2.Response:
        import httpx2

        tried = 0
        while True:
            tried += 1
            last = tried >= self._patience.tries
            try:
                response = await self._follow(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
                # nothing was sent, so that even a request that creates something can be repeated
                if last:
                    raise self._failed(error) from error
                await asyncio.sleep(self._delay(tried))
                continue
            except httpx2.DecodingError as error:
                raise self._failed(error) from error
            except httpx2.TransportError as error:
                if last or not request.is_safe:
                    raise self._failed(error) from error
                await asyncio.sleep(self._delay(tried))
                continue
            if last or not _may_be_repeated(request, response):
                return response
            await response.aclose()
            await asyncio.sleep(self._delay(tried, response.headers.get("retry-after", "")))

    async def _follow(self, request: Outgoing) -> httpx2.Response:
        """Make one attempt; follow redirects on the same host, with the same method if they demand it."""
        client = self._connected()
        url: Any = f"{self._remote.base_url.rstrip('/')}{request.path}"
        query: list[tuple[str, str | int | float | bool | None]] = [*request.query]
        if self._remote.api_version is not None:
            query.append(("api-version", self._remote.api_version))
        for _ in range(MAX_REDIRECTS + 1):
            built = client.build_request(
                request.method,
                url,
                params=query or None,
                content=request.body.pieces() if isinstance(request.body, FormBody) else request.body,
                headers={**self._headers(), **request.headers},
                timeout=self._timeout(request),
            )
            await close_with_surplus(client)
            response = await client.send(built, stream=True)
            if not response.has_redirect_location:
                if not request.streams:
                    # read here, so that an answer that breaks off is requested again like one that never came
                    return await self._read_whole(
                        response, request.limit_bytes if response.is_success else LIMIT_BYTES
                    )
                return response
            await response.aclose()
            location = response.headers["location"]
            target = _joined(built.url, location)
            if target is None or not same_origin(str(target), str(built.url)):
                place = clean_line(location if target is None else target.host or location)[:200]
                raise Unreachable(
                    f"{self._host} redirects to {place}, which does not get your key.",
                    "If that is the right server, use its address as the URL.",
                )
            if request.method != "GET" and response.status_code not in (307, 308):
                break
            url, query = target, []
        raise Unreachable(f"{self._host} redirects without end.", "Check the URL.")

    def _connected(self) -> httpx2.AsyncClient:
        if self._client is None:
            # a fifth of a second of imports, spent only for a remote server
            import httpx2

            uds, transport = self._remote.uds, None
            if uds is not None:
                # a socket needs no certificates, and loading them takes longer than the first answers
                transport = httpx2.AsyncHTTPTransport(uds=str(uds), verify=without_certificates())
            try:
                context, self._proxy = self._settings()
            except ConnectionSettingError as error:
                raise TransportError(error.problem, error.remedy) from error
            except ValueError as error:
                raise TransportError("The URL of the server is not valid.", "Check the URL.") from error
            self._client = httpx2.AsyncClient(
                transport=transport,
                follow_redirects=False,
                proxy=self._proxy,
                trust_env=False,
                verify=context,
            )
        return self._client

    def _settings(self) -> tuple[SSLContext, str | None]:
        """Return the TLS settings, and the proxy.

        Raises:
            ConnectionSettingError: The environment names certificates or a proxy that cannot be used.
        """
        home = origin(self._remote.base_url)
        if home.scheme != "https":
            # a proxy could read the key of an unencrypted connection
            return without_certificates(), None
        return verifying_context(), None if is_loopback(home.host) else usable_proxy_for(home)

    def _headers(self) -> dict[str, str]:
        headers = {
            "accept": "application/json",
            "openai-beta": "assistants=v2",
            "user-agent": f"aimltui/{__version__}",
        }
        if self._remote.key is not None:
            headers["authorization"] = f"Bearer {self._remote.key}"
            if self._remote.api_version is not None:
                headers["api-key"] = self._remote.key
        return headers

    def _timeout(self, request: Outgoing) -> httpx2.Timeout:
        import httpx2

        read = self._patience.silence_s if request.streams else self._patience.answer_s
        return httpx2.Timeout(read, connect=self._patience.connect_s)

    def _delay(self, tried: int, retry_after: str = "") -> float:
        own: float = self._patience.pause_s * 2.0 ** (tried - 1)
        return min(30.0, max(own, float(retry_after))) if retry_after.isdecimal() else own

    async def _read(self, response: httpx2.Response) -> bytes:
        import httpx2

        try:
            return (await self._read_whole(response)).content
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise self._failed(error, "while the answer was coming") from error

    async def _read_whole(self, response: httpx2.Response, limit_bytes: int = LIMIT_BYTES) -> httpx2.Response:
        try:
            return await read_whole(response, limit_bytes)
        except BodyTooLong as error:
            raise Garbled(
                f"{self._host} answered with more than {limit_bytes >> 20} MB.",
                "Check that the URL is that of a server of the Assistants API.",
            ) from error

    def _refusal(self, request: Outgoing, response: httpx2.Response, body: bytes) -> Exception:
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            parsed = None
        error = error_from_body(response.status_code, parsed, response.headers.get("x-request-id"))
        if response.status_code in _ABSENT and not _is_about_an_object(parsed, error):
            return Unsupported(
                f"{self._host} does not have {request.method} {request.path}.",
                "This server speaks only a part of the API.",
            )
        return error

    def _failed(self, error: Exception, when: str = "") -> TransportError:
        import httpx2

        place = f" {when}" if when else ""
        if isinstance(error, httpx2.ProxyError):
            return Unreachable(
                f"The proxy refused the connection to {self._host}.",
                f"Check {PROXY_VARIABLES} in the environment.",
            )
        # a handshake with the host behind it that ends has no words, or those of TLS
        is_unmade = isinstance(error, httpx2.ConnectError) and str(error) and "SSL" not in str(error)
        if self._proxy is not None and (is_unmade or isinstance(error, httpx2.ConnectTimeout)):
            # whatever is wrong with the host behind it, the proxy would say
            return Unreachable(
                f"The proxy {shown_proxy(self._proxy)}, which the environment names for {self._host}, cannot be reached.",
                f"Check the network, and {PROXY_VARIABLES} in the environment.",
            )
        if isinstance(error, httpx2.TimeoutException):
            return TimedOut(
                f"{self._host} did not answer in time{place}.", "Check the connection, and try again."
            )
        if isinstance(error, httpx2.DecodingError):
            return Garbled(f"{self._host} sent an answer that cannot be unpacked.", "Try again.")
        if isinstance(error, httpx2.ConnectError):
            return Unreachable(
                f"{self._host} cannot be reached: {_reason(error)}.",
                "Check the URL, and that the server is running.",
            )
        return Unreachable(f"The connection to {self._host} broke{place}.", "Try again.")

    @property
    def _host(self) -> str:
        if self._remote.uds is not None:
            return str(self._remote.uds)
        return self._remote.base_url.partition("://")[2].partition("/")[0] or self._remote.base_url


def _may_be_repeated(request: Outgoing, response: httpx2.Response) -> bool:
    word = response.headers.get("x-should-retry")
    return request.is_safe and response.status_code in _REPEATABLE and word != "false"


def _is_about_an_object(parsed: object, error: APIError) -> bool:
    """Return whether a 404 is about a missing object, and not about an unknown path."""
    if error.code in ("unknown_url", "missing_scope", "method_not_allowed", "not_implemented"):
        return False
    inner = parsed.get("error") if isinstance(parsed, dict) else None
    return error.status == 404 and (isinstance(inner, dict) or "found with id" in error.message)


def _is_about_streaming(error: Unsupported | BadRequest) -> bool:
    return isinstance(error, Unsupported) or error.param == "stream" or "stream" in error.message.lower()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except RecursionError as error:
        raise Garbled(_TOO_DEEP) from error
    except ValueError as error:
        raise Garbled(
            "The server's answer is not JSON.", "Check the URL: it may lead to a web page and not to an API."
        ) from error


def _decoded(kind: type[R], value: Any) -> R:
    try:
        return kind.model_validate(_in_seconds(value))
    except RecursionError as error:
        raise Garbled(_TOO_DEEP) from error
    except ValidationError as error:
        raise Garbled(
            f"The server's answer does not match the API: it is not valid {kind.__name__}."
        ) from error


def _in_seconds(value: Any, depth: int = 0) -> Any:
    """Return the value with all timestamps in whole seconds, since some servers send other units, and no number beyond all measure.

    Raises:
        RecursionError: It is nested too deeply.
    """
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, list):
        return [_in_seconds(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _number(name, inner) if type(inner) in (int, float) else _in_seconds(inner, depth + 1)
        for name, inner in value.items()
    }


def _number(name: str, value: float) -> float:
    """Return a number of an object as one that can be computed with."""
    if name.endswith("_at"):
        return _seconds(value)
    if name.endswith("_ms"):
        return max(0, min(value, _LONGEST_MS))
    return max(-MAX_INTEGER, min(value, MAX_INTEGER)) if isinstance(value, int) else value


def _seconds(at: float) -> int:
    """Return a time that a clock can have; 0 for all others."""
    if not 0 <= at < math.inf:
        return 0
    whole = int(at)
    while whole > _LAST_SECOND:
        whole //= 1000
    return whole


def _joined(url: httpx2.URL, location: str) -> httpx2.URL | None:
    """Return where a redirect leads; None if that is no URL."""
    import httpx2

    try:
        return url.join(location)
    except (httpx2.InvalidURL, ValueError):
        return None


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).rstrip(".")
