"""Logins at remote MCP servers: what is saved of one, and where. Nothing here needs the mcp package."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, field, fields
from typing import Any, Protocol

from aimltui.common import redaction
from aimltui.common.dataclass import dataclass
from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import clean_line
from aimltui.common.urls import is_loopback, origin
from aimltui.config.mcp_servers import McpServer

EARLY_S = 60.0
"""Seconds before its end at which an access token is renewed."""
_FAR_S = 1e11
"""More seconds than any date has that the clock of a machine can show."""


@dataclass(frozen=True, slots=True)
class Login:
    """The tokens of a login, and what is needed to renew them. It is bound to the origin of its server."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: float | None = None
    """Unix seconds; None if the server does not say."""
    scope: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    auth_method: str = ""
    """How the token endpoint learns of the client: `none`, `client_secret_post` or `client_secret_basic`."""
    token_endpoint: str = ""
    """The address that renews; it stays that of the login, whatever the server says later."""
    revocation_endpoint: str = ""
    resource: str = ""

    def hide(self) -> None:
        """Replace the secrets in the log and in crash reports from now on."""
        for secret in (self.access_token, self.refresh_token, self.client_secret):
            redaction.hide(secret)

    def text(self) -> str:
        """The login as it is saved."""
        return json.dumps(asdict(self))

    def is_over(self, now: float) -> bool:
        """Whether the access token must be renewed before it is used.

        Args:
            now: Unix seconds.
        """
        return self.expires_at is not None and now > self.expires_at - EARLY_S


def login_from(text: str) -> Login | None:
    """Read a saved login; None if it is damaged."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, Mapping) or not isinstance(read.get("access_token"), str):
        return None
    known = {item.name for item in fields(Login)}
    expires_at = read.get("expires_at")
    values: dict[str, Any] = {
        name: value for name, value in read.items() if name in known and isinstance(value, str)
    }
    values["expires_at"] = end_of(0.0, expires_at)
    login = Login(**values)
    login.hide()
    return login


def end_of(now: float, seconds: object) -> float | None:
    """Return when a token ends; None if a server does not say it, or says something that is no time.

    Args:
        now: Unix seconds.
        seconds: From then on, as the server wrote it.
    """
    if not isinstance(seconds, int | float) or not abs(seconds) < _FAR_S:
        return None
    return now + seconds


class LoginStore(Protocol):
    """Saves logins. Every method blocks."""

    def load(self, name: str, url: str) -> Login | None:
        """The login at the server of this name, if it was made for the origin of this address.

        Raises:
            ConfigError: The place where it is saved cannot be used.
        """
        ...

    def save(self, name: str, url: str, login: Login) -> str:
        """Save a login; returns where, for the user.

        Raises:
            ConfigError: The place cannot be used.
        """
        ...

    def delete(self, name: str, url: str) -> None:
        """Delete a login, if there is one.

        Raises:
            ConfigError: The place cannot be used.
        """
        ...


def has_own_key(server: McpServer) -> bool:
    """Whether the configuration has a key for the server, so that no login is used."""
    return any(header.lower() == "authorization" for header in server.headers)


def checked_endpoint(url: str, what: str) -> str:
    """An address that gets secrets of a login.

    Args:
        url: The address.
        what: What it is, for the sentence.

    Raises:
        AimltuiError: Others could read along.
    """
    try:
        place = origin(url)
    except ValueError as error:
        raise AimltuiError(f"{what} is not a valid address, so nothing was sent.") from error
    if place.scheme != "https" and not is_loopback(place.host):
        raise AimltuiError(f"{what} begins with http://, so others could read your login. Nothing was sent.")
    return url


def needs_rights(name: str) -> str:
    """The sentence for a server that refuses something to a login."""
    return f"It refuses this to your login (403). Log in again to grant more: aimltui mcp login {shlex.quote(clean_line(name))}"


def needs_login(name: str) -> str:
    """The sentence for a server that wants a login."""
    return f"It needs a login: aimltui mcp login {shlex.quote(clean_line(name))} (or a key in headers in the configuration)."
