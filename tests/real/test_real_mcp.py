"""MCP servers from packages that nobody here wrote, end to end: configuration, handshake, tools, calls, end.

`test_time` runs wherever `mcp-server-time` is installed, as CI does. The others are opt-in:

python -m venv ENV && ENV/bin/pip install mcp-server-time mcp-server-git mcp-server-fetch
npm install --prefix NODE @modelcontextprotocol/server-everything @modelcontextprotocol/server-filesystem @modelcontextprotocol/server-memory
AIMLTUI_REAL_MCP=ENV AIMLTUI_REAL_MCP_NODE=NODE python -m pytest tests/real/test_real_mcp.py
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from aimltui.bootstrap.local_tools import mcp_servers
from aimltui.config.settings import load_settings
from aimltui.local_tools.mcp.source import McpSource
from aimltui.local_tools.types import CallResult

ENV = os.environ.get("AIMLTUI_REAL_MCP", "")
PYTHON = f"{ENV}/bin/python" if ENV else sys.executable
BYTECODE = {name: os.environ[name] for name in ("PYTHONPYCACHEPREFIX",) if name in os.environ}
"""Where the interpreter saves bytecode: a server gets little of the environment, and would compile all of it again."""
opt_in = pytest.mark.skipif(not ENV, reason="opt-in: AIMLTUI_REAL_MCP=ENV")
pytestmark = pytest.mark.timeout(300)


@asynccontextmanager
async def started(directory: Path, name: str, *args: str, **more: object) -> AsyncIterator[McpSource]:
    """A server as a user configures it, from a pasted block."""
    module = name.replace("-", "_")
    block = {
        "command": PYTHON,
        "args": ["-m", module, *args],
        "env": BYTECODE,
        "start_timeout_s": 200,
        **more,
    }
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


@pytest.mark.skipif(not ENV and find_spec("mcp_server_time") is None, reason="needs mcp-server-time")
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


@opt_in
async def test_git(tmp_path: Path, repository: Path) -> None:
    async with started(tmp_path, "mcp-server-git", "--repository", str(repository)) as source:
        assert len(source.tools) >= 10
        assert all(tool.parameters["type"] == "object" for tool in source.tools)
        status = await call(source, "git_status", repo_path=str(repository))
        assert status.is_ok
        assert "new.txt" in status.text
        outside = await call(source, "git_status", repo_path=str(tmp_path))
        assert not outside.is_ok


@opt_in
async def test_fetch(tmp_path: Path) -> None:
    async with started(tmp_path, "mcp-server-fetch") as source:
        # it refuses addresses of this machine, and says so
        refused = await call(source, "fetch", url="http://127.0.0.1:9/")
        assert not refused.is_ok
        assert refused.text
        assert [prompt.word for prompt in source.prompts] == ["/it:fetch"]


NODE = os.environ.get("AIMLTUI_REAL_MCP_NODE", "")
"""A folder in which npm has installed @modelcontextprotocol/server-everything, -filesystem and -memory."""


@asynccontextmanager
async def node(directory: Path, name: str, *args: str) -> AsyncIterator[McpSource]:
    program = f"{NODE}/node_modules/@modelcontextprotocol/server-{name}/dist/index.js"
    block = {"command": "node", "args": [program, *args]}
    async with started(directory, "", **block) as source:
        yield source


@opt_in
@pytest.mark.skipif(not NODE, reason="opt-in: AIMLTUI_REAL_MCP_NODE=FOLDER")
async def test_node_servers(tmp_path: Path) -> None:
    async with node(tmp_path, "everything") as source:
        assert any("runs only as a task" in row.left_out[0] for row in source.rows)
        assert (await call(source, "get-sum", a=2, b=3)).text == "The sum of 2 and 3 is 5."
        picture = await call(source, "get-tiny-image")
        assert "[picture: image/png, " in picture.text
        structured = await call(source, "get-structured-content", location="New York")
        assert set(json.loads(structured.text)) == {"temperature", "conditions", "humidity"}
        assert "[link: " in (await call(source, "get-resource-links", count=1)).text
        (prompt,) = [one for one in source.prompts if one.name == "args-prompt"]
        assert "Oslo" in await source.prompt_text(prompt, {"city": "Oslo"})
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("hello")
    async with node(tmp_path, "filesystem", str(folder)) as source:
        listed = await call(source, "list_directory", path=str(folder))
        assert "a.txt" in listed.text
        outside = await call(source, "read_file", path="/etc/hostname")
        assert not outside.is_ok
    async with node(tmp_path, "memory") as source:
        read = await call(source, "read_graph")
        assert read.is_ok
