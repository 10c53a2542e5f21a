"""Addresses of endpoints: to which origin a URL leads, and whose service that is."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

from aimltui.common.errors import ConfigError

AIMLAPI_BASE_URL = "https://api.aimlapi.com/v1"
OPENAI_BASE_URL = "https://api.openai.com/v1"

_AIMLAPI_DOMAIN = "aimlapi.com"
_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """To whom a request goes, in a form that can be compared. A key is only ever sent to one origin."""

    scheme: str
    host: str
    """In lower case, without a dot at the end, in ASCII; an IPv6 address without brackets."""
    port: int

    def __str__(self) -> str:
        """As `https://api.openai.com:443`: saved keys are found by it."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def origin(url: str) -> Origin:
    """Scheme, host and port of a URL. Names and addresses of this machine are different hosts: at the same port of
    `localhost`, `127.0.0.1` and `::1`, different programs may listen.

    Raises:
        ValueError: It is no http or https URL with a host.
    """
    parts = urlsplit(url.strip())
    host = _normal(parts.hostname or "")
    if parts.scheme not in _PORTS or not host:
        raise ValueError("it is no http or https URL with a host")
    return Origin(parts.scheme, host, parts.port or _PORTS[parts.scheme])


def same_origin(one: str | None, other: str | None) -> bool:
    """Whether two URLs lead to the same scheme, host and port. What is no URL equals nothing."""
    try:
        return one is not None and other is not None and origin(one) == origin(other)
    except ValueError:
        return False


def is_aimlapi(url: str) -> bool:
    """Whether this is AI/ML API over https, and not merely something that calls itself so."""
    try:
        scheme, host, _ = origin(url)
    except ValueError:
        return False
    return scheme == "https" and (host == _AIMLAPI_DOMAIN or host.endswith(f".{_AIMLAPI_DOMAIN}"))


def is_openai(url: str) -> bool:
    """Whether this is OpenAI's own service."""
    return same_origin(url, OPENAI_BASE_URL)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def checked_base_url(base_url: str) -> str:
    """The URL without a slash at its end.

    Raises:
        ConfigError: It is not http or https, names no host, or carries a password, a query or a fragment.
    """
    text = base_url.strip().rstrip("/")
    example = f"It should look like {AIMLAPI_BASE_URL} or http://localhost:11434/v1."
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError as error:
        raise ConfigError(f"The base URL is not a URL: {error}. {example}") from error
    if url.username is not None or url.password is not None:
        # The text is not repeated: it may hold a password.
        raise ConfigError(
            f"The base URL holds a user name or password; a key belongs into a variable. {example}"
        )
    if not _is_callable(text) or not text.isprintable() or " " in text:
        raise ConfigError(f"The base URL {text!r} is not one that can be called. {example}")
    if url.query or url.fragment:
        raise ConfigError(f"The base URL must end with its path: leave out what follows ? or #. {example}")
    return text


def endpoint_name(base_url: str) -> str:
    """What the endpoint is called on the screen: `AI/ML API`, `OpenAI`, or its host and port."""
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
        # Late: its tables are large and nearly never needed. The HTTP library asks the same package for the host.
        import idna

        host = idna.encode(host.lower()).decode("ascii")
    return host.rstrip(".")
