"""URLs of endpoints: their origin, and which provider they belong to."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

from aimltui.common.errors import ConfigError

AIMLAPI_BASE_URL = "https://api.aimlapi.com/v1"
OPENAI_BASE_URL = "https://api.openai.com/v1"

_AIMLAPI_DOMAIN = "aimlapi.com"
_PORTS = {"http": 80, "https": 443}
_PRIVATE_DOMAINS = (".local", ".lan", ".internal", ".home.arpa")


class Origin(NamedTuple):
    """Scheme, host and port of a URL in a comparable form. A key is only ever sent to one origin."""

    scheme: str
    host: str
    """Lower-case ASCII without a dot at the end; an IPv6 address without brackets."""
    port: int

    def __str__(self) -> str:
        """Return it as `https://api.openai.com:443`. Saved keys are stored under this text."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def origin(url: str) -> Origin:
    """Return the origin of a URL.

    `localhost`, `127.0.0.1` and `::1` are different hosts: different programs may listen on the same port of each.

    Raises:
        ValueError: It is not an http or https URL with a host.
    """
    parts = urlsplit(url.strip())
    host = _normal(parts.hostname or "")
    if parts.scheme not in _PORTS or not host:
        raise ValueError("it is not an http or https URL with a host")
    return Origin(parts.scheme, host, parts.port or _PORTS[parts.scheme])


def same_origin(one: str | None, other: str | None) -> bool:
    """Return whether two URLs have the same scheme, host and port; False if one of them is not a URL."""
    try:
        return one is not None and other is not None and origin(one) == origin(other)
    except ValueError:
        return False


def is_aimlapi(url: str) -> bool:
    """Return whether a URL belongs to the AI/ML API: https, and its domain or a subdomain."""
    try:
        scheme, host, _ = origin(url)
    except ValueError:
        return False
    return scheme == "https" and (host == _AIMLAPI_DOMAIN or host.endswith(f".{_AIMLAPI_DOMAIN}"))


def is_openai(url: str) -> bool:
    """Return whether a URL belongs to OpenAI."""
    return same_origin(url, OPENAI_BASE_URL)


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_private(host: str) -> bool:
    """Return whether a host name or address is this machine or belongs to its own network."""
    name = host.strip("[]").lower().rstrip(".")
    if is_loopback(name) or name.endswith(_PRIVATE_DOMAINS):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        # a name without a dot is found by the own network only
        return bool(name) and "." not in name
    return address.is_private or address.is_link_local


def checked_base_url(base_url: str) -> str:
    """Return a base URL without a slash at its end.

    Raises:
        ConfigError: It is not http or https, has no host, or has a password, a query or a fragment.
    """
    text = base_url.strip().rstrip("/")
    example = f"It should look like {AIMLAPI_BASE_URL} or http://localhost:11434/v1."
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError as error:
        raise ConfigError(f"The base URL is not a valid URL: {error}. {example}") from error
    if url.username is not None or url.password is not None:
        # The text is not repeated: it may hold a password.
        raise ConfigError(
            f"The base URL contains a user name or password; put the key into a variable instead. {example}"
        )
    if not _is_callable(text) or not text.isprintable() or " " in text:
        raise ConfigError(f"The base URL {text!r} is not a valid http or https URL. {example}")
    if url.query or url.fragment:
        raise ConfigError(
            f"The base URL must not have a query or a fragment: remove the part from ? or #. {example}"
        )
    return text


def endpoint_name(base_url: str) -> str:
    """Return the name of an endpoint for the screen: `AI/ML API`, `OpenAI`, or its host and port."""
    if is_aimlapi(base_url):
        return "AI/ML API"
    return "OpenAI" if is_openai(base_url) else urlsplit(base_url).netloc


def _is_callable(url: str) -> bool:
    try:
        origin(url)
    except ValueError:
        return False
    return True


def _normal(host: str) -> str:
    if ":" in host:
        return str(ipaddress.ip_address(host))
    if not host.isascii():
        # Imported late: its tables are large and rarely needed. The HTTP library encodes hosts with the same package.
        import idna

        host = idna.encode(host.lower()).decode("ascii")
    return host.rstrip(".")
