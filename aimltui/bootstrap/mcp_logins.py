"""Saves logins at MCP servers where keys are saved: in the keychain, or else in the key file (0600)."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.config.mcp_servers import McpServer
from aimltui.connections.key_store import KeyStore
from aimltui.local_tools.mcp.logins import Login, login_from
from aimltui.local_tools.mcp.opening import MISSING

_IN_KEYCHAIN = "keychain"
"""The entry of the key file for a login that is in the keychain, so that the keychain is opened only where there is one."""


class SavedLogins:
    """The logins of one configuration file; see `LoginStore`. Each is bound to the origin of its server.

    Args:
        config_file: The configuration file.
        keys: Where keys are saved; None for that of the configuration file.
    """

    def __init__(self, config_file: Path, keys: KeyStore | None = None) -> None:
        self._keys = keys or KeyStore(config_file)

    def load(self, name: str, url: str) -> Login | None:
        """See `LoginStore.load`."""
        text = self._keys.find("file", _entry(name), url)
        if text == _IN_KEYCHAIN:
            text = self._keys.find("keychain", _entry(name), url)
        return login_from(text) if text else None

    def save(self, name: str, url: str, login: Login) -> str:
        """See `LoginStore.save`."""
        login.hide()
        if self._keys.keychain.is_available():
            try:
                self._keys.save("keychain", _entry(name), url, login.text())
                self._keys.save("file", _entry(name), url, _IN_KEYCHAIN)
                return "in the keychain"
            except ConfigError:
                # a locked keychain, or one with a limit of length, must not lose the login
                pass
        self._keys.save("file", _entry(name), url, login.text())
        return f"in {self._keys.file.file}, which only you can read"

    def delete(self, name: str, url: str) -> None:
        """See `LoginStore.delete`."""
        if self._keys.find("file", _entry(name), url) == _IN_KEYCHAIN:
            self._keys.delete("keychain", _entry(name), url)
        self._keys.delete("file", _entry(name), url)


async def log_in_by_browser(
    logins: SavedLogins, server: McpServer, show: Callable[[str], Awaitable[None]]
) -> None:
    """Log in at a server through a browser of this machine.

    Args:
        logins: Saves the login.
        server: The server.
        show: Shows the address of the login page.

    Raises:
        AimltuiError: The login failed, or the mcp package is missing.
    """
    try:
        await asyncio.to_thread(importlib.import_module, "aimltui.local_tools.mcp.login")
    except ImportError as error:
        raise AimltuiError(MISSING) from error
    from aimltui.local_tools.mcp.login import log_in
    from aimltui.local_tools.mcp.redirects import loopback

    async with loopback(server.oauth.port) as redirect:
        await log_in(server, logins, redirect, show)


def _entry(name: str) -> str:
    # the name of a connection may be that of a server
    return f"MCP server {name}"
