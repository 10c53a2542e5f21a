"""TLS settings of HTTP clients: none for plain http, and a clear sentence about certificates that are missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl import SSLContext

CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def missing_certificates(environ: Mapping[str, str]) -> str:
    """Return a sentence about the first variable that names certificates which do not exist; empty if none does."""
    for name in CERTIFICATE_VARIABLES:
        value = environ.get(name, "")
        if value and not Path(value).exists():
            return f"{name} names “{value}”, which does not exist, so no https connection can be made."
    return ""


def without_certificates() -> SSLContext:
    """Return a context for plain http and sockets: it reads no certificates, and so trusts no https server."""
    import ssl  # late: it costs more than the first frame may

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
