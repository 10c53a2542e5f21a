"""`aimltui mcp`: what it prints, and its exit status; the server is a small script, not a package."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from aimltui.cli.main import main

# it imports the mcp package, as the other tests of this group do
pytestmark = pytest.mark.xdist_group("mcp")

SERVER = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    match message["method"]:
        case "initialize":
            result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                      "serverInfo": {"name": "p", "version": "1"}}
        case "tools/list":
            result = {"tools": [{"name": "say", "inputSchema": {"type": "object"}}]}
        case "tools/call":
            text = "\\x1b[31m" + message["params"]["arguments"].get("text", "nothing")
            result = {"content": [{"type": "text", "text": text}]}
        case _:
            continue
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIMLTUI_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("AIMLTUI_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "config").mkdir()
    (tmp_path / "server.py").write_text(SERVER)
    return tmp_path


def test_list_starts_nothing_and_test_calls_a_tool(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for action in ("list", "test"):
        assert main(["mcp", action]) == 0
        assert "There are no MCP servers. Put them into" in capsys.readouterr().out
    servers = {"good": {"command": sys.executable, "args": ["-S", str(place / "server.py")]}, "bad": {}}
    (place / "config" / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    assert main(["mcp", "list"]) == 1
    listed = capsys.readouterr().out
    assert listed.startswith(f"good  {sys.executable} -S")
    assert "bad  (wrong)\n! " in listed
    assert main(["mcp", "test", "good"]) == 0
    assert "good  (ready)" in (told := capsys.readouterr().out)
    assert "    good__say\n" in told
    assert main(["mcp", "test", "good", "--tool", "say", "--json", '{"text": "hi"}']) == 0
    assert capsys.readouterr().out == "hi\n"
    # what it had is known without a start
    assert main(["mcp", "list"]) == 1
    assert "    good__say\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["test", "none"], "There is no MCP server named none that is on. There are: none."),
        (["test", "--tool", "say"], "--tool needs the name of its server"),
    ],
)
def test_a_mistake_is_a_sentence(
    place: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main(["mcp", *arguments]) != 0
    assert told in capsys.readouterr().err
