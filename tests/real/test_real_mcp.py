"""MCP servers from packages that nobody here wrote, end to end: configuration, handshake, tools, calls, end.

Opt-in:

python -m venv ENV && ENV/bin/pip install mcp-server-time mcp-server-git mcp-server-fetch
AIMLTUI_REAL_MCP=ENV python -m pytest tests/real/test_real_mcp.py
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aimltui.bootstrap.local_tools import mcp_servers
from aimltui.config.settings import load_settings
from aimltui.local_tools.mcp.source import McpSource
from aimltui.local_tools.types import CallResult

ENV = os.environ.get("AIMLTUI_REAL_MCP", "")
pytestmark = [
    pytest.mark.skipif(not ENV, reason="opt-in: AIMLTUI_REAL_MCP=ENV"),
    pytest.mark.timeout(300),
]


@asynccontextmanager
async def started(directory: Path, name: str, *args: str, **more: object) -> AsyncIterator[McpSource]:
    """A server as a user configures it, from a pasted block."""
    block = {"command": f"{ENV}/bin/python", "args": ["-m", name.replace("-", "_"), *args], **more}
    (directory / "mcp.json").write_text(json.dumps({"mcpServers": {"it": block}}))
    config = directory / "config.toml"
    source = mcp_servers(load_settings(config), config, directory / "state")
    await source.refresh()
    try:
        await source.settled("it")
        assert [row.state for row in source.rows] == ["ready"], source.rows
        yield source
    finally:
        await source.aclose()


async def call(source: McpSource, name: str, **arguments: object) -> CallResult:
    tool = next(tool for tool in source.tools if tool.name == f"it__{name}")
    return await source.call(tool, arguments)


async def test_time(tmp_path: Path) -> None:
    async with started(tmp_path, "mcp-server-time") as source:
        assert {tool.name for tool in source.tools} == {"it__get_current_time", "it__convert_time"}
        good = await call(source, "get_current_time", timezone="Europe/Oslo")
        assert good.is_ok
        assert json.loads(good.text)["timezone"] == "Europe/Oslo"
        wrong, missing = await asyncio.gather(
            call(source, "get_current_time", timezone="Nowhere/None"), call(source, "get_current_time")
        )
        assert not wrong.is_ok
        assert not missing.is_ok
        assert "Nowhere" in wrong.text


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    repository = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    (repository / "new.txt").write_text("hello")
    return repository


async def test_git(tmp_path: Path, repository: Path) -> None:
    async with started(tmp_path, "mcp-server-git", "--repository", str(repository)) as source:
        assert len(source.tools) >= 10
        assert all(tool.parameters["type"] == "object" for tool in source.tools)
        status = await call(source, "git_status", repo_path=str(repository))
        assert status.is_ok
        assert "new.txt" in status.text
        outside = await call(source, "git_status", repo_path=str(tmp_path))
        assert not outside.is_ok


async def test_fetch(tmp_path: Path) -> None:
    async with started(tmp_path, "mcp-server-fetch") as source:
        # it refuses addresses of this machine, and says so
        refused = await call(source, "fetch", url="http://127.0.0.1:9/")
        assert not refused.is_ok
        assert refused.text
        assert [prompt.word for prompt in source.prompts] == ["/it:fetch"]
