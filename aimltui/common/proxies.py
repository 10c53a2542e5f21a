"""The proxy that the environment names for a server."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from aimltui.common.errors import ConnectionSettingError
from aimltui.common.urls import Origin

PROXY_VARIABLES = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or NO_PROXY"


def proxy_for(home: Origin) -> str | None:
    """Return the URL of the proxy for a server; None if there is none, or NO_PROXY leaves the server out.

    Args:
        home: The server.
    """
    # late: the package is large, and a server on this machine needs no proxy
    from urllib.request import getproxies, proxy_bypass

    named = getproxies()
    proxy = named.get(home.scheme) or named.get("all")
    listed = named.get("no", "")
    # without the variable, the settings of the system may leave the server out
    if not proxy or (_is_left_out(home, listed) if listed else proxy_bypass(home.host)):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def usable_proxy_for(home: Origin) -> str | None:
    """Return the URL of the proxy for a server, which the HTTP library can use; None if there is none.

    Raises:
        ConnectionSettingError: It cannot be used.
    """
    proxy = proxy_for(home)
    if proxy is None:
        return None
    try:
        parts = urlsplit(proxy)
        _ = parts.port
        is_complete = bool(parts.hostname)
    except ValueError:
        parts, is_complete = urlsplit(""), False
    # the URL is not repeated: it may hold a password
    if parts.scheme in ("socks5", "socks5h"):
        if not _has_socks():
            raise ConnectionSettingError(
                f"The environment names a SOCKS proxy for {home.host}, and the package `socksio`, which such a proxy needs, is "
                "not installed.",
                f"Install it (`pip install socksio`), or correct {PROXY_VARIABLES}.",
            )
    elif not is_complete or parts.scheme not in ("http", "https"):
        raise ConnectionSettingError(
            f"The environment names a proxy for {home.host} whose address cannot be used.",
            f"Correct {PROXY_VARIABLES}; an address looks like http://proxy.example:3128.",
        )
    return proxy


def shown_proxy(proxy: str) -> str:
    """Return the host and the port of a proxy, without the name and password."""
    return urlsplit(proxy).netloc.rpartition("@")[2]


def _has_socks() -> bool:
    from importlib.util import find_spec

    return find_spec("socksio") is not None


def _is_left_out(home: Origin, listed: str) -> bool:
    return any(_names(entry.lower(), home) for entry in re.split(r"[\s,]+", listed) if entry)


def _names(entry: str, home: Origin) -> bool:
    """Return whether an entry of NO_PROXY is about a server: a host with those below it, an address, a network, or all."""
    scheme, _, entry = entry.rpartition("://")
    if scheme not in ("", "all", home.scheme):
        return False
    if entry == "*":
        return True
    try:
        address = ipaddress.ip_address(home.host)
    except ValueError:
        address = None
    bare, _, port = entry.rpartition(":")
    if bare and (":" not in bare or bare.endswith("]")) and port.isdecimal():
        if port != str(home.port):
            return False
        entry = bare
    entry = entry.strip("[]") if "/" not in entry else entry.replace("[", "").replace("]", "")
    if address is not None:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name = entry.removeprefix("*").strip(".")
    return bool(name) and (home.host == name or home.host.endswith(f".{name}"))
