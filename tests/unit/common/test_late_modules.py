"""Modules of the standard library that are loaded at their first use."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from aimltui.common.late_modules import NAMES, load_late
load_late()
import asyncio, mimetypes, ssl, urllib.parse
assert "ssl" in sys.modules and "_ssl" not in sys.modules

asyncio.run(asyncio.sleep(0))
assert "_ssl" not in sys.modules
import ssl
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    made = list(pool.map(lambda _: ssl.create_default_context().verify_mode, range(8)))
assert made == [ssl.CERT_REQUIRED] * 8
assert urllib.parse.urlsplit("http://[::1]:80/").hostname == "::1"
try:
    urllib.parse.urlsplit("http://[::nothing]/")
except ValueError:
    pass
else:
    raise AssertionError("not checked")
assert mimetypes.guess_type("a.txt")[0] == "text/plain"
assert asyncio.sslproto.SSLProtocol
from asyncio.sslproto import SSLProtocol
assert issubclass(SSLProtocol, asyncio.protocols.BufferedProtocol)
try:
    ssl.nothing
except AttributeError as error:
    assert "nothing" in str(error)
assert type(ssl) is type(sys) and "PROTOCOL_TLS" in dir(ssl)
assert type(ssl.__spec__.loader).__name__ == "SourceFileLoader"
"""


def test_they_are_loaded_when_something_in_them_is_used() -> None:
    # nothing but the program counts: this one has loaded them all
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
