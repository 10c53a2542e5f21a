"""`aimltui mcp login|logout|status`: a login by pasting, saved for its owner only, and never printed."""

from __future__ import annotations

import stat
from pathlib import Path

import httpx2
import pytest

from aimltui.cli.main import main
from aimltui.local_tools.mcp import login
from tests.support.mcp_login import HOME, GuardedServer

# one worker imports the mcp package, which takes a second
pytestmark = pytest.mark.xdist_group("mcp")


def test_log_in_by_pasting_and_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIMLTUI_CONFIG_DIR", str(tmp_path))
    world = GuardedServer()
    monkeypatch.setattr(login, "network", lambda home: httpx2.MockTransport(world.send))
    monkeypatch.setattr(login, "post_form", lambda _, url, form, headers: _revoke(world, url))
    (tmp_path / "config.toml").write_text(f'[mcp_servers.tracker]\nurl = "{HOME}/mcp"\n')
    flags = ["--data-dir", str(tmp_path / "data")]
    printed = ""

    def said() -> str:
        nonlocal printed
        told = capsys.readouterr()
        printed += told.out + told.err
        return told.out + told.err

    def paste() -> str:
        address = next(
            line for line in said().splitlines() if line.startswith("https://login.example/authorize?")
        )
        return world.page(address)

    monkeypatch.setattr("builtins.input", paste)
    assert main(["mcp", "status", "tracker", *flags]) == 1
    assert "tracker  not logged in: aimltui mcp login tracker" in said()
    assert main(["mcp", "login", "nobody", *flags]) == 1
    assert "There is no remote MCP server named nobody. There are: tracker." in said()
    assert main(["mcp", "login", "tracker", "--paste", *flags]) == 0
    (saved,) = (tmp_path / "keys").glob("*.json")
    assert "access-token-1" in saved.read_text()
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert f"You are logged in at tracker. The login is in {saved}" in said()
    assert main(["mcp", "status", *flags]) == 0
    assert "tracker  logged in; the login is renewed by itself" in said()
    assert main(["mcp", "logout", "tracker", *flags]) == 0
    assert "access-token" not in saved.read_text()
    assert [request.url.path for request in world.sent][-1:] == ["/revoke"]
    assert main(["mcp", "logout", "tracker", *flags]) == 0
    assert "You were not logged in at tracker." in said()
    for secret in ("access-token", "refresh-token", "s3cret"):
        assert secret not in printed


async def _revoke(world: GuardedServer, url: str) -> httpx2.Response:
    return await world.send(httpx2.Request("POST", url))
