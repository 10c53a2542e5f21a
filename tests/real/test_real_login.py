"""Logins with the commands of a user, at an authorization server and an MCP server that nobody here wrote.

Opt-in (Node 20 or later):

npm install --prefix NODE oidc-provider
AIMLTUI_REAL_OIDC=NODE python -m pytest -n 0 tests/real/test_real_login.py
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NODE = os.environ.get("AIMLTUI_REAL_OIDC", "")
PROGRAMS = Path(__file__).parent / "oauth"
pytestmark = [
    pytest.mark.skipif(not NODE, reason="opt-in: AIMLTUI_REAL_OIDC=FOLDER"),
    pytest.mark.timeout(300),
]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def is_open(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving(port: int, *command: str) -> Iterator[None]:
    process = subprocess.Popen(command)
    try:
        end = time.monotonic() + 60
        while not is_open(port):
            assert process.poll() is None, command
            assert time.monotonic() < end, command
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


class User:
    """Runs the commands of `aimltui mcp`."""

    def __init__(self, home: Path, url: str) -> None:
        (home / "mcp.json").write_text(json.dumps({"mcpServers": {"it": {"url": url}}}))
        (home / "config.toml").touch()
        places = ["--config", str(home / "config.toml"), "--data-dir", str(home / "data")]
        self.places = places
        self.environment = os.environ | {
            "BROWSER": f"{sys.executable} {PROGRAMS / 'browser.py'}",
            "XDG_CONFIG_HOME": str(home),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "aimltui", "mcp", *words, *self.places]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=self.environment, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )

    def say(self, *words: str) -> str:
        told, _ = self.start(*words).communicate(timeout=60)
        return told

    def double(self, number: int) -> str:
        return self.say("test", "it", "--tool", "double", "--json", json.dumps({"number": number}))


@pytest.fixture(params=["", "/"], ids=["strict", "slash"])
def user(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[User]:
    first, second = free_port(), free_port()
    issuer, url = f"http://127.0.0.1:{first}", f"http://127.0.0.1:{second}/mcp"
    with (
        serving(first, "node", str(PROGRAMS / "provider.mjs"), NODE, str(first), url),
        serving(second, sys.executable, str(PROGRAMS / "resource.py"), str(second), issuer + request.param),
    ):
        yield User(tmp_path, url)


def test_a_login_by_browser_is_renewed_and_ended(user: User) -> None:
    assert "needs a login" in user.double(1)
    assert "You are logged in at it." in user.say("login", "it")
    assert "renewed by itself" in user.say("status", "it")
    assert user.double(21) == "42\n"
    for number in (1, 2):
        # a token lives for 2 seconds there, and each refresh token is good for one use
        time.sleep(3)
        assert user.double(number) == f"{2 * number}\n"
    assert "was deleted" in user.say("logout", "it")
    assert "needs a login" in user.double(1)


def test_a_login_by_pasting(user: User) -> None:
    entering = user.start("login", "it", "--paste")
    assert entering.stdout is not None
    assert entering.stdin is not None
    address = next(line for line in entering.stdout if line.startswith("http://")).strip()
    browser = [sys.executable, str(PROGRAMS / "browser.py"), "--print", address]
    end = subprocess.run(browser, check=True, capture_output=True, text=True, timeout=60).stdout
    entering.stdin.write("http://127.0.0.1/callback?code=a&state=b\n" + end)
    entering.stdin.flush()
    told, _ = entering.communicate(timeout=60)
    assert "not the answer of this login" in told
    assert "You are logged in at it." in told
    assert user.double(4) == "8\n"
