"""Who may ask: whoever has the token; where none is set, whoever is on this machine and is not a web page."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aimltui.wire.errors import APIError, Forbidden, Unauthorized

MINIMUM = 16
"""Characters that a token has at least: a server with a short one is as good as open."""


@dataclass(frozen=True, slots=True, repr=False)
class Auth:
    """The rule of one server."""

    token: str | None = None
    """None: no token is needed; only for loopback and sockets."""
    is_socket: bool = False
    """True on a unix socket, which no browser can reach."""

    def check(self, headers: Mapping[str, str]) -> None:
        """See that a request may be answered.

        Args:
            headers: By lower-case name.

        Raises:
            Unauthorized: No token, or a wrong one.
            Forbidden: No token is needed here, and therefore no web page is served.
        """
        if self.token is not None:
            self._check_token(headers)
        elif not self.is_socket:
            _refuse_web_pages(headers)

    def _check_token(self, headers: Mapping[str, str]) -> None:
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
        assert self.token is not None
        # bytes, since compare_digest takes no text beyond ASCII
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise Unauthorized(
                "Incorrect API key provided. This server wants the token that it was started with.",
                code="invalid_api_key",
            )


def is_loopback(host: str) -> bool:
    """True if nobody outside this machine can reach a server on this host."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _refuse_web_pages(headers: Mapping[str, str]) -> None:
    # Without a token, any page in a browser of this machine could start runs here: by a plain form post, or by
    # a name of its own that resolves to 127.0.0.1. The first shows in Origin, the second in Host.
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
        "This server has no token and therefore answers programs on this machine only, no web pages and no "
        "other host names. Start it with --token-env NAME to allow others.",
        code="forbidden_origin",
    )
