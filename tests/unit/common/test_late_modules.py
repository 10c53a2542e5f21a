"""Modules that are loaded at their first use."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from aimltui.common.late_modules import load_late

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

from aimltui.engine.models.http.client import warm_up
warm_up()
import openai
assert openai.types.chat.chat_completion_chunk.ChatCompletionChunk
assert "openai.types.responses.response" not in sys.modules
"""


def test_they_are_loaded_when_something_in_them_is_used() -> None:
    # nothing but the program counts: this one has loaded them all
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_a_package_is_loaded_when_something_asks_for_one_of_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "late_outer" / "inner"
    inner.mkdir(parents=True)
    (inner.parent / "__init__.py").write_text("from . import inner\nfrom .inner.part import PART\n")
    (inner / "__init__.py").write_text("from .part import PART\nfrom .rest import REST\n")
    (inner / "part.py").write_text("PART = 'part'\n")
    (inner / "rest.py").write_text("from . import part\nREST = part.PART + 'rest'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    load_late({"late_outer.inner"})
    outer = importlib.import_module("late_outer")
    try:
        assert outer.PART == "part"
        assert "late_outer.inner.rest" not in sys.modules
        assert not hasattr(outer.inner, "nothing")
        assert outer.inner.REST == "partrest"
        assert type(outer.inner) is type(sys)
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "late_outer"]:
            del sys.modules[name]
