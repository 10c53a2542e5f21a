"""A certificate of a server on this machine, which nobody has signed but itself."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key.

    Attributes:
        file: The certificate, which a client may trust.
        key: The key.
    """

    file: Path
    key: Path

    @property
    def context(self) -> ssl.SSLContext:
        """The TLS settings of a server that has it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def make_certificate(directory: Path, host: str = "localhost") -> Certificate:
    """Make one for a host; the test is skipped where the program `openssl` is missing."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    made = Certificate(directory / f"{host}.pem", directory / f"{host}.key")
    request = ["openssl", "req", "-x509", "-nodes", "-days", "30", "-subj", f"/CN={host}"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    more = [
        "-addext",
        f"subjectAltName=DNS:{host}",
        "-addext",
        "keyUsage=critical,digitalSignature,keyCertSign",
    ]
    target = ["-out", str(made.file), "-keyout", str(made.key)]
    subprocess.run([*request, *kind, *more, *target], check=True, capture_output=True, timeout=60)
    return made
