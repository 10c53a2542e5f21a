"""The address, key and headers of a server with chat models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from urllib.parse import SplitResult, urlsplit

from aimltui.common import urls
from aimltui.common.dataclass import dataclass
from aimltui.engine.models.endpoint.secret import Secret

_TAILS = ("/chat/completions", "/models")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server with `/chat/completions`.

    Raises:
        ValueError: The address is invalid; the text says why and gives an example.
    """

    name: str
    """The user's name for it; shown as the vendor if the server names none."""
    base_url: str
    """The address without `/chat/completions`, which is removed if it was pasted."""
    api_key: Secret | None = None
    """None for a server without keys: no Authorization header is sent."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers sent with every request; they may contain secrets, so they are not in the repr."""

    def __post_init__(self) -> None:
        url = self.base_url.strip().rstrip("/")
        for tail in _TAILS:
            url = url.removesuffix(tail)
        object.__setattr__(self, "base_url", url)
        parts = _split(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(
                "The base URL must start with http:// or https:// and name a host, "
                "for example https://api.aimlapi.com/v1."
            )
        if parts.username or parts.password:
            raise ValueError(
                "The base URL must not contain a user name or password; "
                "set the key in an environment variable."
            )

    @property
    def host(self) -> str:
        """The host as shown to the user, with the port unless it is the default."""
        parts = _split(self.base_url)
        name = parts.hostname or ""
        name = f"[{name}]" if ":" in name else name
        return f"{name}:{parts.port}" if parts.port else name

    @property
    def origin(self) -> urls.Origin:
        """Scheme, host and port; the key is sent to no other origin."""
        return urls.origin(self.base_url)

    @property
    def is_openai(self) -> bool:
        """Whether this is OpenAI's service."""
        return urls.is_openai(self.base_url)

    @property
    def is_aimlapi(self) -> bool:
        """Whether this is AI/ML API, judged by its address."""
        return urls.is_aimlapi(self.base_url)

    @property
    def is_private(self) -> bool:
        """Whether the server is on this machine or in a private network."""
        return urls.is_private(self.origin.host)

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine; such requests never go through a proxy."""
        return urls.is_loopback(self.origin.host)

    @property
    def may_use_proxy(self) -> bool:
        """Whether requests may go through the environment's proxy.

        Not for a server on this machine, and not if the proxy could read the key, which only TLS prevents.
        """
        return not self.is_loopback and (self.origin.scheme == "https" or not (self.api_key or self.headers))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
        if parts.scheme in ("http", "https") and parts.hostname:
            urls.origin(url)
    except ValueError:
        raise ValueError(
            "The base URL is not a valid address; one looks like https://api.aimlapi.com/v1."
        ) from None
    return parts
