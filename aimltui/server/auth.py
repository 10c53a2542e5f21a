"""Access control: clients with the token, or, without a token, programs on this machine but no web pages."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import urlsplit

from aimltui.common import urls
from aimltui.common.dataclass import dataclass
from aimltui.wire.clients import ServedClient
from aimltui.wire.errors import APIError, Forbidden, Unauthorized

MIN_TOKEN_LENGTH = 16
"""Characters; a shorter token could be guessed."""


@dataclass(frozen=True, slots=True, repr=False)
class Auth:
    """The access rule of a server."""

    token: str | None = None
    """The token that clients must send; None, only for loopback and sockets: no token is needed."""
    clients: Mapping[str, ServedClient] = field(default_factory=dict)
    """Further clients, each by its token."""
    is_socket: bool = False
    """True on a Unix socket, which no browser can reach."""

    @property
    def needs_token(self) -> bool:
        """Whether only clients with a token are answered."""
        return self.token is not None or bool(self.clients)

    def check(self, headers: Mapping[str, str]) -> ServedClient | None:
        """Check that a request may be answered.

        Args:
            headers: The request headers by lower-case name.

        Returns:
            The client whose token came with it; None for the token of the server, and without tokens.

        Raises:
            Unauthorized: The token is missing or wrong.
            Forbidden: The server has no token, and the request comes from a web page.
        """
        if self.needs_token:
            return self._by_token(headers)
        self.refuse_web_pages(headers)
        return None

    def refuse_web_pages(self, headers: Mapping[str, str]) -> None:
        """Check that a request without a token does not come from a web page, if no token is needed.

        Raises:
            Forbidden: It does.
        """
        if not self.needs_token and not self.is_socket:
            _refuse_web_pages(headers)

    def _by_token(self, headers: Mapping[str, str]) -> ServedClient | None:
        given = headers.get("api-key", "")
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            given = rest.strip()
        if not given:
            raise Unauthorized(
                "You didn't provide an API key. Give this server's token in the header "
                "'Authorization: Bearer TOKEN' (or 'api-key: TOKEN').",
                code="invalid_api_key",
            )
        # compare_digest accepts only ASCII text, so bytes are compared; and all of them, whichever is right
        right = [token for token in self.clients if hmac.compare_digest(given.encode(), token.encode())]
        if self.token is not None and hmac.compare_digest(given.encode(), self.token.encode()):
            return None
        if not right:
            raise Unauthorized(
                "Incorrect API key provided. Use the token that this server was started with.",
                code="invalid_api_key",
            )
        return self.clients[right[0]]


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server on this host.

    Names below `localhost` do not count: a resolver may send them to another machine.
    """
    return urls.is_loopback(host) and not host.rstrip(".").lower().endswith(".localhost")


def _refuse_web_pages(headers: Mapping[str, str]) -> None:
    # Without a token, any page in a browser on this machine could start runs: with a form post, or through a host
    # name that resolves to 127.0.0.1. The first shows in the Origin header, the second in Host.
    for value in (f"//{headers.get('host', '')}", headers.get("origin", "")):
        if value in ("", "//"):
            continue
        if not _names_loopback(value):
            raise _web_page()
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise _web_page()


def _names_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return host is not None and is_loopback(host)


def _web_page() -> APIError:
    return Forbidden(
        "This server has no token, so it only answers programs on this machine: no web pages and no other host "
        "names. Start it with --token-env NAME to allow them.",
        code="forbidden_origin",
    )
