"""Reads a web page as text, for the user to attach it to a message.

The address of every hop is looked up once, checked, and then connected to as a number, so that a name cannot lead to this
machine or its network, neither by a redirect nor by an answer that changes between two look-ups. No key, cookie or proxy
of this program is used.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from aimltui.common.dataclass import dataclass
from aimltui.common.disk import disk_reason
from aimltui.common.errors import AimltuiError, ConnectionSettingError
from aimltui.common.sanitize import clean, clean_line
from aimltui.common.tls import verifying_context

if TYPE_CHECKING:
    import httpx2

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host, as numbers."""

LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a page."""
SECONDS: Final = 30.0
"""The time for all hops together."""
_READING_S: Final = 10.0
_READING_BYTES: Final = 1_000_000_000
_HOPS: Final = 6
_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_PAGES: Final = frozenset(("text/html", "application/xhtml+xml"))
_EMBEDDING: Final = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96")))
"""Networks whose addresses end with an IPv4 address."""
_LONGEST_TITLE: Final = 120


class WebPageError(AimltuiError):
    """The page was not read; the text says why."""


@dataclass(frozen=True, slots=True)
class WebPage:
    """What was read."""

    url: str
    """The address after all redirects."""
    title: str
    text: str


def is_public(address: IPAddress) -> bool:
    """Return whether an address is one of the internet, and not of this machine, its network or a special purpose."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and any(address in network for network in _EMBEDDING):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None and not is_public(inner):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


async def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PageReader:
    """Reads pages.

    Args:
        resolve: Looks up a host.
        allows: Returns whether an address may be connected to. Tests allow a server on this machine.
        memory_bytes: Address space of the process that takes the text out of a page, which includes the program itself.
    """

    def __init__(
        self,
        resolve: Resolve = resolve_host,
        allows: Callable[[IPAddress], bool] = is_public,
        memory_bytes: int = _READING_BYTES,
    ) -> None:
        self._resolve = resolve
        self._allows = allows
        self._memory_bytes = memory_bytes

    async def read(self, url: str, *, stays: bool = False) -> WebPage:
        """Read a page, over at most five redirects.

        Args:
            url: Its address.
            stays: Follow no redirect to another host.

        Raises:
            WebPageError: It cannot be read, or must not be.
        """
        import httpx2  # takes longer to import than most pages to read

        try:
            context = await asyncio.to_thread(verifying_context)
            # neither the variables of a proxy nor a file with passwords is used
            async with (
                asyncio.timeout(SECONDS),
                httpx2.AsyncClient(trust_env=False, timeout=SECONDS, verify=context) as client,
            ):
                home = _site(url)
                for _ in range(_HOPS):
                    page, url = await self._hop(client, url)
                    if page is not None:
                        return page
                    if stays and _site(url) != home:
                        raise WebPageError(
                            f"The page redirects to another host, which was not contacted. Read {clean_line(url)} instead."
                        )
        except ConnectionSettingError as error:
            raise WebPageError(str(error)) from error
        except TimeoutError as error:
            raise WebPageError(f"The page did not arrive within {SECONDS:.0f} seconds.") from error
        except httpx2.HTTPError as error:
            raise WebPageError(
                f"The page could not be read: {clean_line(str(error)) or type(error).__name__}."
            ) from error
        except (httpx2.InvalidURL, ValueError) as error:
            raise WebPageError(
                "The address, or one that it redirects to, is not the address of a page."
            ) from error
        raise WebPageError("The page redirects in a loop.")

    async def _hop(self, client: httpx2.AsyncClient, url: str) -> tuple[WebPage | None, str]:
        """Ask one address; return the page, or None and the address to which it leads."""
        target, host, name = await self._checked(url)
        request = client.build_request(
            "GET",
            target,
            headers={
                "Host": host,
                "User-Agent": "aimltui (reads a page that its user named)",
                "Accept": "text/html, text/plain;q=0.9, */*;q=0.1",
                # a compressed page could be much larger than what was sent
                "Accept-Encoding": "identity",
            },
            extensions={"sni_hostname": name},
        )
        response = await client.send(request, stream=True, follow_redirects=False)
        try:
            # no cookie of this answer goes to another host
            client.cookies.clear()
            if response.status_code in _REDIRECTS and "location" in response.headers:
                return None, urljoin(url, response.headers["location"])
            if response.status_code != 200:
                raise WebPageError(f"The server answered {response.status_code} instead of the page.")
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind and kind not in _PAGES and not kind.startswith("text/"):
                raise _no_text(clean_line(kind)[:60])
            if response.headers.get("content-encoding", "identity") != "identity":
                raise WebPageError("The server sent the page compressed without being asked to.")
            content = await _limited(response.aiter_raw())
        finally:
            await response.aclose()
        text = await self._text(content, _kind_of(content, is_page=not kind or kind in _PAGES))
        return await asyncio.to_thread(_page_of, url, text), url

    async def _text(self, content: bytes, kind: str) -> str:
        """Return the text of a page, as a reader would see it, from a process with limits.

        Raises:
            WebPageError: There is none, or reading it takes too much.
        """
        from aimltui.engine.extraction.limits import ReadingLimits, Stopped, Unreadable
        from aimltui.engine.extraction.processes import ReaderProcesses

        readers = ReaderProcesses(ReadingLimits(_READING_S, _READING_S, memory_bytes=self._memory_bytes))
        try:
            return (await asyncio.to_thread(readers.read_content, content, kind)).text
        except (Unreadable, Stopped) as error:
            raise WebPageError(f"The page has no text that can be read. {error}".strip()) from error
        except OSError as error:
            raise WebPageError(f"The page could not be read: {disk_reason(error)}.") from error
        finally:
            # a reader whose page is no longer wanted ends with it
            await asyncio.to_thread(readers.close)

    async def _checked(self, url: str) -> tuple[str, str, str]:
        """Return an address with the host as a number that may be connected to, the host with its port, and the host.

        The host is in ASCII, as servers know it.

        Raises:
            WebPageError: It is no address of a page, or one of this machine or its network.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise WebPageError("This is not the address of a page.") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WebPageError("Only addresses that begin with http:// or https:// can be read.")
        if parts.username is not None or parts.password is not None:
            raise WebPageError("The address contains a name or a password, so it was not read.")
        name = clean_line(parts.hostname)[:100]
        try:
            hostname = _ascii(parts.hostname)
            found = await self._resolve(hostname, port)
            addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
        except (OSError, UnicodeError, ValueError) as error:
            raise WebPageError(f"The host {name} was not found.") from error
        if not addresses:
            raise WebPageError(f"The host {name} was not found.")
        if not all(self._allows(address) for address in addresses):
            raise WebPageError(
                f"{name} is an address of this machine or its network. Only pages of the internet are read."
            )
        address = addresses[0]
        number = f"[{address}]" if address.version == 6 else str(address)
        host = f"[{hostname}]" if ":" in hostname else hostname
        shown = host if parts.port is None else f"{host}:{port}"
        target = urlunsplit((parts.scheme, f"{number}:{port}", parts.path or "/", parts.query, ""))
        return target, shown, hostname


def _site(url: str) -> str:
    """Return the host of an address with its port if one is named, without the `www.` in front of it."""
    return urlsplit(url).netloc.lower().removeprefix("www.")


def _ascii(host: str) -> str:
    """Return a host as it is looked up: letters beyond ASCII are encoded.

    Raises:
        UnicodeError: It is no name of a host.
    """
    if host.isascii():
        return host
    import idna  # its tables are large and rarely needed

    return idna.encode(host, uts46=True).decode("ascii")


async def _limited(pieces: AsyncIterator[bytes]) -> bytes:
    content = bytearray()
    async for piece in pieces:
        content += piece
        if len(content) > LARGEST:
            raise WebPageError("The page has more than 10 MB, so it was not read.")
    return bytes(content)


def _kind_of(content: bytes, *, is_page: bool) -> str:
    """Return `page` or `plain`.

    Raises:
        WebPageError: It is a file of another kind.
    """
    from aimltui.engine.extraction.kinds import web_kind_of

    kind = web_kind_of(content, is_page=is_page)
    if not kind:
        raise _no_text("a file of another kind")
    return kind


def _page_of(url: str, read: str) -> WebPage:
    text = clean(read).strip()
    titles = (line.strip("# ").strip() for line in text.splitlines())
    title = next(filter(None, titles), "")
    return WebPage(url, title[:_LONGEST_TITLE], text)


def _no_text(kind: str) -> WebPageError:
    return WebPageError(f"This is not a page with text, but {kind}. Download it, and attach the file.")
