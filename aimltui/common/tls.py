"""TLS settings of HTTP clients: none for plain http, and a clear sentence about certificates that cannot be used."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui.common.errors import ConnectionSettingError

if TYPE_CHECKING:
    from ssl import SSLContext

CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_CORRECT = f"Correct the variable or unset it: {' or '.join(CERTIFICATE_VARIABLES)}."


def missing_certificates(environ: Mapping[str, str]) -> str:
    """Return a sentence about the first variable that names certificates which do not exist; empty if none does."""
    for name in CERTIFICATE_VARIABLES:
        value = environ.get(name, "")
        places = value.split(os.pathsep) if name == "SSL_CERT_DIR" else [value]
        if value and not any(Path(place).exists() for place in places):
            return f"{name} names “{value}”, which does not exist, so no https connection can be made."
    return ""


def verifying_context() -> SSLContext:
    """Return a context that trusts the certificates of this machine, or those that the environment names.

    Raises:
        ConnectionSettingError: There are none, or they cannot be read.
    """
    import httpx2  # late: it takes longer to import than the first frame may

    if problem := missing_certificates(os.environ):
        raise ConnectionSettingError(problem, _CORRECT)
    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        # the library reads the first one that is set, and no other
        name = next((name for name in CERTIFICATE_VARIABLES if os.environ.get(name)), None)
        # an error of TLS says which line of the interpreter found it
        why = error.strerror if type(error).__module__ == "builtins" else "it has no certificate in PEM form"
    if name is None:
        raise ConnectionSettingError(
            f"The certificates of this machine cannot be read: {why}.",
            "Set SSL_CERT_FILE to a file with certificates.",
        )
    raise ConnectionSettingError(
        f"{name} names “{os.environ[name]}”, which cannot be used: {why}; so no https connection can be made.",
        _CORRECT,
    )


def without_certificates() -> SSLContext:
    """Return a context for plain http and sockets: it reads no certificates, and so trusts no https server."""
    import ssl  # late: it costs more than the first frame may

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
