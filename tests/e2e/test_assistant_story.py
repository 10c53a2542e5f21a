"""An assistant from its making to a question from the shell: on the screen, in a file, in the trash, and back."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from aimltui.cli.main import main
from tests.support.shared import sidebar
from tests.support.terminal import PATIENCE_S, ROOT, Terminal

pytestmark = pytest.mark.e2e

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": 1, "clientCapabilities": {}},
}


def test_a_math_tutor_is_made_asked_inspected_exported_deleted_imported_and_asked_from_the_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # the shell's question is in its arguments
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    data, file = ["--data-dir", str(tmp_path / "data")], tmp_path / "tutor.toml"

    def shell(*arguments: str) -> str:
        assert main([*arguments, *data]) == 0
        return capsys.readouterr().out

    def listed() -> dict[str, Any]:
        found = json.loads(shell("assistants", "list", "--json"))["data"]
        return {one["name"]: one for one in found}

    with Terminal.aimltui("--demo", *data) as terminal:
        terminal.wait_for("Message Assistant")
        terminal.press("f5")
        terminal.wait_for("Ready-made")
        terminal.type("math")
        terminal.wait_gone("Data analyst")
        terminal.press("enter")
        terminal.wait_for("Math tutor answers")
        terminal.wait_for("Message Math tutor")
        terminal.type("Hello tutor")
        terminal.press("enter")
        terminal.wait_for("completed")
        # the receipt names the version of the assistant that answered
        terminal.wait_for("version ")
        terminal.press("f4")
        terminal.wait_for("Timeline")
        terminal.press("escape")
        terminal.wait_gone("Timeline")

        tutor = listed()["Math tutor"]
        shell("assistants", "export", tutor["id"][:9], "-o", str(file))
        assert tomllib.loads(file.read_text())["instructions"] == tutor["instructions"]
        shell("assistants", "delete", "Math tutor")
        assert "Math tutor" not in listed()
        terminal.press("f5")
        terminal.wait_for("In the trash")
        terminal.press("escape")
        terminal.wait_gone("In the trash")
        shell("assistants", "import", str(file))
        again = listed()["Math tutor"]
        assert again["id"] != tutor["id"]
        assert again["tools"] == tutor["tools"]

        # real processes: a pipe gets plain Markdown, an editor speaks over another one
        asking = program("ask", "--demo", "-a", "Math tutor", "A question from the shell", *data)
        editor = program("acp", "--demo", *data)
        told, _ = editor.communicate(json.dumps(INITIALIZE) + "\n", timeout=PATIENCE_S)
        assert json.loads(told.splitlines()[0])["result"]["agentInfo"]["name"] == "aimltui"
        answer, _ = asking.communicate(timeout=PATIENCE_S)
        assert (asking.returncode, editor.returncode) == (0, 0)
        assert answer.strip()
        assert "\x1b" not in answer
        terminal.wait_until(lambda: "A question from" in sidebar(terminal), "the thread of the shell")
        terminal.quit()

    # a terminal gets colours; the run plays again on the screen, from a file
    with Terminal.aimltui("ask", "--demo", "What do you know", *data) as terminal:
        assert terminal.wait_exit() == 0
        assert b"\x1b[33m`" in terminal.raw
    newest = json.loads(shell("runs", "list", "--json"))["data"][0]
    shell("runs", "export", newest["id"], "-o", str(tmp_path / "run.jsonl"))
    with Terminal.aimltui("replay", "--speed", "100", str(tmp_path / "run.jsonl")) as terminal:
        terminal.wait_for("What do you know")
        terminal.wait_for("completed")
        terminal.quit()


def program(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "aimltui", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
